"""Decoding over the words of a Doc: white space has no pieces, and so no evidence of its own."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc

from ..decoding.best_sequence import best_log_probabilities
from ..decoding.decode import decode, score_places
from ..decoding.tags import TagSet
from ..heads.finite import is_finite, non_finite_scores
from ..types import Bools1d, Floats, Ints1d, ScoredSpan, SpanRows, Transitions


def decode_words(
    docs: Sequence[Doc],
    scores: Sequence[NDArray[np.float32]],
    tag_set: TagSet,
    *,
    component: str = "ner",
    rate: float | None = None,
    outside: Sequence[Bools1d | None] | None = None,
    learned: Transitions | None = None,
    temperature: float = 1.0,
    floor: float | None = None,
) -> list[list[ScoredSpan]]:
    """As ``decode``, on the tokens that are not white space.

    The vector of a white space token is zero, so that its scores are the head's bias: a checkpoint that
    never saw one has anything there. An entity neither begins nor ends with such a token, and goes on
    across it.

    scores (Sequence[NDArray]): for each Doc, Shape: (n_tokens, n_tags).
    rate (float | None): the last one that it learned at in this process.
    outside (Sequence[Bools1d | None] | None): for each Doc the tokens that must be O, Shape: (n_tokens,). White space
        that is marked here stays, and keeps entities apart.
    RAISES (UserError): when a score is no finite number.
    """
    forced, words = _read_words(docs, outside)
    rows = scores[0] if len(scores) == 1 else np.concatenate(list(scores))
    if words.any() and not all(map(is_finite, (rows, *(learned or ())))):
        raise non_finite_scores(component, "the tags", rate)
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    known = {"learned": learned, "temperature": temperature, "outside": forced, "words": words}
    return decode(rows, lengths, tag_set, floor=floor, **known)  # type: ignore[arg-type]


def score_readings(
    docs: Sequence[Doc],
    rows: NDArray[np.float32],
    tag_set: TagSet,
    readings: Sequence[Sequence[tuple[int, int, str]]],
    places: Sequence[Sequence[tuple[int, int]]],
    *,
    learned: Transitions | None = None,
    temperature: float = 1.0,
) -> list[list[float]]:
    """The probability that a place holds exactly the entities that a reading of its text has there, or none.

    rows (NDArray): scores of the tags, the Docs end to end; Shape: (n_tokens, n_tags).
    readings (Sequence): for each Doc entities with a label of the tag set: first token, token after the last, label.
    places (Sequence): for each Doc first token and token after the last, in their order and without overlap, from
        entity border to entity border.
    """
    _, words = _read_words(docs, None)
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    shifts = np.repeat(np.cumsum(lengths) - lengths, [len(own) for own in places])
    within = np.array([place for own in places for place in own], dtype=np.int64).reshape(-1, 2)
    borders = within + shifts[:, None]
    path = np.concatenate([_tags_of(doc, own, tag_set) for doc, own in zip(docs, readings, strict=True)])
    spans = SpanRows(borders[:, 0], borders[:, 1], np.zeros(len(borders), dtype=np.int64))
    known = {"learned": learned, "temperature": temperature, "words": words}
    found = iter(score_places(rows, lengths, tag_set, path, spans, **known).tolist())  # type: ignore[arg-type]
    return [list(islice(found, len(own))) for own in places]


def _tags_of(doc: Doc, spans: Sequence[tuple[int, int, str]], tag_set: TagSet) -> Ints1d:
    """The tags of entities; white space at their borders is no part of them. Shape: (n_tokens,)."""
    biluo = ["O"] * len(doc)
    for start, end, label in spans:
        words = [i for i in range(start, end) if not doc[i].is_space]
        for i in words:
            biluo[i] = f"I-{label}"
        if words:
            biluo[words[0]], biluo[words[-1]] = f"B-{label}", f"L-{label}"
        if len(words) == 1:
            biluo[words[0]] = f"U-{label}"
    return tag_set.ids_by_biluo(biluo)


def score_sequences(
    docs: Sequence[Doc],
    scores: Sequence[NDArray[np.float32]],
    tag_set: TagSet,
    *,
    outside: Sequence[Bools1d | None] | None = None,
    learned: Transitions | None = None,
    temperature: float = 1.0,
) -> Floats:
    """The log of the probability of each Doc's best tags; arguments as in ``decode_words``, Shape: (n_docs,)."""
    forced, words = _read_words(docs, outside)
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    known = {"learned": learned, "temperature": temperature, "outside": forced, "words": words}
    return best_log_probabilities(np.concatenate(list(scores)), lengths, tag_set, **known)  # type: ignore[arg-type]


def _read_words(
    docs: Sequence[Doc], outside: Sequence[Bools1d | None] | None
) -> tuple[Bools1d | None, Bools1d]:
    """RETURNS (tuple): the tokens that must be O, None where there are none, and those that are read; of all Docs end
    to end, Shape: (n_tokens,)."""
    words = np.concatenate([doc.to_array(IS_SPACE) == 0 for doc in docs])
    forced = None
    if outside is not None and any(marks is not None for marks in outside):
        pairs = zip(docs, outside, strict=True)
        forced = np.concatenate([np.zeros(len(d), bool) if marks is None else marks for d, marks in pairs])
        words |= forced
    return forced, words
