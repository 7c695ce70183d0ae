"""The exact probability of the best sequence of tags of each text, over all that are legal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Bools1d, Floats, Ints1d, Transitions
from .chain import Chain
from .decode import most_tokens, parts_of, read_scores, scaled_chain
from .lattice import best_paths, forward_backward
from .packing import TagScores
from .tags import TagSet


def best_log_probabilities(
    rows: NDArray[Any],
    lengths: Ints1d,
    tag_set: TagSet,
    *,
    learned: Transitions | None = None,
    temperature: float = 1.0,
    outside: Bools1d | None = None,
    words: Bools1d | None = None,
) -> Floats:
    """Logs, at most 0; a text without a token that is read has 0. Arguments as in ``decode``; Shape: (n_texts,).

    A text is never cut: of a very long one the lattice takes some 50 bytes for each token and tag.
    """
    scores, n_read = read_scores(rows, lengths, temperature, outside, words)
    chain = scaled_chain(tag_set, learned, temperature)
    found, end = [np.zeros(0)], 0
    for part in parts_of(n_read, most_tokens(tag_set)):
        start, end = end, end + int(part.sum())
        found.append(_log_probabilities(scores.part(start, end), part, chain))
    return np.concatenate(found)


def _log_probabilities(scores: TagScores, lengths: Ints1d, chain: Chain) -> Floats:
    if not len(scores):
        return np.zeros(len(lengths))
    path = best_paths(scores.pack(lengths), chain)
    rows = scores.rows if scores.places is None else scores.rows[scores.places]
    # a lattice through which nothing but the path leads: its weight has the same constant as that of all
    alone = np.full(rows.shape, -np.inf)
    alone[np.arange(len(path)), path] = rows[np.arange(len(path)), path]
    best = _log_weights(TagScores(alone, scores.temperature), lengths, chain)
    return np.minimum(best - _log_weights(scores, lengths, chain), 0.0)


def _log_weights(scores: TagScores, lengths: Ints1d, chain: Chain) -> Floats:
    """The log of the weight of all paths of each text, but for a constant; Shape: (n_texts,)."""
    # a segment cut inside an entity, before the rounds settle
    with np.errstate(divide="ignore", invalid="ignore"):
        found = forward_backward(scores.pack(lengths), chain)
    sums = np.concatenate(([0.0], np.cumsum(found.packed.unpack(found.log_weights))))
    ends = np.cumsum(lengths)
    summed: Floats = sums[ends] - sums[ends - lengths]
    return summed
