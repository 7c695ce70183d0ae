"""A text whose lattice would not fit into memory: block by block, with the result of the whole.

A block begins with what comes in from the block before, and ends with what the block after it lets out: the
transitions into its first token and out of its last one carry that. So one pass forward keeps what comes in at each
border, and a second one, from the last block to the first, does the rest. Each block is read twice.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..types import Floats, Ints1d, SpanRows
from .chain import Chain
from .lattice import best_paths, forward_at, forward_backward, last_sums
from .packing import TagScores
from .span_scores import score_spans
from .tags import TagSet


class Block(NamedTuple):
    """Tokens of a text; those that are read beside them are not the block's own."""

    start: int
    end: int
    read_start: int
    read_end: int


def long_path(scores: TagScores, chain: Chain, *, max_tokens: int) -> Ints1d:
    """The tags of the best path of one text; Shape: (n_tokens,).

    max_tokens (int): of a block.
    """
    starts = range(0, len(scores), max_tokens)
    blocks = [scores.part(start, start + max_tokens) for start in starts]
    entering = [chain.start]
    for block in blocks[:-1]:
        sums = last_sums(block.pack(), chain._replace(start=entering[-1]))
        (arrived,) = chain.between.arrive_best(sums)
        entering.append(arrived - arrived.max())
    path, all_tags = np.zeros(len(scores), dtype=np.int64), np.arange(len(chain.start))
    leaving = chain.end
    for start, block, first in reversed(list(zip(starts, blocks, entering, strict=True))):
        around = Chain(chain.between, first, leaving)
        path[start : start + len(block)] = best_paths(block.pack(), around)
        leaving = chain.between.log_weight(all_tags, path[start])
    return path


def long_scores(
    scores: TagScores, chain: Chain, tag_set: TagSet, path: Ints1d, spans: SpanRows, *, max_tokens: int
) -> Floats:
    """The probability of each span of one text, as ``score_spans``; Shape: (n_spans,).

    max_tokens (int): of a block, which is longer where a span would be cut.
    """
    starts, ends, _ = spans
    if not len(starts):
        return np.zeros(0)
    blocks = list(cut_between(starts, ends, len(scores), max_tokens))
    entering = list(_entering(scores, chain, blocks))
    found, leaving = np.zeros(len(starts)), chain.end
    for block, first in reversed(list(zip(blocks, entering, strict=True))):
        part, shift = scores.part(block.read_start, block.read_end), block.read_start
        marginals = forward_backward(part.pack(), Chain(chain.between, first, leaving))
        own = slice(*np.searchsorted(starts, (block.start, block.end)))
        if len(starts[own]):
            tags = path[block.read_start : block.read_end]
            found[own] = score_spans(marginals, tag_set, tags, starts[own] - shift, ends[own] - shift)
        if block.start:
            # the last token that the block before reads is this block's first
            after = marginals.packed.place[[block.start + 1 - shift]]
            leaving = to_logs(chain.between.leave(marginals.emissions[after] * marginals.backward[after])[0])
        del marginals  # before the next ones are made
    return found


def cut_between(starts: Ints1d, ends: Ints1d, n_tokens: int, max_tokens: int) -> Iterator[Block]:
    """Blocks of at least ``max_tokens`` that cut no span, each read with a token more on both sides: what a span
    is entered from, or left to, is in the block that it belongs to."""
    inside = np.zeros(n_tokens + 1)
    np.add.at(inside, starts + 1, 1)
    np.add.at(inside, ends, -1)
    # the last block has two tokens: the one before it reads the first of them, and has to know what follows
    borders = np.flatnonzero(np.cumsum(inside)[: n_tokens - 1] == 0)
    start = 0
    while start < n_tokens:
        place = np.searchsorted(borders, start + max(max_tokens, 2))
        end = int(borders[place]) if place < len(borders) else n_tokens
        yield Block(start, end, max(start - 1, 0), min(end + 1, n_tokens))
        start = end


def _entering(scores: TagScores, chain: Chain, blocks: list[Block]) -> Iterator[Floats]:
    """YIELDS (Floats): for each block the logs of the weights that arrive at the first token that is read."""
    first = chain.start
    for block in blocks[:-1]:
        yield first
        packed = scores.part(block.read_start, block.read_end).pack()
        forward = forward_at(packed, chain._replace(start=first), block.end - 2 - block.read_start)
        first = to_logs(chain.between.arrive(forward)[0])
    yield first


def to_logs(weights: Floats) -> Floats:
    """Weights to logs, at most 0; what has no weight is forbidden."""
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(weights / weights.max())
    return logs
