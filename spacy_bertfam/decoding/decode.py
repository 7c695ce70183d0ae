"""Tag scores to scored spans: constrained best path and exact span probability.

Everything here is exact over the lattice of legal tags, see ``lattice``. All texts of a batch advance together, but
for long ones, see ``blockwise``.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Bools1d, Floats, Ints1d, ScoredSpan, SpanRows, Transitions
from .blockwise import long_path, long_scores
from .candidates import likely_spans
from .chain import Chain, constrain
from .lattice import best_paths, forward_backward
from .packing import TagScores
from .span_scores import score_spans, spans_of
from .tags import TagSet

# Tokens that are decoded together, and a longer text's block: for a moment the lattice takes some 50 bytes for each
# token and tag. Of many tags fewer tokens, but not so few that what is kept for each border grows beyond the block
MAX_TOKENS, MIN_TOKENS = 16_384, 64
MAX_CELLS = 2**22


def decode(
    rows: NDArray[Any],
    lengths: Ints1d,
    tag_set: TagSet,
    *,
    learned: Transitions | None = None,
    temperature: float = 1.0,
    outside: Bools1d | None = None,
    words: Bools1d | None = None,
    floor: float | None = None,
) -> list[list[ScoredSpan]]:
    """The entities of the best legal path of each text, each with its probability.

    rows (NDArray): scores of texts that stand end to end; Shape: (n_tokens, n_tags).
    lengths (Ints1d): tokens of each text; Shape: (n_texts,).
    learned (Transitions | None): the head's own weights between tags.
    temperature (float): the scores are divided by it; above 1 the probabilities become lower.
    outside (Bools1d | None): tokens that must be O; Shape: (n_tokens,).
    words (Bools1d | None): the tokens that are read: no entity begins or ends with another one, and each goes on
        across it. None reads all. Shape: (n_tokens,).
    floor (float | None): instead, all spans with at least this probability, above 0, which may overlap; the lattice of
        a long text is then kept whole, some 50 bytes for each token and tag.
    """
    scores, n_read = read_scores(rows, lengths, temperature, outside, words)
    if not n_read.sum():
        return [[] for _ in lengths]
    chain, places = scaled_chain(tag_set, learned, temperature), scores.places
    spans, probabilities = _decode_rows(scores, n_read, tag_set, chain, floor)
    if places is not None:
        spans = spans._replace(starts=places[spans.starts], ends=places[spans.ends - 1] + 1)
    return _split(spans, probabilities, lengths, tag_set)


def score_places(
    rows: NDArray[Any],
    lengths: Ints1d,
    tag_set: TagSet,
    path: Ints1d,
    places: SpanRows,
    *,
    learned: Transitions | None = None,
    temperature: float = 1.0,
    words: Bools1d | None = None,
) -> Floats:
    """The probability that a place holds exactly the entities that a path has there, or none, and that none goes on
    across its borders; other arguments as in ``decode``.

    path (Ints1d): legal tags of all tokens; Shape: (n_tokens,).
    places (SpanRows): by their order, without overlap, from entity border to entity border; labels are not looked at.
    RETURNS (Floats): Shape: (n_places,).
    """
    scores, n_read = read_scores(rows, lengths, temperature, None, words)
    if scores.places is not None:
        path = path[scores.places]
        starts, ends = (np.searchsorted(scores.places, borders) for borders in places[:2])
        places = places._replace(starts=starts, ends=ends)
    chain = scaled_chain(tag_set, learned, temperature)
    return _decode_rows(scores, n_read, tag_set, chain, given=(path, places))[1]


def read_scores(
    rows: NDArray[Any], lengths: Ints1d, temperature: float, outside: Bools1d | None, words: Bools1d | None
) -> tuple[TagScores, Ints1d]:
    """RETURNS (tuple[TagScores, Ints1d]): the scores of the tokens that are read, and how many each text has of them;
    arguments as in ``decode``."""
    if words is None or words.all():
        return TagScores(rows, temperature, outside, None), lengths
    places = np.flatnonzero(words)
    n_read = np.diff(np.searchsorted(places, np.cumsum(lengths)), prepend=0)
    return TagScores(rows, temperature, outside if outside is None else outside[places], places), n_read


def scaled_chain(tag_set: TagSet, learned: Transitions | None, temperature: float) -> Chain:
    """RETURNS (Chain): the transitions at a temperature; arguments as in ``decode``."""
    if learned is not None:
        learned = Transitions(*(part / temperature for part in learned))
    return constrain(tag_set, learned)


def _decode_rows(
    scores: TagScores,
    lengths: Ints1d,
    tag_set: TagSet,
    chain: Chain,
    floor: float | None = None,
    given: tuple[Ints1d, SpanRows] | None = None,
) -> tuple[SpanRows, Floats]:
    """The spans of all texts, and the probability of each.

    given (tuple[Ints1d, SpanRows] | None): tags and spans to score; None are those of the best path.
    """
    max_tokens = most_tokens(tag_set)
    found, probabilities = [], []
    end = 0
    for part in parts_of(lengths, max_tokens):
        start, end = end, end + int(part.sum())
        own, known = scores.part(start, end), None if given is None else _part_of(*given, start, end)
        if floor is not None:
            spans, p = likely_spans(forward_backward(own.pack(part), chain), tag_set, floor)
        elif len(own) <= max_tokens:
            spans, p = _decode_together(own, part, tag_set, chain, known)
        else:
            path = known[0] if known else long_path(own, chain, max_tokens=max_tokens)
            spans = known[1] if known else spans_of(path, part, tag_set)
            p = long_scores(own, chain, tag_set, path, spans, max_tokens=max_tokens)
        found.append(spans._replace(starts=spans.starts + start, ends=spans.ends + start))
        probabilities.append(p)
    return SpanRows(*map(np.concatenate, zip(*found, strict=True))), np.concatenate(probabilities)


def most_tokens(tag_set: TagSet) -> int:
    """RETURNS (int): how many tokens are decoded together."""
    return min(MAX_TOKENS, max(MIN_TOKENS, MAX_CELLS // len(tag_set)))


def parts_of(lengths: Ints1d, max_tokens: int) -> Iterator[Ints1d]:
    """Texts that are decoded together: so many tokens or fewer, or one long text."""
    ends = np.cumsum(lengths)
    first, base = 0, 0
    while first < len(lengths):
        last = max(int(np.searchsorted(ends, base + max_tokens, side="right")), first + 1)
        yield lengths[first:last]
        first, base = last, int(ends[last - 1])


def _part_of(path: Ints1d, spans: SpanRows, start: int, end: int) -> tuple[Ints1d, SpanRows]:
    own = slice(*np.searchsorted(spans.starts, (start, end)))
    return path[start:end], SpanRows(spans.starts[own] - start, spans.ends[own] - start, spans.labels[own])


def _decode_together(
    scores: TagScores,
    lengths: Ints1d,
    tag_set: TagSet,
    chain: Chain,
    known: tuple[Ints1d, SpanRows] | None,
) -> tuple[SpanRows, Floats]:
    packed = scores.pack(lengths)
    path = known[0] if known else best_paths(packed, chain)
    spans = known[1] if known else spans_of(path, lengths, tag_set)
    if not len(spans.starts):
        return spans, np.zeros(0)
    return spans, score_spans(forward_backward(packed, chain), tag_set, path, spans.starts, spans.ends)


def _split(
    spans: SpanRows, probabilities: Floats, lengths: Ints1d, tag_set: TagSet
) -> list[list[ScoredSpan]]:
    """Spans over texts end to end to the spans of each text."""
    text_ends = np.cumsum(lengths)
    cuts = np.searchsorted(spans.starts, text_ends)
    bases = np.repeat(text_ends - lengths, np.diff(cuts, prepend=0))
    labels = map(tag_set.labels.__getitem__, spans.labels.tolist())
    columns = ((spans.starts - bases).tolist(), (spans.ends - bases).tolist(), labels, probabilities.tolist())
    found = list(map(ScoredSpan._make, zip(*columns, strict=True)))
    return [found[first:last] for first, last in pairwise([0, *cuts.tolist()])]
