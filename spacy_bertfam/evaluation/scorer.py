"""`spacy-bertfam.ner_scorer.v1`: spaCy's entity scores, and how far the entities' own scores can be trusted."""

from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple

from spacy.scorer import get_ner_prf
from spacy.training import Example

from .scored import N_BINS, judge_of, to_judged


def make_ner_scorer() -> Callable[..., Dict[str, Any]]:
    """RETURNS (Callable): precision, recall and F1 as ``spacy.ner_scorer.v1``, and ``ents_ece``."""
    return score_entities


def score_entities(examples: Iterable[Example], **options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): ``ents_p``, ``ents_r``, ``ents_f``, ``ents_per_type``, ``ents_ece``."""
    examples = list(examples)
    return {**get_ner_prf(examples, **options), "ents_ece": calibration_error(examples)}


def calibration_error(examples: Iterable[Example], *, n_bins: int = N_BINS) -> Optional[float]:
    """The expected calibration error of ``ent._.score``, see ``Judged.calibration_error``. Entities whose tokens have
    no gold annotation, and those without a score (an ``entity_ruler`` set them), do not count.

    RETURNS (Optional[float]): in [0, 1]; None where no entity counts.
    """
    judged = to_judged(pair for eg in examples for pair in _scored_entities(eg))
    return judged.calibration_error(n_bins=n_bins) if len(judged) else None


def _scored_entities(eg: Example) -> Iterator[Tuple[float, bool]]:
    """Score of each predicted entity, and whether it is one of the gold ones."""
    is_right = judge_of(eg)
    for ent in eg.predicted.ents:
        score = ent._.score if ent.has_extension("score") else None
        if score is None:
            continue
        right = is_right(ent.start, ent.end, ent.label_)
        if right is not None:
            yield score, right
