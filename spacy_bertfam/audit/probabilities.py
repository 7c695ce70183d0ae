"""The exact probability of any labeled span, by the recognizers that have not learned from its text."""

from collections.abc import Sequence

import numpy as np
from spacy.tokens import Doc

from ..decoding.tags import TagSet
from ..types import Ints1d, ScoredSpan
from .folds import Unseen

Labeled = tuple[int, int, str]  # first token, token after the last, label


def score_spans(
    docs: Sequence[Doc], parts: Sequence[Unseen], spans: Sequence[Sequence[Labeled]]
) -> list[list[ScoredSpan]]:
    """The probability of given spans.

    spans (Sequence[Sequence[Labeled]]): of each text, without overlap; white space at their borders does not count.
    RETURNS (list[list[ScoredSpan]]): those that the recognizer's tags can express: not a label that no other fold has,
        and in the scheme IO not an entity beside another one of its label.
    """
    scored: list[list[ScoredSpan]] = [[] for _ in docs]
    for part in parts:
        paths = [path_of(docs[i], spans[i], part.tag_set) for i in part.texts]
        for i, found in zip(part.texts, part.decode(docs, np.concatenate(paths)), strict=True):
            wanted = {_trimmed(docs[i], *span) for span in spans[i]}
            scored[i] = [span for span in found if span[:3] in wanted]
    return scored


def find_spans(docs: Sequence[Doc], parts: Sequence[Unseen]) -> list[list[ScoredSpan]]:
    """RETURNS (list[list[ScoredSpan]]): what the recognizers find in each text, but where annotation is missing."""
    found: list[list[ScoredSpan]] = [[] for _ in docs]
    for part in parts:
        for i, spans in zip(part.texts, part.decode(docs), strict=True):
            found[i] = [span for span in spans if all(t.ent_iob for t in docs[i][span.start : span.end])]
    return found


def path_of(doc: Doc, spans: Sequence[Labeled], tag_set: TagSet) -> Ints1d:
    """RETURNS (Ints1d): the tags of the spans, O elsewhere; Shape: (n_tokens,)."""
    biluo = ["O"] * len(doc)
    for span in spans:
        start, end, label = _trimmed(doc, *span)
        if label in tag_set.labels and start < end:
            biluo[start:end] = [f"I-{label}"] * (end - start)
            biluo[start], biluo[end - 1] = f"B-{label}", f"L-{label}"
            if end == start + 1:
                biluo[start] = f"U-{label}"
    return tag_set.ids_by_biluo(biluo)


def _trimmed(doc: Doc, start: int, end: int, label: str) -> Labeled:
    """RETURNS (Labeled): without white space at its borders, which has no pieces and is no part of an entity."""
    words = [i for i in range(start, end) if not doc[i].is_space]
    return (words[0], words[-1] + 1, label) if words else (start, start, label)
