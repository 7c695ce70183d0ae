"""Spans off a path of tags, and the exact probability of each over the lattice."""

from typing import NamedTuple

import numpy as np

from ..types import Floats, Ints1d, SpanRows
from .chain import Chain, to_weights
from .lattice import Marginals
from .packing import TimeMajor
from .tags import TagSet


def spans_of(path: Ints1d, lengths: Ints1d, tag_set: TagSet) -> SpanRows:
    """Legal tags of texts end to end to their spans."""
    text = np.repeat(np.arange(len(lengths)), lengths)
    places = np.arange(len(path)) + text  # an O behind each text parts it from the next
    padded = np.zeros(len(path) + len(lengths), dtype=np.int64)
    padded[places] = path
    found = tag_set.decode_rows(padded)
    starts = np.searchsorted(places, found.starts)
    return found._replace(starts=starts, ends=starts + found.ends - found.starts)


class Lattice(NamedTuple):
    """The weighed lattice of some texts."""

    packed: TimeMajor
    marginals: Marginals
    chain: Chain
    tag_set: TagSet


def score_spans(lattice: Lattice, path: Ints1d, starts: Ints1d, ends: Ints1d) -> Floats:
    """As ``span_probabilities``, in IOB by whichever of its two tags a span begins."""
    probabilities = span_probabilities(lattice, path, starts, ends)
    if lattice.tag_set.scheme == "IOB":
        swapped = path.copy()
        swapped[starts] = lattice.tag_set.other_beginning(path[starts])
        probabilities += span_probabilities(lattice, swapped, starts, ends)
    return np.clip(probabilities, 0.0, 1.0)


def span_probabilities(lattice: Lattice, path: Ints1d, starts: Ints1d, ends: Ints1d) -> Floats:
    """The probability that each span is an entity with exactly these borders and this label.

    path (Ints1d): Shape: (n_tokens,), the tags of all texts; within a span those of its entity.
    starts, ends (Ints1d): Shape: (n_spans,), first token and token behind the last, counted
        over all texts.
    RETURNS (Floats): Shape: (n_spans,), in [0, 1] but for rounding.
    """
    packed, marginals, (between, start, _), tag_set = lattice
    place = packed.place
    emitted = marginals.emissions[place, path]
    inside = between.weight(np.roll(path, 1), path) * emitted
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.where(inside > 0, inside, 1.0)))))
    # The first token is reached from every tag before it that makes it a beginning ...
    first, last = path[starts], path[ends - 1]
    before = marginals.forward[place[starts - 1]]
    tag_set.clear_before(before, first)
    entering = np.where(
        packed.begins_text[starts], to_weights(start)[first], between.arrive_at(before, first)
    )
    # ... and the last one is left to every tag behind it that makes it an end.
    rows_behind = place[ends % len(path)]
    behind = marginals.emissions[rows_behind] * marginals.backward[rows_behind]
    tag_set.clear_after(behind, last)
    leaving = np.where(
        packed.ends_text[ends - 1],
        marginals.backward[place[ends - 1], last],
        between.leave_from(behind, last),
    )
    return entering * emitted[starts] * np.exp(logs[ends] - logs[starts + 1]) * leaving
