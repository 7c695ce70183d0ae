"""The least scores with which a recognizer keeps a promised precision or recall on new texts.

A third of the texts (each third one) fits the temperature and says which thresholds are tested in which order; the
other two thirds test them, see ``risk``. So what is tested was fixed before, and the promise holds as it stands.

The texts are what is drawn: new ones have to be drawn as these were, in the same way and from the same source. Entities
of a text may hang together, see ``risk.p_value``; sentences of one document that are given as texts are taken for
independent, so give documents where new data are documents. It is promised of the source, "in the long run": a few new
texts have chance of their own beside it.
"""

from collections.abc import Iterable, Sequence
from math import ceil, inf
from typing import Any, NamedTuple

import numpy as np
from spacy.language import Language
from spacy.training import Example

from ..errors import UserError
from ..pipeline.find import find_ner
from ..pipeline.min_score import LOWEST_FLOOR, MinScore
from ..pipeline.ner import BertfamNER
from .calibration import change_settings, fit_temperature
from .evidence import Cut, Evidence, Trials, read_evidence
from .recording import record
from .risk import FEWEST_TEXTS, Claim, binomial_tail, last_kept

NTH = 3  # text: fits, the others test
N_CUTS = 200  # thresholds at most, of each kind
N_DIGITS = 4  # of a threshold


class NoPromise(UserError):
    """The texts do not allow the promise."""


class Kept(NamedTuple):
    """A promise for one label, or for all, with what it does in the texts of the test."""

    label: str | None
    cut: Cut
    test: Evidence


class Promise(NamedTuple):
    """The account of ``promise``."""

    component: str
    n_texts: int  # of the test
    kept: list[Kept]
    settings: dict[str, Any]  # of the component: the temperature and the least scores
    outdated: list[str]  # labels with least scores that stay, of scores of another temperature


