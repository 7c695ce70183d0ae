"""All labeled spans of the lattice that are likely enough, on the best path or not, each with its exact probability.

A span grows token by token from each tag that may begin it. What the paths through its tags so far weigh together
never grows with it, so that one below the floor is given up; and as no two of them share a path, at most 1 / floor
spans are alive at a token.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..types import Floats, Ints1d, SpanRows
from .chain import to_weights
from .lattice import Marginals
from .tags import TagSet


class Grown(NamedTuple):
    """Spans so far, by what is entered and emitted up to their last token."""

    starts: Ints1d  # token, counted over all texts
    tags: Ints1d  # of the last token
    weights: Floats

    def part(self, chosen: Any) -> "Grown":
        """RETURNS (Grown): some of them."""
        return Grown(*(array[chosen] for array in self))


def likely_spans(marginals: Marginals, tag_set: TagSet, floor: float) -> tuple[SpanRows, Floats]:
    """RETURNS (tuple[SpanRows, Floats]): all spans with at least this probability, in the order of the text, and the
    probability of each."""
    if not len(marginals.forward):
        none = np.zeros(0, dtype=np.int64)
        return SpanRows(none, none, none), np.zeros(0)
    ended = list(_ended(marginals, tag_set, floor))
    starts, ends, labels, weights = map(np.concatenate, zip(*ended, strict=True))
    # in IOB a span is one whether it begins with B- or I-
    keys, which = np.unique(np.stack([starts, ends, labels]), axis=1, return_inverse=True)
    probabilities: Floats = np.bincount(which.reshape(-1), weights, keys.shape[1]).clip(0.0, 1.0)
    likely = probabilities >= floor
    return SpanRows(*keys[:, likely]), probabilities[likely]


def _ended(
    marginals: Marginals, tag_set: TagSet, floor: float
) -> Iterator[tuple[Ints1d, Ints1d, Ints1d, Floats]]:
    """YIELDS (tuple): starts, ends, labels and probabilities of the spans with one token, then with two, ..."""
    packed, between = marginals.packed, marginals.chain.between
    emissions, backward = (packed.unpack(array) for array in (marginals.emissions, marginals.backward))
    after_rows = np.roll(emissions * backward, -1, axis=0)
    alive, end = _begun(marginals, tag_set, floor), 1
    while True:
        last = alive.starts + end - 1
        ends = np.flatnonzero(tag_set.leaves[alive.tags])
        rows = after_rows[last[ends]]
        tag_set.clear_after(rows, alive.tags[ends])
        left = between.leave_from(rows, alive.tags[ends])
        at_end = packed.ends_text[last[ends]]
        leaving = np.where(at_end, backward[last[ends], alive.tags[ends]], left)
        weights = alive.weights[ends] * leaving
        yield alive.starts[ends], last[ends] + 1, tag_set.label_ids[alive.tags[ends]], weights
        alive = alive.part(tag_set.inside[alive.tags] & ~packed.ends_text[last])
        if not len(alive.starts):
            return
        # each goes on with every tag of its label that may stand within it
        onward = np.flatnonzero(tag_set.continues[1 : 1 + tag_set.width])
        first_of_label = 1 + tag_set.label_ids[alive.tags] * tag_set.width
        following = (first_of_label[:, None] + onward).reshape(-1)
        longer = alive.part(np.repeat(np.arange(len(alive.starts)), len(onward)))
        place = longer.starts + end
        weights = longer.weights * between.weight(longer.tags, following) * emissions[place, following]
        alive = _likely(Grown(longer.starts, following, weights), backward[place, following], tag_set, floor)
        end += 1


def _begun(marginals: Marginals, tag_set: TagSet, floor: float) -> Grown:
    """The first tokens of spans."""
    packed, chain = marginals.packed, marginals.chain
    forward, emissions, backward = (
        packed.unpack(array) for array in (marginals.forward, marginals.emissions, marginals.backward)
    )
    tags = np.flatnonzero(tag_set.enters & (tag_set.label_ids >= 0))
    starts, tags = np.repeat(np.arange(len(forward)), len(tags)), np.tile(tags, len(forward))
    # as far as the tag itself is likely, whether or not a span begins with it: few are left to look at
    tagged = _likely(Grown(starts, tags, forward[starts, tags]), backward[starts, tags], tag_set, floor)
    starts, tags = tagged.starts, tagged.tags
    before = forward[starts - 1]
    tag_set.clear_before(before, tags)
    entering = np.where(
        packed.begins_text[starts], to_weights(chain.start)[tags], chain.between.arrive_at(before, tags)
    )
    begun = Grown(starts, tags, entering * emissions[starts, tags])
    return _likely(begun, backward[starts, tags], tag_set, floor)


def _likely(grown: Grown, backward: Floats, tag_set: TagSet, floor: float) -> Grown:
    """Those from whose first token with whose label there is enough left, over all tags that it may have by now."""
    keys = grown.starts * len(tag_set.labels) + tag_set.label_ids[grown.tags]
    _, group = np.unique(keys, return_inverse=True)
    return grown.part(np.bincount(group, grown.weights * backward)[group] >= floor)
