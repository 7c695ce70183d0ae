"""`spacy-bertfam.ner_scorer.v1`: spaCy's entity scores, and how far the entities' own scores can be trusted."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.scorer import get_ner_prf
from spacy.training import Example

from .scored import WRONG, gold_finder, scored_entities


def make_ner_scorer() -> Callable[..., dict[str, Any]]:
    """RETURNS (Callable): precision, recall and F1 as ``spacy.ner_scorer.v1``, and ``ents_ece``."""
    return score_entities


def score_entities(examples: Iterable[Example], **options: Any) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): ``ents_p``, ``ents_r``, ``ents_f``, ``ents_per_type``, ``ents_ece``."""
    examples = list(examples)
    return {**get_ner_prf(examples, **options), "ents_ece": calibration_error(examples)}


def calibration_error(examples: Iterable[Example]) -> float | None:
    """The expected calibration error of ``ent._.score``, see ``ScoredEntities.calibration_error``.

    Entities whose tokens have no gold annotation, and those without a score (of an ``entity_ruler``), do not count.
    RETURNS (float | None): in [0, 1]; None where no entity counts.
    """
    entities = scored_entities(pair for eg in examples for pair in _scored_entities(eg))
    return entities.calibration_error() if len(entities) else None


def _scored_entities(eg: Example) -> Iterator[tuple[float, bool]]:
    """YIELDS (tuple[float, bool]): score of a predicted entity, and whether it is one of the gold ones."""
    gold_of = gold_finder(eg)
    for ent in eg.predicted.ents:
        score = ent._.score if ent.has_extension("score") else None
        if score is None:
            continue
        gold = gold_of(ent.start, ent.end, ent.label_)
        if gold is not None:
            yield score, gold != WRONG
