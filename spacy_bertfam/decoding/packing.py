"""Scores of texts, packed: cut into segments that advance together, a token a step.

At first each segment of a long text begins as if nothing stood before it; ``lattice`` lets it begin anew with what the
one before it ended with, until nothing changes any more.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files.mapped_rows import let_go
from ..types import Bools1d, Floats, Ints1d

# Tokens of a segment: fewer make fewer steps, more settle sooner
SEGMENT: int | None = 64


class Unsettled(Exception):
    """The segments of a text have not agreed after so many rounds as they may have."""


@dataclass(frozen=True)
class TagScores:
    """Scores of the tags of texts that stand end to end, and what is known of them beforehand."""

    rows: NDArray[Any]  # Shape: (n_rows, n_tags)
    temperature: float = 1.0  # that they are divided by
    outside: Bools1d | None = None  # tokens that must be O; Shape: (n_tokens,)
    places: Ints1d | None = None  # the row of each token, None where every row is one; Shape: (n_tokens,)

    def __len__(self) -> int:
        return len(self.rows if self.places is None else self.places)

    def part(self, start: int, end: int) -> "TagScores":
        """RETURNS (TagScores): of some of the tokens, nothing copied."""
        outside = None if self.outside is None else self.outside[start:end]
        if self.places is None:
            return TagScores(self.rows[start:end], self.temperature, outside)
        return TagScores(self.rows, self.temperature, outside, self.places[start:end])

    def pack(self, lengths: Ints1d | None = None, *, cut: bool = True) -> "TimeMajor":
        """Order the tokens by step.

        lengths (Ints1d | None): tokens of each text, Shape: (n_texts,); None where they are one text.
        cut (bool): cut long texts into segments.
        """
        if lengths is None:
            lengths = np.array([len(self)])
        rows = self.rows if self.places is None else self.rows[self.places]
        let_go(self.rows)
        packed = TimeMajor.pack(rows, lengths, SEGMENT if cut else None, self)
        if self.temperature != 1.0:
            np.divide(packed.rows, self.temperature, out=packed.rows)
        if self.outside is not None:
            packed.rows[packed.place[self.outside], 1:] = -np.inf
        return packed


@dataclass(frozen=True)
class TimeMajor:
    """Segments of different lengths, longest first, stored token by token across them.

    At step ``t`` the first ``sizes[t]`` segments still have a token; it stands in
    ``rows[offsets[t] : offsets[t] + sizes[t]]``. Nothing is padded.
    """

    rows: Floats  # Shape: (n_tokens, n_tags)
    sizes: Ints1d  # Shape: (n_steps,)
    offsets: Ints1d  # Shape: (n_steps + 1,)
    place: Ints1d  # Shape: (n_tokens,), token in the order of the texts -> row
    last_rows: Ints1d  # Shape: (n_segments,), row of each segment's last token
    before: Ints1d  # Shape: (n_segments,), row of the token before the segment; -1 where a text begins
    after: Ints1d  # Shape: (n_segments,), row of the token after it; -1 where a text ends
    scores: TagScores  # what was packed
    lengths: Ints1d  # Shape: (n_texts,)

    @classmethod
    def pack(cls, rows: NDArray[Any], lengths: Ints1d, longest: int | None, scores: TagScores) -> "TimeMajor":
        """Cut texts into segments of ``longest`` tokens; None cuts none."""
        starts, ends, is_first, is_last = _segments(lengths, longest)
        order = np.argsort(starts - ends, kind="stable")  # the longest segment first
        starts, ends, is_first, is_last = starts[order], ends[order], is_first[order], is_last[order]
        sizes_of = ends - starts
        n_steps = int(sizes_of.max(initial=0))
        sizes = len(starts) - np.searchsorted(sizes_of[::-1], np.arange(n_steps), side="right")
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        place = np.empty(len(rows), dtype=np.int64)
        ranks = np.repeat(np.arange(len(starts)), sizes_of)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(sizes_of) - sizes_of, sizes_of)
        place[np.repeat(starts, sizes_of) + steps] = offsets[steps] + ranks
        ordered = np.empty(rows.shape)
        ordered[place] = rows
        before = np.where(is_first, -1, place[starts - 1])
        after = np.where(is_last, -1, place[np.where(is_last, 0, ends)])
        return cls(ordered, sizes, offsets, place, place[ends - 1], before, after, scores, lengths)

    def uncut(self) -> "TimeMajor":
        """RETURNS (TimeMajor): the same texts, packed anew as a segment each."""
        return self.scores.pack(self.lengths, cut=False)

    def __len__(self) -> int:
        return len(self.sizes)

    def step(self, array: NDArray[Any], t: int, n_segments: int | None = None) -> NDArray[Any]:
        """A view of the rows of step ``t``, or of its first ``n_segments``."""
        start = self.offsets[t]
        return array[start : start + (self.sizes[t] if n_segments is None else n_segments)]

    def unpack(self, array: NDArray[Any]) -> NDArray[Any]:
        """Rows by step back to rows by text."""
        return array[self.place]

    @cached_property
    def begins_text(self) -> Bools1d:
        """Whether each token is the first of its text; Shape: (n_tokens,), in the order of the texts."""
        return self._mark(np.flatnonzero(self.before < 0))  # the row of a segment's first token is its rank

    @cached_property
    def ends_text(self) -> Bools1d:
        """Whether each token is the last of its text; Shape: (n_tokens,), in the order of the texts."""
        return self._mark(self.last_rows[self.after < 0])

    def _mark(self, rows: Ints1d) -> Bools1d:
        marks = np.zeros(len(self.place), dtype=bool)
        marks[rows] = True
        return self.unpack(marks)


def _segments(lengths: Ints1d, longest: int | None) -> tuple[Ints1d, Ints1d, Bools1d, Bools1d]:
    """Start and end of each segment, and whether it is its text's first and last. Shape: (n_segments,)."""
    longest = longest or int(lengths.max(initial=1))
    text_ends = np.cumsum(lengths)
    n_parts = -(-lengths // longest)
    last_parts = np.cumsum(n_parts)
    part = np.arange(n_parts.sum()) - np.repeat(last_parts - n_parts, n_parts)
    starts = np.repeat(text_ends - lengths, n_parts) + part * longest
    limit = np.repeat(text_ends, n_parts)
    ends = np.minimum(starts + longest, limit)
    return starts, ends, part == 0, ends == limit
