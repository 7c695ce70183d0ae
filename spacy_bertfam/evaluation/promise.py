"""The least scores with which a recognizer keeps a promised precision or recall on new texts.

A third of the texts (each third one) fits the temperature and says which thresholds are tested in which order; the
other two thirds test them, see ``risk``. So what is tested was fixed before, and the promise holds as it stands.

The texts are what is drawn: new ones have to be drawn as these were, in the same way and from the same source. Entities
of a text may hang together, see ``risk.p_value``; sentences of one document that are given as texts are taken for
independent, so give documents where new data are documents. It is promised of the source, "in the long run": a few new
texts have chance of their own beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Any, Literal, NamedTuple

import numpy as np
from spacy.language import Language
from spacy.training import Example

from ..errors import UserError
from ..pipeline.find import find_ner
from ..pipeline.min_score import LOWEST_FLOOR, MinScore
from ..pipeline.ner import BertfamNER
from .calibration import change_settings, fit_temperature
from .evidence import Cut, Evidence, Trials, read_evidence
from .recording import read_tags, recording_of
from .risk import FEWEST_TEXTS, Claim, last_kept, n_needed, p_value

Goal = Literal["precision", "recall"]
NTH = 3  # text: fits, the others test
N_CUTS = 200  # thresholds at most, of each kind
N_DIGITS = 4  # of a threshold


class NoPromise(UserError):
    """The texts do not allow the promise."""


class Kept(NamedTuple):
    """A promise for one label, or for all, with what it does in the texts of the test."""

    label: str | None
    cut: Cut
    before: tuple[Trials, Trials]  # precision and recall of all that is found
    after: tuple[Trials, Trials]
    n_candidates: int


@dataclass(frozen=True)
class Promise:
    """The account of ``promise``."""

    component: str
    goal: Goal
    share: float
    confidence: float
    temperature: float
    n_texts: int  # of the test
    kept: list[Kept]
    settings: dict[str, Any]  # of the component, with the temperature


def promise(
    nlp: Language,
    examples: Iterable[Example],
    goal: Goal,
    share: float,
    *,
    confidence: float = 0.9,
    component: str | None = None,
    labels: Sequence[str] | None = None,
    progress: bool = False,
) -> Promise:
    """Find the lowest ``min_score`` at which at least a share of the entities is right (precision), or the highest one
    at which at least a share of the annotation is found (recall), and set it with the temperature.

    Where all entities are too few for a recall, ``min_candidate_score`` is set: so many are then among entities and
    ``doc.spans["candidates"]``.
    share (float): what is promised, between 0 and 1.
    confidence (float): with which all promises hold together: each has its share of the level (Bonferroni).
    component (str | None): name of the bertfam_ner; None is the only one.
    labels (Sequence[str] | None): one promise for each of these, the thresholds of others stay; none of them is for
        each label of the component; None is one promise for all labels together.
    RAISES (NoPromise): when one cannot be made: what the texts show, and how many would be enough.
    """
    ner = find_ner(nlp, component)
    chosen = _chosen(ner, labels)
    readings = read_tags(nlp, ner, examples, progress=progress)
    fits = np.arange(len(readings)) % NTH == 0
    recording = recording_of(ner, readings, progress=progress)
    found = recording.entities(1.0, fits)
    mixed = 0 < found.n_right < len(found)  # else no temperature is better than another
    temperature = fit_temperature(recording, fits) if mixed else ner.temperature
    evidence = read_evidence(ner, readings, temperature, candidates=goal == "recall")
    claim = Claim(1.0 - share, (1.0 - confidence) / len(chosen))
    kept, failed = [], []
    for label in chosen:
        index = None if label is None else ner.labels.index(label)
        fit, test = evidence.part(fits, index), evidence.part(~fits, index)
        cut = find_cut(fit, test, goal, claim)
        if cut is None:
            failed.append(_explain(fit, test, goal, claim, label))
        else:
            kept.append(_account(label, test, cut))
    if failed:
        raise NoPromise(
            f"No {goal} of {share:g} can be promised with a confidence of {confidence:g}. {' '.join(failed)}"
        )
    settings = {"temperature": temperature, **_settings(ner, goal, kept)}
    change_settings(nlp, ner.name, **settings)
    n_texts = int((~fits).sum())
    return Promise(ner.name, goal, share, confidence, temperature, n_texts, kept, settings)


def find_cut(fit: Evidence, test: Evidence, goal: Goal, claim: Claim) -> Cut | None:
    """RETURNS (Cut | None): of the thresholds that keep the promise the one that is wanted.

    fit (Evidence): of the texts that order them.
    test (Evidence): of those that test them.
    """
    tried = test.precision if goal == "precision" else test.recall
    return last_kept(order_cuts(fit, goal, claim), tried, claim)


def order_cuts(fit: Evidence, goal: Goal, claim: Claim) -> list[Cut]:
    """The thresholds to be tested, from that which promises most.

    Precision: from that which looks surest downwards; above it are fewer entities than a test needs. Recall: from that
    with most candidates to that with fewest entities, which never finds more.
    """
    scores = _quantiles(fit.scores[~fit.beyond])
    if goal == "recall":
        floors = sorted({LOWEST_FLOOR, *_quantiles(fit.scores[fit.beyond & fit.right])})
        return [*(Cut(0.0, floor) for floor in floors if floor > 0), Cut(0.0), *map(Cut, scores)]
    cuts = [*map(Cut, reversed(scores)), Cut(0.0)]
    p_values = [p_value(fit.precision(cut), claim.rate) for cut in cuts]
    return cuts[int(np.argmin(p_values)) :]


def _quantiles(scores: Any) -> list[float]:
    scores = scores[scores < inf]
    if not len(scores):
        return []
    places = np.quantile(scores, np.linspace(0, 1, N_CUTS))
    # rounded down, so that what it is made of is not below it
    found: list[float] = np.unique(np.floor(places * 10**N_DIGITS) / 10**N_DIGITS).tolist()
    return found


def _chosen(ner: BertfamNER, labels: Sequence[str] | None) -> Sequence[str | None]:
    if labels is None:
        return [None]
    unknown = sorted(set(labels) - set(ner.labels))
    if unknown:
        raise UserError(
            f"The component {ner.name!r} has no label {', '.join(unknown)}; expected some of {', '.join(ner.labels)}."
        )
    return list(dict.fromkeys(labels)) or list(ner.labels)


def _account(label: str | None, test: Evidence, cut: Cut) -> Kept:
    before, after = ((test.precision(each), test.recall(each)) for each in (Cut(0.0), Cut(cut.entities)))
    n_candidates = int((test.beyond & (test.scores >= cut.candidates)).sum())
    return Kept(label, cut, before, (after[0], test.recall(cut)), n_candidates)


def _settings(ner: BertfamNER, goal: Goal, kept: Sequence[Kept]) -> dict[str, Any]:
    """RETURNS (dict): the least scores; a table keeps those that other labels have already."""
    least: MinScore = kept[0].cut.entities
    floor: MinScore | None = None if kept[0].cut.candidates == inf else kept[0].cut.candidates
    if kept[0].label is not None:
        old = ner.min_score
        table = dict(old) if isinstance(old, dict) else dict.fromkeys(ner.labels, old)
        least = {**table, **{str(each.label): each.cut.entities for each in kept}}
        floor = {str(each.label): each.cut.candidates for each in kept if each.cut.candidates < inf} or None
    return {"min_score": least} if goal == "precision" else {"min_score": least, "min_candidate_score": floor}


def _explain(fit: Evidence, test: Evidence, goal: Goal, claim: Claim, label: str | None) -> str:
    """RETURNS (str): what stands against a promise, and what would be enough."""
    first = order_cuts(fit, goal, claim)[0]
    trials = test.precision(first) if goal == "precision" else test.recall(first)
    n, n_texts = int(trials.n.sum()), int((trials.n > 0).sum())
    who = "" if label is None else f"{label}: "
    what = (
        f"of the entities with a score of at least {first.entities:g} "
        if goal == "precision"
        else "of the annotated entities, candidates included, "
    )
    shown = f"{who}{trials.share_right:.3f} {what}are right or found ({n} in {n_texts} texts that test it)"
    needed = n_needed(trials, claim)
    if n < claim.fewest or n_texts < FEWEST_TEXTS:
        need = f"too few: at least {claim.fewest} in {FEWEST_TEXTS} texts could promise it, if all of them were right"
        return f"{shown}, {need}; expected {_given(claim.fewest)} in {_given(FEWEST_TEXTS)} or more."
    if needed is None:
        return f"{shown}: expected a pipeline that does better, or a lower promise."
    return f"{shown}; expected about {_given(max(needed, n + 1))} of them in DATA, of which two thirds test."


def _given(n: int) -> int:
    return ceil(n * NTH / (NTH - 1))
