"""Tag scores to scored spans: constrained best path and exact span probability.

Everything here is exact over the lattice of legal tags, see ``lattice``. All texts of a batch advance
together, but for long ones, see ``long_texts``.
"""

from itertools import pairwise
from typing import Iterator, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ..types import Bools1d, Floats, Ints1d, ScoredSpan, SpanRows, Transitions
from .blockwise import long_path, long_scores
from .chain import Chain, constrain
from .lattice import best_paths, forward_backward
from .packing import TimeMajor
from .span_scores import Lattice, score_spans, spans_of
from .tag_scores import TagScores
from .tags import TagSet

# Tokens that are decoded together, and a longer text's block: for a moment the lattice takes some 50 bytes for each
# token and tag. Of many tags fewer tokens, but not so few that what is kept for each border grows beyond the block
MAX_TOKENS, MIN_TOKENS = 16_384, 64
MAX_CELLS = 2**22


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
    chain = constrain(tag_set, learned)

    scores = TagScores(rows, temperature, outside, places)
    max_tokens = min(MAX_TOKENS, max(MIN_TOKENS, MAX_CELLS // len(tag_set)))
    found, probabilities = [], []
    end = 0
    for part in _parts(lengths, max_tokens):
        start, end = end, end + int(part.sum())
        own = scores.part(start, end)
        if len(own) <= max_tokens:
            spans, p = _decode_together(own, part, tag_set, chain)
        else:
            path = long_path(own, chain, max_tokens=max_tokens)
            spans = spans_of(path, part, tag_set)
            p = long_scores(own, chain, tag_set, path, spans, max_tokens=max_tokens)
        found.append(spans._replace(starts=spans.starts + start, ends=spans.ends + start))
        probabilities.append(p)
    return SpanRows(*map(np.concatenate, zip(*found, strict=True))), np.concatenate(probabilities)


def _parts(lengths: Ints1d, max_tokens: int) -> Iterator[Ints1d]:
    """Texts that are decoded together: so many tokens or fewer, or one long text."""
    ends = np.cumsum(lengths)
    first, base = 0, 0
    while first < len(lengths):
        last = max(int(np.searchsorted(ends, base + max_tokens, side="right")), first + 1)
        yield lengths[first:last]
        first, base = last, int(ends[last - 1])


def _decode_together(
    scores: TagScores, lengths: Ints1d, tag_set: TagSet, chain: Chain
) -> Tuple[SpanRows, Floats]:
    def run(packed: TimeMajor) -> Tuple[SpanRows, Floats]:
        path = packed.unpack(best_paths(packed, chain))
        spans = spans_of(path, lengths, tag_set)
        if not len(spans.starts):
            return spans, np.zeros(0)
        lattice = Lattice(packed, forward_backward(packed, chain), chain, tag_set)
        return spans, score_spans(lattice, path, spans.starts, spans.ends)

    return scores.run(lengths, run)
