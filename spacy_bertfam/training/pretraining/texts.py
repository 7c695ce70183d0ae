"""Texts as windows of pieces, and batches of them in a drawn order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from spacy.tokens import Doc
from spacy.util import minibatch

from ...encoder.pieces.batch import PieceBatch, WindowSize, ranges
from ...encoder.pieces.tokenizer import PieceTokenizer
from ...types import Ints1d, Windows

DOCS_AT_ONCE = 256


@dataclass(frozen=True)
class WindowTexts:
    """The pieces of texts end to end, cut into windows that share none, and the words in them."""

    ids: Ints1d  # Shape: (n_pieces,)
    starts: Ints1d  # Shape: (n_windows,), first piece of each window
    ends: Ints1d  # Shape: (n_windows,), the piece after its last one
    firsts: Ints1d  # Shape: (n_words,), first piece of each word
    lasts: Ints1d  # Shape: (n_words,), the piece after its last one
    of_texts: Ints1d  # Shape: (n_windows,), which text each window is of

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def from_docs(cls, docs: Iterable[Doc], tokenizer: PieceTokenizer, window: int) -> "WindowTexts":
        """Cut the texts of Docs, at the end of a sentence where one ends in the second half of a window.

        window (int): the most pieces in a window, special pieces not counted. A word with more keeps its first.
        """
        parts: list[list[Ints1d]] = []
        n_pieces = n_texts = 0
        for some in minibatch(docs, DOCS_AT_ONCE):
            batch = PieceBatch.from_docs(some, tokenizer, WindowSize(window, 0))
            words = np.stack([batch.firsts, batch.lasts])[:, batch.firsts < batch.lasts]
            arrays = (batch.windows.starts, batch.windows.ends, *words)
            of_texts = n_texts + np.repeat(np.arange(len(some)), batch.window_counts)
            parts.append([batch.ids.astype(np.int32), *(array + n_pieces for array in arrays), of_texts])
            n_pieces += len(batch.ids)
            n_texts += len(some)
        if not parts:
            return cls(*(np.zeros(0, dtype=np.int64) for _ in range(6)))
        return cls(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def batch(self, windows: Ints1d) -> PieceBatch:
        """RETURNS (PieceBatch): some of the windows, as the network's calls are cut from."""
        starts, ends = self.starts[windows], self.ends[windows]
        lengths = ends - starts
        new_starts = np.cumsum(lengths) - lengths
        first_words = np.searchsorted(self.firsts, starts)
        n_words = np.searchsorted(self.firsts, ends) - first_words
        words = ranges(first_words, n_words)
        shift = np.repeat(new_starts - starts, n_words)
        ids = self.ids[ranges(starts, lengths)].astype(np.int64)
        places = Windows(new_starts, new_starts + lengths, new_starts, new_starts + lengths)
        return PieceBatch(ids, places, self.firsts[words] + shift, self.lasts[words] + shift, [len(words)], 0)

    def n_batches(self, size: int, *, n_special: int) -> int:
        """RETURNS (int): batches of a round, as ``draw`` makes them in the order of the texts."""
        return sum(1 for _ in groups(self.ends - self.starts + n_special, size))

    def draw(
        self, size: int, *, n_special: int, rng: np.random.Generator | None = None
    ) -> Iterator[PieceBatch]:
        """All windows once, in batches of at most ``size`` pieces, special pieces counted, and at least one window.

        rng (Generator | None): draws the order; None keeps that of the texts.
        """
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        costs = (self.ends - self.starts + n_special)[order]
        for group in groups(costs, size):
            yield self.batch(np.sort(order[group]))


def groups(costs: Ints1d, size: int) -> Iterator[slice]:
    """YIELDS (slice): neighbors that cost at most ``size`` together, or one that costs more."""
    start, total = 0, 0
    for i, cost in enumerate(costs.tolist()):
        if total and total + cost > size:
            yield slice(start, i)
            start, total = i, 0
        total += cost
    if total:
        yield slice(start, len(costs))
