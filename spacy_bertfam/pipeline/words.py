"""Decoding over the words of a Doc: white space has no pieces, and so no evidence of its own."""

from typing import Any, List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc

from ..decoding import decode
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
    marks = outside if outside is not None else [None] * len(docs)
    rows = [_words(doc, mark) for doc, mark in zip(docs, marks, strict=True)]
    if not any(map(len, rows)):
        return [[] for _ in docs]
    found = decode(
        [text[kept] for text, kept in zip(scores, rows, strict=True)],
        *args,
        outside=[None if mark is None else mark[kept] for mark, kept in zip(marks, rows, strict=True)],
        **options,
    )
    return [
        [
            ScoredSpan(int(kept[start]), int(kept[end - 1]) + 1, label, score)
            for start, end, label, score in spans
        ]
        for spans, kept in zip(found, rows, strict=True)
    ]


def _words(doc: Doc, mark: Optional[Bools1d]) -> NDArray[np.int64]:
    """RETURNS (NDArray[int64]): the indices of the tokens to decode."""
    is_space = doc.to_array([IS_SPACE]).astype(bool).reshape(-1)
    return np.flatnonzero(~is_space if mark is None else ~is_space | mark)
