"""`spacy-bertfam.ner_scorer.v1`: spaCy's entity scores, and how far the entities' own scores can be trusted."""

from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple

import numpy as np
from spacy.scorer import get_ner_prf
from spacy.training import Example

N_BINS = 10


def make_ner_scorer() -> Callable[..., Dict[str, Any]]:
    """RETURNS (Callable): precision, recall and F1 as ``spacy.ner_scorer.v1``, and ``ents_ece``."""
    return score_entities


def score_entities(examples: Iterable[Example], **options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): ``ents_p``, ``ents_r``, ``ents_f``, ``ents_per_type``, ``ents_ece``."""
    examples = list(examples)
    return {**get_ner_prf(examples, **options), "ents_ece": calibration_error(examples)}


def calibration_error(examples: Iterable[Example], *, n_bins: int = N_BINS) -> Optional[float]:
    """The expected calibration error (Guo et al. 2017, "On calibration of modern neural networks", equation 3).

    Of the entities with a score near 0.8, four in five should be right: this is the mean distance from that,
    over ``n_bins`` equal bins of scores, weighted by the entities in them. 0 is perfect. Entities whose tokens
    have no gold annotation, and those without a score (an ``entity_ruler`` set them), do not count.
    RETURNS (Optional[float]): in [0, 1]; None where no entity counts.
    """
    found = np.array([pair for eg in examples for pair in _scored_entities(eg)], dtype=float).reshape(-1, 2)
    if not len(found):
        return None
    scores, right = found.T
    bins = np.minimum((scores * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, weights=scores - right, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(found))


def _scored_entities(eg: Example) -> Iterator[Tuple[float, bool]]:
    """Score of each predicted entity, and whether it is one of the gold ones."""
    gold = {(ent.start, ent.end, ent.label_) for ent in eg.reference.ents}
    for ent in eg.predicted.ents:
        score = ent._.score if ent.has_extension("score") else None
        tokens = eg.alignment.x2y[ent.start : ent.end]
        if score is None or not len(tokens):
            continue
        start, end = int(tokens[0]), int(tokens[-1]) + 1
        if all(token.ent_iob for token in eg.reference[start:end]):  # 0 is missing annotation
            yield score, (start, end, ent.label_) in gold
