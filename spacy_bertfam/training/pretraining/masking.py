"""Which pieces the network has to guess: whole words, as in BERT's second release ("whole word masking")."""

from dataclasses import dataclass

import numpy as np

from ...encoder.pieces.batch import Chunk, ranges
from ...types import Bools1d, Ints1d

# Of the pieces to guess so many are hidden, so many replaced by others, and the rest left as they are (Devlin et al.
# 2019, "BERT", section 3.1)
HIDDEN, REPLACED = 0.8, 0.1


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of an encoder, as far as masking needs them."""

    mask_id: int
    plain: Ints1d  # ids of the pieces that are not special


@dataclass(frozen=True)
class Masked:
    """Windows with pieces to guess."""

    ids: Ints1d  # Shape: (n_windows, width)
    lengths: Ints1d  # Shape: (n_windows,), special pieces counted
    cells: Ints1d  # Shape: (n_masked,), places in ids.ravel() to guess, growing
    expected: Ints1d  # Shape: (n_masked,), the pieces that stood there
    types: Ints1d | None = None  # Shape: (n_windows, width), the segment of each piece; None is 0 for all
    follows: Bools1d | None = None  # Shape: (n_windows,), of pairs: whether the second part follows the first


def mask_words(chunk: Chunk, vocabulary: Vocabulary, rng: np.random.Generator, *, rate: float) -> Masked:
    """Choose words at random until they have ``rate`` of the pieces of all words, and at least one.

    chunk (Chunk): stays as it is.
    """
    order = rng.permutation(len(chunk.firsts))
    n_pieces = np.cumsum(chunk.counts[order])
    n_words = 1 + int(np.searchsorted(n_pieces, rate * n_pieces[-1])) if len(order) else 0
    words = np.sort(order[:n_words])
    cells = np.unique(ranges(chunk.firsts[words], chunk.counts[words]))
    ids = chunk.ids.copy()
    expected = ids.ravel()[cells]
    chance = rng.random(len(cells))
    others = rng.choice(vocabulary.plain, len(cells))
    shown = np.where(
        chance < HIDDEN, vocabulary.mask_id, np.where(chance < HIDDEN + REPLACED, others, expected)
    )
    ids.ravel()[cells] = shown
    return Masked(ids, chunk.lengths, cells, expected, chunk.types)
