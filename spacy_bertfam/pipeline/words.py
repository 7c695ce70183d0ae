"""Decoding over the words of a Doc: white space has no pieces, and so no evidence of its own."""

from typing import Any, List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc

from ..decoding import decode_rows, join_marks, split_spans
from ..errors import UserError
from ..heads.finite import is_finite
from ..tags import TagSet
from ..types import Bools1d, ScoredSpan, Transitions


def decode_words(
    docs: Sequence[Doc],
    scores: Sequence[NDArray[np.float32]],
    tag_set: TagSet,
    *,
    component: str = "ner",
    rate: Optional[float] = None,
    outside: Optional[Sequence[Optional[Bools1d]]] = None,
    learned: Optional[Transitions] = None,
    **options: Any,
) -> List[List[ScoredSpan]]:
    """As ``decode``, on the tokens that are not white space.

    The vector of a white space token is zero, so that its scores are the head's bias: a checkpoint that
    never saw one has anything there. An entity neither begins nor ends with such a token, and goes on
    across it.

    component (str): whose scores they are. Raises a UserError where one is no finite number.
    rate (Optional[float]): the last one that it learned at in this process.
    outside: white space that is marked here stays, and keeps entities apart.
    """
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    kept = np.concatenate([doc.to_array(IS_SPACE) == 0 for doc in docs])
    forced = join_marks(outside, lengths)
    if forced is not None:
        kept |= forced
        forced = forced[kept]
    words = np.flatnonzero(kept)
    if not len(words):
        return [[] for _ in docs]
    rows = scores[0] if len(scores) == 1 else np.concatenate(list(scores))
    if not all(map(is_finite, (rows, *(learned or ())))):
        if rate is not None:
            from ..encoder.divergence import Diverged

            raise Diverged(f"a score of the component {component!r}", rate)
        raise UserError(
            f"Component {component!r}: the scores of the tags are not finite numbers (NaN or infinity), so that no "
            "entity can be told from another. The weights of the head or of its encoder are ruined, mostly by a "
            "training that diverged. Expected finite ones: load the pipeline again, or train with a lower rate."
        )
    n_words = np.diff(np.searchsorted(words, np.cumsum(lengths)), prepend=0)
    places = words if len(words) < len(rows) else None
    spans, probabilities = decode_rows(
        rows, n_words, tag_set, outside=forced, places=places, learned=learned, **options
    )
    spans = spans._replace(starts=words[spans.starts], ends=words[spans.ends - 1] + 1)
    return split_spans(spans, probabilities, lengths, tag_set)
