"""Tag scores to scored spans: constrained best path and exact span probability.

Everything here is exact over the lattice of legal tags, see ``lattice``. All texts of a batch advance
together, but for long ones, see ``long_texts``.
"""

from itertools import pairwise
from typing import Iterator, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from .lattice import best_paths, forward_backward
from .long_texts import long_path, long_scores
from .span_scores import Lattice, score_spans, spans_of
from .stretches import Floats, TimeMajor
from .tag_scores import TagScores
from .tags import TagSet
from .types import Bools1d, Ints1d, ScoredSpan, SpanRows, Transitions

# A longer text is decoded block by block: for a moment its lattice takes some 50 bytes for each token and tag
MAX_TOKENS = 16_384


def constrain(tag_set: TagSet, learned: Optional[Transitions] = None) -> Transitions:
    """The legal transitions of a scheme, on top of learned ones where a head has them."""
    n_tags = len(tag_set)
    if learned is None:
        learned = Transitions(np.zeros((n_tags, n_tags)), np.zeros(n_tags), np.zeros(n_tags))
    legal = tag_set.legal
    return Transitions(
        np.where(legal, learned.between, -np.inf),
        np.where(legal[0], learned.start, -np.inf),
        np.where(legal[:, 0], learned.end, -np.inf),
    )


def decode(
    scores: Sequence[NDArray],
    tag_set: TagSet,
    *,
    learned: Optional[Transitions] = None,
    temperature: float = 1.0,
    outside: Optional[Sequence[Optional[Bools1d]]] = None,
) -> List[List[ScoredSpan]]:
    """The entities of the best legal path of each text, each with its probability.

    scores (Sequence[NDArray]): for each text, Shape: (n_tokens, n_tags).
    outside (Optional[Sequence[Optional[NDArray[bool]]]]): for each text the tokens that must be O,
        Shape: (n_tokens,), or None.
    The other arguments are those of ``decode_rows``.
    """
    lengths = np.array([len(text) for text in scores], dtype=np.int64)
    if not lengths.sum():
        return [[] for _ in scores]
    spans, probabilities = decode_rows(
        np.concatenate(list(scores)),
        lengths,
        tag_set,
        learned=learned,
        temperature=temperature,
        outside=join_marks(outside, lengths),
    )
    return split_spans(spans, probabilities, lengths, tag_set)


def join_marks(marks: Optional[Sequence[Optional[Bools1d]]], lengths: Ints1d) -> Optional[Bools1d]:
    """Marks of the tokens of each text, where it has any, to those of texts end to end; None where none has."""
    if marks is None or all(mark is None for mark in marks):
        return None
    known = zip(marks, lengths, strict=True)
    return np.concatenate([np.zeros(n, dtype=bool) if mark is None else mark for mark, n in known])


def split_spans(
    spans: SpanRows, probabilities: Floats, lengths: Ints1d, tag_set: TagSet
) -> List[List[ScoredSpan]]:
    """Spans over texts end to end to the spans of each text.

    lengths (Ints1d): tokens of each text; Shape: (n_texts,).
    """
    text_ends = np.cumsum(lengths)
    cuts = np.searchsorted(spans.starts, text_ends)
    bases = np.repeat(text_ends - lengths, np.diff(cuts, prepend=0))
    labels = map(tag_set.labels.__getitem__, spans.labels.tolist())
    columns = ((spans.starts - bases).tolist(), (spans.ends - bases).tolist(), labels, probabilities.tolist())
    found = list(map(ScoredSpan._make, zip(*columns, strict=True)))
    return [found[first:last] for first, last in pairwise([0, *cuts.tolist()])]


def decode_rows(
    rows: NDArray,
    lengths: Ints1d,
    tag_set: TagSet,
    *,
    learned: Optional[Transitions] = None,
    temperature: float = 1.0,
    outside: Optional[Bools1d] = None,
    places: Optional[Ints1d] = None,
) -> Tuple[SpanRows, Floats]:
    """As ``decode``, on texts that stand end to end.

    rows (NDArray): Shape: (n_rows, n_tags), at least one.
    lengths (Ints1d): tokens of each text; Shape: (n_texts,).
    learned (Optional[Transitions]): the head's own weights between tags.
    temperature (float): the scores are divided by it; above 1 the probabilities become more modest.
    outside (Optional[NDArray[bool]]): tokens that must be O; Shape: (n_tokens,).
    places (Optional[Ints1d]): the row of each token; None where every row is a token. Shape: (n_tokens,).
    RETURNS (Tuple[SpanRows, Floats]): the spans, and the probability of each; Shape: (n_spans,).
    """
    if learned is not None:
        learned = Transitions(*(part / temperature for part in learned))
    transitions = constrain(tag_set, learned)

    scores = TagScores(rows, temperature, outside, places)
    found, probabilities = [], []
    end = 0
    for part in _parts(lengths):
        start, end = end, end + int(part.sum())
        spans, p = _decode_part(scores.part(start, end), part, tag_set, transitions)
        found.append(spans._replace(starts=spans.starts + start, ends=spans.ends + start))
        probabilities.append(p)
    return SpanRows(*map(np.concatenate, zip(*found, strict=True))), np.concatenate(probabilities)


def _parts(lengths: Ints1d) -> Iterator[Ints1d]:
    """Texts that are decoded together: a long one by itself, what stands between two long ones."""
    is_long = lengths > MAX_TOKENS
    cuts = np.flatnonzero(is_long[1:] | is_long[:-1]) + 1
    return iter(np.split(lengths, cuts))


def _decode_part(
    scores: TagScores, lengths: Ints1d, tag_set: TagSet, transitions: Transitions
) -> Tuple[SpanRows, Floats]:
    if lengths.max(initial=0) > MAX_TOKENS:
        path = long_path(scores, transitions, max_tokens=MAX_TOKENS)
        spans = spans_of(path, lengths, tag_set)
        return spans, long_scores(scores, transitions, tag_set, path, spans, max_tokens=MAX_TOKENS)

    def run(packed: TimeMajor) -> Tuple[SpanRows, Floats]:
        path = packed.unpack(best_paths(packed, transitions))
        spans = spans_of(path, lengths, tag_set)
        if not len(spans.starts):
            return spans, np.zeros(0)
        lattice = Lattice(packed, forward_backward(packed, transitions), transitions, tag_set)
        return spans, score_spans(lattice, path, spans.starts, spans.ends)

    return scores.run(lengths, run)