def promise(
    nlp: Language,
    examples: Iterable[Example],
    goal: str,
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
    goal, share (str, float): "precision" or "recall", and how much of it, between 0 and 1.
    confidence (float): with which all promises hold together: each has its share of the level (Bonferroni).
    labels (Sequence[str] | None): one promise for each of these, the thresholds of others stay; none of them is for
        each label of the component; None is one promise for all labels together.
    RAISES (NoPromise): when one cannot be made: what the texts show, and how many could be enough.
    """
    ner = find_ner(nlp, component)
    if unknown := sorted(set(labels or ()) - set(ner.labels)):
        raise UserError(
            f"No label {', '.join(unknown)}; {ner.name!r} has {', '.join(ner.labels)}: name some of these."
        )
    chosen = [None] if labels is None else list(dict.fromkeys(labels)) or list(ner.labels)
    recording = record(nlp, ner, examples, progress=progress)
    fits = np.arange(recording.n_texts) % NTH == 0
    found = recording.entities(1.0, fits)
    mixed = 0 < found.n_right < len(found)  # else no temperature is better than another
    temperature = fit_temperature(recording, fits) if mixed else ner.temperature
    evidence = read_evidence(ner, recording.readings, temperature, candidates=goal == "recall")
    claim = Claim(1.0 - share, (1.0 - confidence) / len(chosen))
    kept, failed = [], []
    for label in chosen:
        index = None if label is None else ner.labels.index(label)
        fit, test = evidence.part(fits, index), evidence.part(~fits, index)
        cut = find_cut(fit, test, goal, claim)
        if cut is None:
            failed.append(_explain(getattr(test, goal)(order_cuts(fit, goal, claim)[0]), label))
        else:
            kept.append(Kept(label, cut, test))
    if failed:
        n, n_texts = (ceil(n * NTH / (NTH - 1)) for n in (claim.fewest, FEWEST_TEXTS))
        raise NoPromise(
            f"A {goal} of {share:g} cannot be promised with a confidence of {confidence:g}: of what is surest "
            f"{'; '.join(failed)}. Expected at least {n} entities in {n_texts} texts, of which two thirds are tested, "
            "if all are right, and more where some are wrong: give more texts, or promise less."
        )
    settings = {"temperature": temperature, **_settings(ner, goal, kept)}
    outdated = _outdated(ner, settings, chosen)
    change_settings(nlp, ner.name, **settings)
    return Promise(ner.name, int((~fits).sum()), kept, settings, outdated)


def find_cut(fit: Evidence, test: Evidence, goal: str, claim: Claim) -> Cut | None:
    """RETURNS (Cut | None): of the thresholds that keep the promise the one that is wanted.

    fit (Evidence): of the texts that order them.
    test (Evidence): of those that test them.
    """
    tried = test.precision if goal == "precision" else test.recall
    return last_kept(order_cuts(fit, goal, claim), tried, claim)


def order_cuts(fit: Evidence, goal: str, claim: Claim) -> list[Cut]:
    """The thresholds to be tested, from that which promises most.

    Precision: from that which looks surest downwards; above it are fewer entities than a test needs. Recall: from that
    with most candidates to that with fewest entities, which never finds more.
    """
    _, _, right, _, beyond = fit.rows.T > 0
    scores = _quantiles(fit.scores[~beyond])
    if goal == "recall":
        floors = sorted({LOWEST_FLOOR, *_quantiles(fit.scores[beyond & right])})
        return [*(Cut(0.0, floor) for floor in floors if floor > 0), Cut(0.0), *map(Cut, scores)]
    cuts = [*map(Cut, reversed(scores)), Cut(0.0)]
    tried = (fit.precision(cut) for cut in cuts)
    tails = [binomial_tail(int(each.wrong.sum()), int(each.n.sum()), claim.rate) for each in tried]
    return cuts[int(np.argmin(tails)) :]


def _quantiles(scores: Any) -> list[float]:
    scores = scores[scores < inf]
    if not len(scores):
        return []
    places = np.quantile(scores, np.linspace(0, 1, N_CUTS))
    # rounded down, so that what it is made of is not below it
    found: list[float] = np.unique(np.floor(places * 10**N_DIGITS) / 10**N_DIGITS).tolist()
    return found


def _settings(ner: BertfamNER, goal: str, kept: Sequence[Kept]) -> dict[str, Any]:
    """RETURNS (dict): the least scores; a table keeps those that other labels have already."""
    least: MinScore = kept[0].cut.entities
    floor: MinScore | None = None if kept[0].cut.candidates == inf else kept[0].cut.candidates
    if kept[0].label is not None:
        least = _table(ner, ner.min_score) | {str(each.label): each.cut.entities for each in kept}
        floors = _table(ner, ner.min_candidate_score) | {
            str(each.label): each.cut.candidates for each in kept
        }
        floor = {label: score for label, score in floors.items() if score < inf} or None
    return {"min_score": least} if goal == "precision" else {"min_score": least, "min_candidate_score": floor}


def _table(ner: BertfamNER, least: MinScore | None) -> dict[str, float]:
    """RETURNS (dict[str, float]): of a number, one with each label; {} of None."""
    if isinstance(least, dict):
        return least
    return {} if least is None else dict.fromkeys(ner.labels, least)


def _outdated(ner: BertfamNER, settings: dict[str, Any], chosen: Sequence[str | None]) -> list[str]:
    """RETURNS (list[str]): the labels with a least score that stays where the temperature does not."""
    if settings["temperature"] == ner.temperature:
        return []
    found: set[str] = set()
    for name in ("min_score", "min_candidate_score"):
        old, is_set = _table(ner, getattr(ner, name)), name in settings
        stays = (label for label in old if not (is_set and (None in chosen or label in chosen)))
        found.update(label for label in stays if old[label] > 0)
    return sorted(found)


def _explain(trials: Trials, label: str | None) -> str:
    n, n_texts = int(trials.n.sum()), int((trials.n > 0).sum())
    return f"{trials.share_right:.3f} is right ({'' if label is None else f'{label}, '}{n} entities in {n_texts} texts)"
