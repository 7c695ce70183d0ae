"""Decoding over the words of a Doc: white space has no pieces, and so no evidence of its own."""

from typing import Any, List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc

from ..decoding import decode_rows, split_spans
from ..types import Bools1d, ScoredSpan


def decode_words(
    docs: Sequence[Doc],
    scores: Sequence[NDArray[np.float32]],
    *args: Any,
    outside: Optional[Sequence[Optional[Bools1d]]] = None,
    **options: Any,
) -> List[List[ScoredSpan]]:
    """As ``decode``, on the tokens that are not white space.

    The vector of a white space token is zero, so that its scores are the head's bias: a checkpoint that
    never saw one has anything there. An entity neither begins nor ends with such a token, and goes on
    across it.

    outside: white space that is marked here stays, and keeps entities apart.
    """
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    kept = np.concatenate([doc.to_array(IS_SPACE) == 0 for doc in docs])
    forced = None
    if outside is not None and any(mark is not None for mark in outside):
        forced = np.concatenate(
            [
                np.zeros(n, dtype=bool) if mark is None else mark
                for n, mark in zip(lengths, outside, strict=True)
            ]
        )
        kept |= forced
        forced = forced[kept]
    words = np.flatnonzero(kept)
    if not len(words):
        return [[] for _ in docs]
    text = np.repeat(np.arange(len(docs)), lengths)
    n_words = np.bincount(text[words], minlength=len(docs))
    rows = scores[0] if len(scores) == 1 else np.concatenate(list(scores))
    spans = decode_rows(
        rows if len(words) == len(rows) else rows[words], n_words, *args, outside=forced, **options
    )
    found = [ScoredSpan(int(words[a]), int(words[b - 1]) + 1, label, score) for a, b, label, score in spans]
    return split_spans(found, lengths)
