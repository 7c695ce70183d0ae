"""The temperature of a recogniser at which its scores are as often right as they say."""

from dataclasses import dataclass
from math import exp, log
from typing import Iterable, List, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.training import Example

from ..errors import UserError
from ..pipeline.find import find_ner
from ..types import Bools1d
from .golden_section import minimise
from .recording import Counts, Recording, record
from .scored import Judged, join
from .thresholds import MIN_SCORES, Threshold, thresholds

LOWEST, HIGHEST = 0.1, 20.0  # temperatures that are tried
FEW = 50  # entities; a temperature of fewer is mostly chance
FOLDS = 5
FEW_ENTITIES = (
    "Only {n} entities are found; a temperature of fewer than {few} is mostly chance: give more texts."
)
AT_THE_END = (
    "The temperature is at the end of what is tried ({lowest:g} to {highest:g}): right and wrong entities have the "
    "same scores, or the texts are unlike those that were trained on."
)


class NoTemperature(UserError):
    """No temperature can be fitted to what a pipeline finds in these texts."""


@dataclass(frozen=True)
class HeldOut:
    """Scores by a temperature that was fitted without them: those of each fold of the texts by that of the others."""

    temperatures: Tuple[float, ...]
    entities: Judged


@dataclass(frozen=True)
class Calibration:
    """The account of ``calibrate``."""

    component: str
    min_score: float  # of the component
    n_texts: int
    before: float  # temperature
    after: float  # temperature
    entities_before: Judged  # all that are found, whatever ``min_score`` is
    entities_after: Judged  # measured on what was fitted to
    held_out: Optional[HeldOut]  # None where without some fold no entity is wrong, or none right
    counts: Counts

    @property
    def measured(self) -> Judged:
        """The entities with the scores to expect of new texts: cross-fitted, where there are enough of them."""
        return self.held_out.entities if self.held_out else self.entities_after

    @property
    def is_of_few(self) -> bool:
        """Whether the temperature is mostly chance."""
        return len(self.entities_before) < FEW

    @property
    def is_at_the_end(self) -> bool:
        """Whether none of the temperatures that are tried is the best one."""
        return not LOWEST * 1.01 < self.after < HIGHEST / 1.01

    @property
    def warnings(self) -> List[str]:
        """What speaks against the temperature, in sentences."""
        few = [FEW_ENTITIES.format(n=len(self.entities_before), few=FEW)] if self.is_of_few else []
        return few + ([AT_THE_END.format(lowest=LOWEST, highest=HIGHEST)] if self.is_at_the_end else [])

    @property
    def kept(self) -> Tuple[Threshold, Threshold]:
        """What the component's ``min_score`` leaves before and after."""
        before, after = (
            thresholds(entities, self.counts, [self.min_score])[0]
            for entities in (self.entities_before, self.entities_after)
        )
        return before, after

    @property
    def thresholds(self) -> List[Threshold]:
        """What other values of ``min_score`` would leave with the new temperature, the component's among them."""
        return thresholds(self.entities_after, self.counts, sorted({*MIN_SCORES, self.min_score}))


def calibrate(
    nlp: Language,
    examples: Iterable[Example],
    *,
    component: Optional[str] = None,
    progress: bool = False,
) -> Calibration:
    """Fit the temperature of a ``bertfam_ner`` to annotated texts that it was not trained on, and set it, for now and
    for when the pipeline is saved (temperature scaling, Guo et al. 2017, section 4.2).

    The entities stay as they are, but for those that cross ``min_score``; only their scores change.
    component (Optional[str]): name of the component; None is the only one of the pipeline.
    progress (bool): show on standard error how far it is.
    RAISES (NoTemperature): when none can be fitted: no entity is found, or all are right, or all are wrong.
    """
    ner = find_ner(nlp, component)
    recording = record(nlp, ner, examples, progress=progress)
    before = recording.entities(ner.temperature)
    _require_both(before)
    after = _fit(recording)
    calibration = Calibration(
        component=ner.name,
        min_score=ner.min_score,
        n_texts=len(recording.readings),
        before=ner.temperature,
        after=after,
        entities_before=before,
        entities_after=recording.entities(after),
        held_out=_hold_out(recording),
        counts=recording.counts,
    )
    set_temperature(nlp, ner.name, after)
    return calibration


def set_temperature(nlp: Language, component: str, temperature: float) -> None:
    """Set it for now, and in the pipeline's config, for when it is saved and loaded again."""
    find_ner(nlp, component).temperature = temperature
    nlp.get_pipe_config(component)["temperature"] = temperature


def _fit(recording: Recording, texts: Optional[Bools1d] = None) -> float:
    """RETURNS (float): the temperature with the lowest Brier score of the entities of some texts, or of all.

    Guo et al. take the log loss, in which a few errors of the annotation, wrong with a score of almost 1, weigh most.
    On halves of French news and of tweets that were not fitted to, the mean of 100, it leaves a calibration error of
    0.031 and 0.045, the Brier score 0.024 and 0.037 (log loss 0.363 and 0.426, and 0.366 and 0.428), the likelihood of
    the annotated tags 0.047 and 0.044 (0.389 and 0.426).
    """

    def loss(log_temperature: float) -> float:
        return _entities(recording, exp(log_temperature), texts).brier()

    # in a fold a hundredth is enough, and a third less to decode
    tolerance = 1e-3 if texts is None else 1e-2
    # four digits are more than any data decide, and keep the config readable
    return float(f"{exp(minimise(loss, log(LOWEST), log(HIGHEST), tolerance=tolerance)):.4g}")


def _entities(recording: Recording, temperature: float, texts: Optional[Bools1d]) -> Judged:
    """The entities of some texts, or of all; Shape of ``texts``: (n_texts,)."""
    entities = recording.entities(temperature)
    return entities if texts is None else entities.part(texts[recording.texts(temperature)])


def _hold_out(recording: Recording) -> Optional[HeldOut]:
    """Cross-fit: fit without every fifth text and score these, five times."""
    texts = np.arange(len(recording.readings))
    folds = [texts % FOLDS == fold for fold in range(min(FOLDS, len(texts)))]
    if not all(_has_both(_entities(recording, 1.0, ~fold)) for fold in folds):
        return None
    temperatures = tuple(_fit(recording, ~fold) for fold in folds)
    scored = [_entities(recording, *pair) for pair in zip(temperatures, folds, strict=True)]
    return HeldOut(temperatures, join(scored))


def _has_both(entities: Judged) -> bool:
    return 0 < entities.n_right < len(entities)


def _require_both(entities: Judged) -> None:
    """RAISES (NoTemperature): when any temperature would do, the higher or the lower the better."""
    if not len(entities):
        raise NoTemperature(
            "No entity is found in these texts whose tokens are annotated; expected some: give annotated texts of "
            "the kind that was trained on, and see that the pipeline finds anything in them (bertfam render)."
        )
    if entities.n_right == len(entities):
        raise NoTemperature(
            f"All {len(entities)} entities that are found are right; expected some mistakes, by which scores can be "
            "judged: give more annotated texts, and none that were trained on."
        )
    if not entities.n_right:
        raise NoTemperature(
            f"None of the {len(entities)} entities that are found is right; expected most of them to be: see that "
            "labels and token borders of the texts are those that were trained on (bertfam check)."
        )
