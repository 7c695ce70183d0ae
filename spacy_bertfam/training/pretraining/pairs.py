"""Pairs of parts of texts for the next-sentence task: one half follow each other, the other half do not."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ...encoder.pieces.batch import PieceBatch
from ...encoder.pieces.pair_template import PairTemplate
from ...encoder.pieces.pairs import Segments
from ...errors import UserError
from ...types import Bools1d, Ints1d, Windows
from .texts import WindowTexts, groups


@dataclass(frozen=True)
class PairBatch(PieceBatch):
    """Windows of two parts each, and whether the second one follows the first in its text."""

    follows: Bools1d = field(default_factory=lambda: np.zeros(0, dtype=bool))  # Shape: (n_windows,)


@dataclass(frozen=True)
class PairTexts:
    """Texts in parts, as pairs of neighbors (Devlin et al. 2019, "BERT", section 3.1).

    In half of the pairs, drawn anew in each round, the second part is exchanged for that of a pair of another text:
    so that a second part is never the beginning of a text, and tells nothing by itself.
    """

    parts: WindowTexts  # of at most half a window
    template: PairTemplate
    firsts: Ints1d  # Shape: (n_pairs,), the first part of each; the second is the one after it
    lows: Ints1d  # Shape: (n_pairs,), the first pair of the same text
    highs: Ints1d  # Shape: (n_pairs,), the pair after the last one of the same text

    @classmethod
    def from_parts(cls, parts: WindowTexts, template: PairTemplate) -> "PairTexts":
        """Pair each part with the one after it in the same text.

        RAISES (UserError): when not two texts have two parts: there is nothing to exchange then.
        """
        firsts = np.flatnonzero(parts.of_texts[1:] == parts.of_texts[:-1])
        texts = parts.of_texts[firsts]
        n_texts = len(np.unique(texts))
        if n_texts < 2:
            raise UserError(
                f"{n_texts} texts have two parts or more, of half a window each, as --next-sentence pairs them; "
                "expected two texts or more, of those to measure on (--dev) too: give longer or more texts, or a "
                "smaller --window."
            )
        bounds = (np.searchsorted(texts, texts, side=side) for side in ("left", "right"))
        return cls(parts, template, firsts, *bounds)

    def __len__(self) -> int:
        return len(self.firsts)

    @property
    def ids(self) -> Ints1d:
        """The pieces of all parts, end to end."""
        return self.parts.ids

    @property
    def n_alone(self) -> int:
        """Texts of a single part, which no pair has."""
        return len(np.unique(self.parts.of_texts)) - len(np.unique(self.parts.of_texts[self.firsts]))

    def n_batches(self, size: int, *, n_special: int) -> int:
        """RETURNS (int): batches of a round in the order of the texts, whichever parts follow."""
        return sum(1 for _ in groups(self._costs(self.firsts + 1, n_special), size))

    def draw(
        self, size: int, *, n_special: int, rng: np.random.Generator | None = None
    ) -> Iterator[PairBatch]:
        """All pairs once, in batches of at most ``size`` pieces, special pieces counted, and at least one pair.

        rng (Generator | None): draws the order and what follows; None keeps the order, and always exchanges the same.
        """
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        rng = np.random.default_rng(0) if rng is None else rng
        follows = rng.permutation(np.arange(len(self)) % 2 == 0)
        n_same = self.highs - self.lows
        others = rng.integers(0, len(self) - n_same)
        others += np.where(others >= self.lows, n_same, 0)
        seconds = np.where(follows, self.firsts, self.firsts[others]) + 1
        for group in groups(self._costs(seconds, n_special)[order], size):
            pairs = order[group]
            yield self.batch(self.firsts[pairs], seconds[pairs], follows[pairs])

    def batch(self, firsts: Ints1d, seconds: Ints1d, follows: Bools1d) -> PairBatch:
        """RETURNS (PairBatch): a window for each pair of parts, with the special pieces between them."""
        joined = self.parts.batch(np.stack([firsts, seconds], axis=1).ravel())
        starts, ends = joined.windows.starts, joined.windows.ends
        borders, n_between, pairs = starts[1::2], len(self.template.between), np.arange(len(firsts))
        places = np.repeat(borders, n_between)
        kinds = np.tile([self.template.first_type, self.template.second_type], len(firsts))
        types = np.insert(
            np.repeat(kinds, ends - starts), places, np.tile(self.template.between_types, len(firsts))
        )
        shift = n_between * np.searchsorted(borders, joined.firsts, side="right")
        starts, ends = starts[0::2] + n_between * pairs, ends[1::2] + n_between * (pairs + 1)
        return PairBatch(
            np.insert(joined.ids, places, np.tile(self.template.between, len(firsts))),
            Windows(starts, ends, starts, ends),
            joined.firsts + shift,
            joined.lasts + shift,
            joined.lengths,
            0,
            segments=Segments(types, np.ones(len(firsts), dtype=bool)),
            follows=follows,
        )

    def _costs(self, seconds: Ints1d, n_special: int) -> Ints1d:
        lengths = self.parts.ends - self.parts.starts
        costs: Ints1d = lengths[self.firsts] + lengths[seconds] + n_special + len(self.template.between)
        return costs
