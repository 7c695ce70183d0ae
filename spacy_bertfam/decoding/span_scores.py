"""Spans off a path of tags, and the exact probability of each over the lattice."""

import numpy as np

from ..types import Floats, Ints1d, SpanRows
from .chain import to_weights
from .lattice import Marginals
from .tags import TagSet


def spans_of(path: Ints1d, lengths: Ints1d, tag_set: TagSet) -> SpanRows:
    """Legal tags of texts end to end to their spans."""
    text = np.repeat(np.arange(len(lengths)), lengths)
    places = np.arange(len(path)) + text  # an O after each text parts it from the next
    padded = np.zeros(len(path) + len(lengths), dtype=np.int64)
    padded[places] = path
    found = tag_set.decode(padded)
    starts = np.searchsorted(places, found.starts)
    return found._replace(starts=starts, ends=starts + found.ends - found.starts)


def score_spans(marginals: Marginals, tag_set: TagSet, path: Ints1d, starts: Ints1d, ends: Ints1d) -> Floats:
    """The probability that each span is an entity with exactly these borders and this label; in IOB by whichever of
    its two tags it begins.

    path (Ints1d): the tags of all texts, within a span those of its entity; Shape: (n_tokens,).
    starts, ends (Ints1d): first token and token after the last, counted over all texts; Shape: (n_spans,).
    RETURNS (Floats): in [0, 1]; Shape: (n_spans,).
    """
    probabilities = _score_as_tagged(marginals, tag_set, path, starts, ends)
    if tag_set.scheme == "IOB":
        swapped, begun = path.copy(), path[starts] > 0  # O begins nothing
        swapped[starts[begun]] = tag_set.other_beginning(path[starts[begun]])
        probabilities += np.where(begun, _score_as_tagged(marginals, tag_set, swapped, starts, ends), 0.0)
    return np.clip(probabilities, 0.0, 1.0)


def _score_as_tagged(
    marginals: Marginals, tag_set: TagSet, path: Ints1d, starts: Ints1d, ends: Ints1d
) -> Floats:
    packed, between, start = marginals.packed, marginals.chain.between, marginals.chain.start
    place = packed.place
    emitted = marginals.emissions[place, path]
    inside = between.weight(np.roll(path, 1), path) * emitted
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.where(inside > 0, inside, 1.0)))))
    # The first token is reached from every tag before it that makes it a beginning ...
    first, last = path[starts], path[ends - 1]
    before = marginals.forward[place[starts - 1]]
    tag_set.clear_before(before, first)
    arrived = between.arrive_at(before, first)
    entering = np.where(packed.begins_text[starts], to_weights(start)[first], arrived)
    # ... and the last one is left to every tag after it that makes it an end.
    rows_after = place[ends % len(path)]
    after = marginals.emissions[rows_after] * marginals.backward[rows_after]
    tag_set.clear_after(after, last)
    left = between.leave_from(after, last)
    leaving = np.where(packed.ends_text[ends - 1], marginals.backward[place[ends - 1], last], left)
    found: Floats = entering * emitted[starts] * np.exp(logs[ends] - logs[starts + 1]) * leaving
    return found
