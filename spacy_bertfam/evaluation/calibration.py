"""The temperature of a recognizer, or of a component that answers, at which its scores are calibrated."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.training import Example
from spacy.util import load_config
from thinc.api import Config

from ..errors import UserError
from ..files.saving import replaced_whole, write_file
from ..pipeline.find import find_calibrated
from ..pipeline.qa import BertfamQA
from ..types import Bools1d
from .answer_recording import record_answers
from .recording import Recording, record
from .scored import MIN_SCORES, Counts, ScoredEntities, Threshold, join, thresholds

LOWEST, HIGHEST = 0.1, 20.0  # temperatures that are tried
FEW = 50  # entities; a temperature of fewer is mostly chance
FOLDS = 5
N_FIRST = 15  # equal distances that are tried first
RATIO = (5**0.5 - 1) / 2  # what is left of an interval in each step


class NoTemperature(UserError):
    """No temperature can be fitted to what a pipeline finds in these texts."""


@dataclass(frozen=True)
class HeldOut:
    """Scores by a temperature that was fitted without them: those of each fold of the texts by that of the others."""

    temperatures: tuple[float, ...]
    entities: ScoredEntities


@dataclass(frozen=True)
class Calibration:
    """The account of ``calibrate``."""

    component: str
    min_score: float | None  # of the component; None where it has a table of them by label
    n_texts: int
    before: float  # temperature
    after: float  # temperature
    entities_before: ScoredEntities  # all that are found, whatever ``min_score`` is
    entities_after: ScoredEntities  # measured on what was fitted to
    held_out: HeldOut | None  # None where without some fold no entity is wrong, or none right
    counts: Counts
    noun: str = (
        "entities"  # what has the scores; of a bertfam_qa "answers", one to each question, also "no answer"
    )

    @property
    def measured(self) -> ScoredEntities:
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
    def kept(self) -> tuple[Threshold, Threshold]:
        """What the component's ``min_score`` leaves before and after."""
        (before,) = thresholds(self.entities_before, self.counts, [self.min_score or 0.0])
        (after,) = thresholds(self.entities_after, self.counts, [self.min_score or 0.0])
        return before, after

    @property
    def thresholds(self) -> list[Threshold]:
        """What other values of ``min_score`` would leave with the new temperature, the component's among them."""
        return thresholds(self.entities_after, self.counts, sorted({*MIN_SCORES, self.min_score or 0.0}))


def calibrate(
    nlp: Language, examples: Iterable[Example], *, component: str | None = None, progress: bool = False
) -> Calibration:
    """Fit the temperature of a ``bertfam_ner`` or ``bertfam_qa`` to annotated texts that it was not trained on, and set
    it, for now and for when the pipeline is saved (temperature scaling, Guo et al. 2017, section 4.2).

    Entities and answers stay as they are, but for those that cross ``min_score``; only their scores change.
    component (str | None): name of the component; None is the only recognizer of the pipeline, or where it has none
        the only one that answers.
    progress (bool): show on standard error how far it is.
    RAISES (NoTemperature): when none can be fitted: nothing is found, or all is right, or all is wrong.
    """
    head = find_calibrated(nlp, component)
    if isinstance(head, BertfamQA):
        noun, recording = "answers", record_answers(head, examples, progress=progress)
    else:
        noun, recording = "entities", record(nlp, head, examples, progress=progress)
    before = recording.entities(head.temperature)
    _require_both(before, noun)
    after = fit_temperature(recording)
    calibration = Calibration(
        component=head.name,
        min_score=None if isinstance(head.min_score, dict) else head.min_score,
        n_texts=recording.n_texts,
        before=head.temperature,
        after=after,
        entities_before=before,
        entities_after=recording.entities(after),
        held_out=_hold_out(recording),
        counts=recording.counts,
        noun=noun,
    )
    change_settings(nlp, head.name, temperature=after)
    return calibration


def change_settings(nlp: Language, component: str, **settings: Any) -> None:
    """Change them for now, and in the pipeline's config, for when it is saved and loaded again."""
    pipe = find_calibrated(nlp, component)
    for name, value in settings.items():
        setattr(pipe, name, value)
    nlp.get_pipe_config(component).update(settings)


def copy_calibrated(source: Path, out: Path, *, component: str, **settings: Any) -> None:
    """Copy the folder of a pipeline beside ``out``, and move it there when it is whole; only its config differs, by
    these settings of the component.

    Saving the pipeline instead would also save the words of the texts that it has read since it was loaded.
    out (Path): must not exist yet.
    """
    config = _calibrated_config(source, component, settings)
    with replaced_whole(out) as copy:
        # without the modes of the files: those of an installed package may be read-only
        copytree(source, copy, copy_function=copyfile, dirs_exist_ok=True)
        config.to_disk(copy / "config.cfg")


