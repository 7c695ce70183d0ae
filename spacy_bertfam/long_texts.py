"""A text whose lattice would not fit into memory: block by block, with the result of the whole.

A block begins with what comes in from the block before, and ends with what the block behind lets out: the
transitions into its first token and out of its last one carry that. So one pass forward keeps what comes in at each
border, and a second one, from the last block to the first, does the rest. Each block is read twice.
"""

from typing import Iterator, List, NamedTuple

import numpy as np

from .chain import Chain
from .lattice import best_paths, best_sums, forward_backward, forward_weights
from .span_scores import Lattice, score_spans
from .stretches import TimeMajor
from .tag_scores import TagScores
from .tags import TagSet
from .types import Floats, Ints1d, SpanRows


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
    entering, all_tags = [chain.start], np.arange(len(chain.start))
    for block in blocks[:-1]:

        def sums_at_the_end(packed: TimeMajor, first: Floats = entering[-1]) -> Floats:
            return best_sums(packed, chain._replace(start=first))[packed.place[-1:]]

        (arrived,) = chain.between.arrive_best(block.run_whole(sums_at_the_end))
        entering.append(arrived - arrived.max())
    path = np.zeros(len(scores), dtype=np.int64)
    leaving = chain.end
    for start, block, first in reversed(list(zip(starts, blocks, entering, strict=True))):
        around = Chain(chain.between, first, leaving)
        path[start : start + len(block)] = block.run_whole(
            lambda packed, around=around: packed.unpack(best_paths(packed, around))  # type: ignore[misc]
        )
        leaving = chain.between.log_weight(all_tags, path[start])
    return path


def long_scores(
    scores: TagScores,
    chain: Chain,
    tag_set: TagSet,
    path: Ints1d,
    spans: SpanRows,
    *,
    max_tokens: int,
) -> Floats:
    """The probability of each span of one text, as ``span_probabilities``; Shape: (n_spans,).

    max_tokens (int): of a block, which is longer where a span would be cut.
    """
    if not len(spans.starts):
        return np.zeros(0)
    starts, ends, _ = spans
    blocks = list(cut_between(starts, ends, len(scores), max_tokens))
    entering = list(_entering(scores, chain, blocks))
    found = np.zeros(len(starts))
    leaving = chain.end
    for block, first in reversed(list(zip(blocks, entering, strict=True))):
        around = Chain(chain.between, first, leaving)
        own = slice(*np.searchsorted(starts, (block.start, block.end)))

        def run(packed: TimeMajor, block: Block = block, own: slice = own, around: Chain = around) -> Floats:
            marginals = forward_backward(packed, around)
            if len(starts[own]):
                found[own] = score_spans(
                    Lattice(packed, marginals, around, tag_set),
                    path[block.read_start : block.read_end],
                    starts[own] - block.read_start,
                    ends[own] - block.read_start,
                )
            if not block.start:
                return chain.end
            # the last token that the block before reads is this block's first
            behind = packed.place[block.start + 1 - block.read_start]
            return to_logs(
                chain.between.leave((marginals.emissions[behind] * marginals.backward[behind])[None])[0]
            )

        leaving = scores.part(block.read_start, block.read_end).run_whole(run)
    return found


def cut_between(starts: Ints1d, ends: Ints1d, n_tokens: int, max_tokens: int) -> Iterator[Block]:
    """Blocks of at least ``max_tokens`` that cut no span, each read with a token more on both sides: what a span
    is entered from, or left to, is in the block that it belongs to."""
    inside = np.zeros(n_tokens + 1, dtype=np.int64)
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


def _entering(scores: TagScores, chain: Chain, blocks: List[Block]) -> Iterator[Floats]:
    """YIELDS (Floats): for each block the logs of the weights that arrive at the first token that is read."""
    first = chain.start
    for block in blocks[:-1]:
        yield first

        def run(packed: TimeMajor, block: Block = block, first: Floats = first) -> Floats:
            forward = forward_weights(packed, chain._replace(start=first))
            last = packed.place[[block.end - 2 - block.read_start]]
            return chain.between.arrive(forward[last])[0]

        first = to_logs(scores.part(block.read_start, block.read_end).run_whole(run))
    yield first


def to_logs(weights: Floats) -> Floats:
    """Weights to logs, at most 0; what has no weight is forbidden."""
    with np.errstate(divide="ignore"):
        return np.log(weights / weights.max())
