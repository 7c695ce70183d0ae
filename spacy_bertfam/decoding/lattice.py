"""The lattice of tags over texts: its best paths, and the weights that run through it.

The tags of a text form a lattice. A path through it is a sequence of tags; only the paths that are
legal in the tag scheme exist, and the weight of one is ``exp`` of the sum of its scores. The best path
is found by the Viterbi algorithm, weights by the forward-backward algorithm (Rabiner 1989, "A tutorial
on hidden Markov models", equations 19 to 27 and 32 to 35, with the scaling of section V.A).

Segments of text advance together, see ``packing``. Where each begins with what its neighbor ends with, the
result is that of the uncut text; mostly that is so in the second round, because a lattice forgets its beginning
within a few tokens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np

from ..types import Floats, Ints1d
from .chain import MAX_DIFFERENCE, Between, Chain, to_weights
from .packing import TimeMajor, Unsettled

# After so many rounds the text is read uncut, one token after the other: slow, but never endless
MAX_ROUNDS = 8
# Differences below these are rounding: of summed scores, of forward weights by their own size (what is tiny here may
# be all that later scores leave), and of probabilities
SCORE_TOLERANCE, WEIGHT_TOLERANCE, SHARE_TOLERANCE = 1e-9, 1e-12, 1e-13

P = ParamSpec("P")
Result = TypeVar("Result")
Reader = Callable[Concatenate[TimeMajor, P], Result]


def or_uncut(read: Reader[P, Result]) -> Reader[P, Result]:
    """``read`` of packed texts; where their segments do not settle, of the uncut texts."""

    @wraps(read)
    def reader(packed: TimeMajor, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            return read(packed, *args, **kwargs)
        except Unsettled:
            return read(packed.uncut(), *args, **kwargs)

    return reader


@or_uncut
def best_paths(packed: TimeMajor, chain: Chain) -> Ints1d:
    """The legal tags with the highest sum of scores (Viterbi); Shape: (n_tokens,), in the order of the texts."""
    return packed.unpack(_trace(packed, chain, _best_sums(packed, chain)))


@or_uncut
def last_sums(packed: TimeMajor, chain: Chain) -> Floats:
    """For each tag the sum of the best path that ends there at the last token; Shape: (1, n_tags)."""
    return _best_sums(packed, chain)[packed.place[-1:]]


def _best_sums(packed: TimeMajor, chain: Chain) -> Floats:
    """For each token and tag the sum of the best path that ends there; Shape: (n_tokens, n_tags), rows by step."""
    best, arrive = np.empty_like(packed.rows), chain.between.arrive_best
    continues = np.flatnonzero(packed.before >= 0)
    ended = np.zeros((len(continues), packed.rows.shape[1]))
    for n in range(MAX_ROUNDS):
        entering = np.tile(chain.start, (len(packed.before), 1))
        entering[continues] = arrive(ended)
        for t in range(len(packed)):
            arrived = arrive(packed.step(best, t - 1, packed.sizes[t])) if t else entering
            here, scores = packed.step(best, t), packed.step(packed.rows, t)
            found = np.add(arrived, scores, out=None if n else here)
            if not n:
                continue
            if _same_but_for_a_constant(here, found):
                break  # and so are all sums after it
            here[:] = found
        found = best[packed.before[continues]]
        if _same_but_for_a_constant(found, ended):
            return best
        ended = found
    raise Unsettled


def _same_but_for_a_constant(some: Floats, others: Floats) -> bool:
    """Whether the sums of each row differ by as much for every tag: then they decide alike."""
    if not len(some):
        return True
    some, others = (array - array.max(axis=1, keepdims=True) for array in (some, others))
    return bool(np.isclose(some, others, rtol=1e-12, atol=SCORE_TOLERANCE).all())


def _trace(packed: TimeMajor, chain: Chain, best: Floats) -> Ints1d:
    """The tags of the best paths, from the last token to the first. Shape of ``best``: (n_tokens, n_tags)."""
    path, best_before = np.zeros(len(best), dtype=np.int64), chain.between.search_back(best)
    is_cut = packed.after >= 0
    last = (best[packed.last_rows] + np.where(is_cut[:, None], 0.0, chain.end)).argmax(axis=1)
    for _ in range(MAX_ROUNDS):
        for t in range(len(packed) - 1, -1, -1):
            n_after = packed.sizes[t + 1] if t + 1 < len(packed) else 0
            chosen = packed.step(path, t)
            chosen[n_after:] = last[n_after : len(chosen)]
            if n_after:
                rows = slice(packed.offsets[t], packed.offsets[t] + n_after)
                chosen[:n_after] = best_before(rows, packed.step(path, t + 1))
        found = last.copy()
        found[is_cut] = best_before(packed.last_rows[is_cut], path[packed.after[is_cut]])
        if np.array_equal(found, last):
            return path
        last = found
    raise Unsettled


@dataclass(frozen=True)
class Marginals:
    """Scaled forward and backward weights of a batch, rows by step.

    ``forward`` sums to one in each row; ``forward * backward`` is the probability of each tag.
    """

    packed: TimeMajor
    chain: Chain
    emissions: Floats  # Shape: (n_tokens, n_tags), exp of scores, over the scale of the row
    forward: Floats  # Shape: (n_tokens, n_tags)
    backward: Floats  # Shape: (n_tokens, n_tags)
    # Shape: (n_tokens,), summed over a text the log of the weight of all its paths, but for a constant
    # that depends on the transitions and the number of tokens alone
    log_weights: Floats


@or_uncut
def forward_backward(packed: TimeMajor, chain: Chain) -> Marginals:
    """Forward and backward weights of every tag at every token.

    The rows of ``packed`` are used up: they become the emissions.
    """
    start, end = to_weights(chain.start), to_weights(chain.end)
    emissions, log_weights = _emissions(packed)
    forward, scales = _forward(packed, emissions, chain.between, start)
    emissions /= scales
    log_weights += np.log(scales[:, 0])
    backward = _backward(packed, emissions, forward, chain.between, end)
    ends_text = packed.last_rows[packed.after < 0]
    log_weights[ends_text] += np.log(forward[ends_text] @ end)
    return Marginals(packed, chain, emissions, forward, backward, log_weights)


@or_uncut
def forward_at(packed: TimeMajor, chain: Chain, token: int) -> Floats:
    """Forward weights of one token; Shape: (1, n_tags). The rows of ``packed`` are used up."""
    forward, _ = _forward(packed, _emissions(packed)[0], chain.between, to_weights(chain.start))
    return forward[packed.place[[token]]]


def _emissions(packed: TimeMajor) -> tuple[Floats, Floats]:
    """The exp of the scores, at most 1, in their place; and the log of what each row was divided by."""
    highest = packed.rows.max(axis=1)
    emissions = packed.rows
    emissions -= highest[:, None]
    if emissions.min(initial=0.0) < -MAX_DIFFERENCE:
        np.maximum(emissions, -MAX_DIFFERENCE, out=emissions, where=emissions > -np.inf)
    return np.exp(emissions, out=emissions), highest


def _forward(packed: TimeMajor, emissions: Floats, between: Between, start: Floats) -> tuple[Floats, Floats]:
    """Forward weights, and what each row was divided by, Shape: (n_tokens, 1)."""
    forward, scales = np.empty_like(emissions), np.empty((len(emissions), 1))
    continues = np.flatnonzero(packed.before >= 0)
    ended = np.full((len(continues), len(start)), 1.0 / len(start))
    for n in range(MAX_ROUNDS):
        entering = np.tile(start, (len(packed.before), 1))
        entering[continues] = between.arrive(ended)
        for t in range(len(packed)):
            arrived = between.arrive(packed.step(forward, t - 1, packed.sizes[t])) if t else entering
            here = packed.step(forward, t)
            found = np.multiply(arrived, packed.step(emissions, t), out=None if n else here)
            scale = found.sum(axis=1, keepdims=True)
            found /= scale
            packed.step(scales, t)[:] = scale
            if not n:
                continue
            is_settled = _alike(here, found)
            here[:] = found
            if is_settled:
                break  # and so are all rows after it
        found = forward[packed.before[continues]]
        if _alike(found, ended):
            return forward, scales
        ended = found
    raise Unsettled


def _alike(some: Floats, others: Floats) -> bool:
    return bool((np.abs(some - others) <= WEIGHT_TOLERANCE * others).all())


def _close(some: Floats, others: Floats) -> bool:
    return bool(np.abs(some - others).max(initial=0.0) <= SHARE_TOLERANCE)


def _backward(packed: TimeMajor, emissions: Floats, forward: Floats, between: Between, end: Floats) -> Floats:
    """Backward weights; ``emissions`` are over the scale of the row."""
    backward = np.empty_like(emissions)
    last_forward = forward[packed.last_rows]
    is_cut = packed.after >= 0
    leaving = np.ones_like(last_forward)
    leaving[~is_cut] = end / (last_forward[~is_cut] @ end)[:, None]
    for n in range(MAX_ROUNDS):
        for t in range(len(packed) - 1, -1, -1):
            n_after = packed.sizes[t + 1] if t + 1 < len(packed) else 0
            here = packed.step(backward, t)
            found = np.empty_like(here) if n else here
            found[n_after:] = leaving[n_after : len(here)]
            if n_after:
                found[:n_after] = between.leave(packed.step(emissions, t + 1) * packed.step(backward, t + 1))
            if not n:
                continue
            shares = packed.step(forward, t)
            is_settled = _close(here * shares, found * shares)
            here[:] = found
            if is_settled:
                break  # what is not cut has not changed, and what is cut begins at the last step
        rows_after = packed.after[is_cut]
        found = between.leave(emissions[rows_after] * backward[rows_after])
        if _close(found * last_forward[is_cut], leaving[is_cut] * last_forward[is_cut]):
            return backward
        leaving[is_cut] = found
    raise Unsettled