def calibrate_in_place(folder: Path, *, component: str, **settings: Any) -> None:
    """Write settings of a component into the config of a pipeline's folder; whatever interrupts it, it is the old one
    or the new one."""
    config = _calibrated_config(folder, component, settings)
    write_file(folder / "config.cfg", config.to_str())


def _calibrated_config(folder: Path, component: str, settings: dict[str, Any]) -> Config:
    config = load_config(folder / "config.cfg")
    config["components"][component].update(settings)
    try:
        read = Config().from_str(config.to_str())["components"][component]
    except ValueError:
        read = {}
    if any(read.get(name) != value for name, value in settings.items()):
        raise UserError(
            f"A label of {component!r} cannot stand in a config, which is written by lines of `label = number`; "
            "expected none with : or =, and none that begins with # or [. Set one min_score for all labels."
        )
    return config


def fit_temperature(recording: Recording, texts: Bools1d | None = None) -> float:
    """RETURNS (float): the temperature with the lowest log loss of the entities of some texts, or of all.

    Another kind of text asks for a higher temperature than the texts that it is fitted to, and the log loss gives a
    higher one than the Brier score: fitted to the sample sentences, it leaves a calibration error of 0.034 on French
    news (Brier score: 0.049). On halves of the same news and of tweets, the mean of 100, it leaves 0.031 and 0.045
    (0.024 and 0.037), the likelihood of the annotated tags 0.047 and 0.044.
    """

    def loss(log_temperature: float) -> float:
        return recording.entities(exp(log_temperature), texts).log_loss()

    # in a fold a hundredth is enough, and a third less to decode
    tolerance = 1e-3 if texts is None else 1e-2
    # four digits are more than any data decide, and keep the config readable
    return float(f"{exp(minimize(loss, log(LOWEST), log(HIGHEST), tolerance=tolerance)):.4g}")


def minimize(
    function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-3
) -> float:
    """Golden-section search (Kiefer 1953, "Sequential minimax search for a maximum"), in the valley that is the lowest
    at equal distances: the function may have others.

    low, high (float): the interval; the result may be either end.
    tolerance (float): how far from the lowest point the result may be.
    """
    places = np.linspace(low, high, N_FIRST).tolist()
    best = int(np.argmin([function(place) for place in places]))
    a, b = places[max(best - 1, 0)], places[min(best + 1, N_FIRST - 1)]
    c, d = b - RATIO * (b - a), a + RATIO * (b - a)
    f_c, f_d = function(c), function(d)
    while b - a > tolerance:
        if f_c <= f_d:
            b, d, f_d = d, c, f_c
            c = b - RATIO * (b - a)
            f_c = function(c)
        else:
            a, c, f_c = c, d, f_d
            d = a + RATIO * (b - a)
            f_d = function(d)
    return float(min((a, c, d, b), key=function))


def _hold_out(recording: Recording) -> HeldOut | None:
    """Cross-fit: fit without every fifth text and score these, five times."""
    texts = np.arange(recording.n_texts)
    folds = [texts % FOLDS == fold for fold in range(min(FOLDS, len(texts)))]
    others = [recording.entities(1.0, ~fold) for fold in folds]
    if not all(0 < entities.n_right < len(entities) for entities in others):
        return None
    temperatures = tuple(fit_temperature(recording, ~fold) for fold in folds)
    scored = [recording.entities(*pair) for pair in zip(temperatures, folds, strict=True)]
    return HeldOut(temperatures, join(scored))


def _require_both(entities: ScoredEntities, noun: str) -> None:
    """RAISES (NoTemperature): when any temperature would do, the higher or the lower the better."""
    if not len(entities) and noun == "answers":
        raise NoTemperature(
            "These texts are no questions with their answers; expected what `bertfam convert-qa` writes."
        )
    if not len(entities):
        raise NoTemperature(
            "No entity is found in these texts whose tokens are annotated; expected some: give annotated texts of "
            "the kind that was trained on, and see that the pipeline finds anything in them (bertfam render)."
        )
    if entities.n_right == len(entities):
        raise NoTemperature(
            f"All {noun} that are found ({len(entities)}) are right; expected some mistakes, by which scores can be "
            "evaluated: give more annotated texts, and none that were trained on."
        )
    if not entities.n_right:
        raise NoTemperature(
            f"None of the {noun} that are found ({len(entities)}) is right; expected most of them to be: see that "
            "labels and token borders of the texts are those that were trained on (bertfam check)."
        )
