"""Texts cut into stretches that advance together, a token a step.

A long text is cut into stretches which at first begin as if nothing stood before them; ``lattice`` lets each begin
anew with what its neighbour ended with, until nothing changes any more.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Callable, Optional, Sequence, Tuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..types import Bools1d, Floats, Ints1d

Result = TypeVar("Result")
# Tokens of a stretch: fewer make fewer steps, more settle sooner
STRETCH = 64


class Unsettled(Exception):
    """The stretches of a text have not agreed after so many rounds as they may have."""


@dataclass(frozen=True)
class TimeMajor:
    """Stretches of different lengths, longest first, stored token by token across them.

    At step ``t`` the first ``sizes[t]`` stretches still have a token; it stands in
    ``rows[offsets[t] : offsets[t] + sizes[t]]``. Nothing is padded.
    """

    rows: Floats  # Shape: (n_tokens, n_tags)
    sizes: Ints1d  # Shape: (n_steps,)
    offsets: Ints1d  # Shape: (n_steps + 1,)
    place: Ints1d  # Shape: (n_tokens,), token in the order of the texts -> row
    last_rows: Ints1d  # Shape: (n_stretches,), row of each stretch's last token
    before: Ints1d  # Shape: (n_stretches,), row of the token before the stretch; -1 where a text begins
    behind: Ints1d  # Shape: (n_stretches,), row of the token behind it; -1 where a text ends

    @classmethod
    def pack(cls, scores: Sequence[Floats], *, longest: Optional[int] = None) -> "TimeMajor":
        """scores (Sequence[Floats]): for each text, Shape: (n_tokens, n_tags)."""
        lengths = np.array([len(text) for text in scores], dtype=np.int64)
        return cls.pack_rows(np.concatenate(list(scores)), lengths, longest=longest)

    @classmethod
    def pack_rows(cls, rows: NDArray, lengths: Ints1d, *, longest: Optional[int] = None) -> "TimeMajor":
        """Order the tokens of all texts by step.

        rows (NDArray): tokens of all texts, end to end; Shape: (n_tokens, n_tags).
        lengths (Ints1d): tokens of each text; Shape: (n_texts,).
        longest (Optional[int]): texts are cut into stretches of so many tokens; None cuts none.
        """
        starts, ends, is_first, is_last = _stretches(lengths[lengths > 0], longest)
        order = np.argsort(starts - ends, kind="stable")  # the longest stretch first
        starts, ends, is_first, is_last = starts[order], ends[order], is_first[order], is_last[order]
        sizes_of = ends - starts
        n_steps = int(sizes_of.max(initial=0))
        sizes = len(starts) - np.searchsorted(sizes_of[::-1], np.arange(n_steps), side="right")
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        place = np.empty(len(rows), dtype=np.int64)
        ranks = np.repeat(np.arange(len(starts)), sizes_of)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(sizes_of) - sizes_of, sizes_of)
        place[np.repeat(starts, sizes_of) + steps] = offsets[steps] + ranks
        ordered = np.empty(rows.shape, dtype=np.float64)
        ordered[place] = rows
        before = np.where(is_first, -1, place[starts - 1]) if len(place) else starts
        behind = np.where(is_last, -1, place[np.where(is_last, 0, ends)]) if len(place) else starts
        return cls(ordered, sizes, offsets, place, place[ends - 1], before, behind)

    def __len__(self) -> int:
        return len(self.sizes)

    def step(self, array: NDArray, t: int, n_stretches: Optional[int] = None) -> NDArray:
        """A view of the rows of step ``t``, or of its first ``n_stretches``."""
        start = self.offsets[t]
        return array[start : start + (self.sizes[t] if n_stretches is None else n_stretches)]

    def unpack(self, array: NDArray) -> NDArray:
        """Rows by step back to rows by text."""
        return array[self.place]

    @cached_property
    def begins_text(self) -> Bools1d:
        """Whether each token is the first of its text; Shape: (n_tokens,), in the order of the texts."""
        return self._mark(np.flatnonzero(self.before < 0))  # the row of a stretch's first token is its rank

    @cached_property
    def ends_text(self) -> Bools1d:
        """Whether each token is the last of its text; Shape: (n_tokens,), in the order of the texts."""
        return self._mark(self.last_rows[self.behind < 0])

    def _mark(self, rows: Ints1d) -> Bools1d:
        marks = np.zeros(len(self.place), dtype=bool)
        marks[rows] = True
        return self.unpack(marks)


def _stretches(lengths: Ints1d, longest: Optional[int]) -> Tuple[Ints1d, Ints1d, Bools1d, Bools1d]:
    """Start and end of each stretch, and whether it is its text's first and last. Shape: (n_stretches,)."""
    longest = longest or int(lengths.max(initial=1))
    text_ends = np.cumsum(lengths)
    n_parts = -(-lengths // longest)
    last_parts = np.cumsum(n_parts)
    part = np.arange(n_parts.sum()) - np.repeat(last_parts - n_parts, n_parts)
    starts = np.repeat(text_ends - lengths, n_parts) + part * longest
    limit = np.repeat(text_ends, n_parts)
    ends = np.minimum(starts + longest, limit)
    return starts, ends, part == 0, ends == limit


def over_stretches(rows: NDArray, lengths: Ints1d, run: Callable[[TimeMajor], Result]) -> Result:
    """RETURNS: what ``run`` makes of the packed texts, cut into stretches if they settle."""
    try:
        return run(TimeMajor.pack_rows(rows, lengths, longest=STRETCH))
    except Unsettled:
        return run(TimeMajor.pack_rows(rows, lengths))
