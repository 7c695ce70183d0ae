"""What a decoder reads: the scores of the tags of texts, and what is known of them beforehand."""

from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np
from numpy.typing import NDArray

from ..files.mapped_rows import let_go
from ..types import Bools1d, Ints1d
from .packing import Result, TimeMajor, over_stretches


@dataclass(frozen=True)
class TagScores:
    """Scores of texts that stand end to end."""

    rows: NDArray  # Shape: (n_rows, n_tags)
    temperature: float = 1.0  # that they are divided by
    outside: Optional[Bools1d] = None  # tokens that must be O; Shape: (n_tokens,)
    places: Optional[Ints1d] = None  # the row of each token, None where every row is one; Shape: (n_tokens,)

    def __len__(self) -> int:
        return len(self.rows if self.places is None else self.places)

    def part(self, start: int, end: int) -> "TagScores":
        """RETURNS (TagScores): of some of the tokens, nothing copied."""
        outside = None if self.outside is None else self.outside[start:end]
        if self.places is None:
            return TagScores(self.rows[start:end], self.temperature, outside)
        return TagScores(self.rows, self.temperature, outside, self.places[start:end])

    def run(self, lengths: Ints1d, run: Callable[[TimeMajor], Result]) -> Result:
        """RETURNS: what ``run`` makes of the texts, packed, cut into stretches if they settle.

        lengths (Ints1d): tokens of each text; Shape: (n_texts,).
        """

        def prepared(packed: TimeMajor) -> Result:
            if self.temperature != 1.0:
                np.divide(packed.rows, self.temperature, out=packed.rows)
            if self.outside is not None:
                packed.rows[packed.place[self.outside], 1:] = -np.inf
            return run(packed)

        rows = self.rows if self.places is None else self.rows[self.places]
        let_go(self.rows)
        return over_stretches(rows, lengths, prepared)

    def run_whole(self, run: Callable[[TimeMajor], Result]) -> Result:
        """As ``run``, where the tokens are one text."""
        return self.run(np.array([len(self)], dtype=np.int64), run)
