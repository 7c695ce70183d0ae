"""Decoding of texts that are given one by one."""

import numpy as np

from spacy_bertfam.decoding import decode as decoding


def decode(scores, tag_set, *, outside=None, **options):
    """scores: for each text, Shape: (n_tokens, n_tags); outside: for each text the marked tokens, or None."""
    if not scores:
        return []
    if outside is not None:
        marks = zip(scores, outside, strict=True)
        outside = np.concatenate(
            [np.zeros(len(text), bool) if mark is None else mark for text, mark in marks]
        )
    lengths = np.array([len(text) for text in scores], dtype=np.int64)
    return decoding.decode(np.concatenate(scores), lengths, tag_set, outside=outside, **options)
