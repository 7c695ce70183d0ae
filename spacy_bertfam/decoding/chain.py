"""Which tags may follow each other in a text, and how readily: the weights that ``lattice`` runs over.

Learned weights are a matrix, from each tag to each. A scheme alone says much less: from any tag after which no entity
need go on to any with which none need go on, and within a label from B- and I- to I- and E-. Over that, a step takes
time by the number of tags, not by its square.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, NamedTuple

import numpy as np

from ..types import Bools1d, Floats, Ints1d, Transitions
from .tags import TagSet

# Score differences within one token beyond this are cut off in the probabilities (not in the best
# path): exp(-100) is below anything that shows in a score, and two in a row stay within a double.
MAX_DIFFERENCE = 100.0
# Up to so many tags a product with a matrix is faster than what the scheme's structure saves
FEW_TAGS = 32
# Up to so many kinds of tags all rows are searched at once, in so many cells: 32 MB; else row by row, in the cache
FEW_KINDS, MAX_SUMS, MAX_SUMS_OF_ROW = 64, 2**22, 2**16

# Rows (a slice or indices) of some sums, and the tag after each -> the tag from which the best path arrives there
Search = Callable[[Any, Ints1d], Ints1d]


def to_weights(logs: Floats) -> Floats:
    """Log weights to weights of at most 1: a factor that all paths share changes no probability."""
    highest = logs.max()
    return np.where(np.isneginf(logs), 0.0, np.exp(np.maximum(logs - highest, -MAX_DIFFERENCE)))


@dataclass(frozen=True)
class MatrixBetween:
    """Any weights between neighboring tags, as a matrix. A step takes time by the square of the number of tags.

    Rows of weights or sums have the Shape (n, n_tags).
    """

    logs: Floats  # Shape: (n_tags, n_tags), from the row's tag to the column's

    @cached_property
    def weights(self) -> Floats:
        """The weights; Shape: (n_tags, n_tags)."""
        return to_weights(self.logs)

    @cached_property
    def _back(self) -> Floats:
        return np.ascontiguousarray(self.weights.T)

    @cached_property
    def _kinds(self) -> tuple[Floats, Ints1d]:
        """The log weights to each kind of tag, Shape: (n_kinds, n_tags), and the kind of each tag: tags that are
        reached alike (O, B- and S- of every label) share one search."""
        kinds, kind_of = np.unique(self.logs, axis=1, return_inverse=True)
        return np.ascontiguousarray(kinds.T), kind_of.reshape(-1)

    def arrive(self, weights: Floats) -> Floats:
        """Weights of what ends at each tag -> summed weights of what arrives from there at each next tag."""
        return weights @ self.weights

    def leave(self, weights: Floats) -> Floats:
        """Weights of what begins at each tag -> summed weights of what each tag before leaves to."""
        return weights @ self._back

    def arrive_at(self, weights: Floats, tags: Ints1d) -> Floats:
        """As ``arrive``, at one tag of each row; Shape of ``tags`` and the result: (n,)."""
        found: Floats = np.einsum("nt,nt->n", weights, self._back[tags])
        return found

    def leave_from(self, weights: Floats, tags: Ints1d) -> Floats:
        """As ``leave``, from one tag of each row; Shape of ``tags`` and the result: (n,)."""
        found: Floats = np.einsum("nt,nt->n", weights, self.weights[tags])
        return found

    def arrive_best(self, sums: Floats) -> Floats:
        """Sums of the best paths up to each tag -> of those that go on to each next tag, before its own score."""
        kinds, kind_of = self._kinds
        if len(kinds) <= FEW_KINDS and sums.size * len(kinds) <= MAX_SUMS:
            # tags first: the search is over long rows then, several times as fast
            before = np.ascontiguousarray(sums.T)
            best: Floats = (before + kinds[:, :, None]).max(axis=1)
            return best[kind_of].T
        best = np.empty((len(sums), len(kinds)))
        n_kinds = max(1, MAX_SUMS_OF_ROW // len(kind_of))
        for k in range(0, len(kinds), n_kinds):
            some = kinds[k : k + n_kinds]
            for row, found in zip(sums, best[:, k : k + n_kinds], strict=True):
                (some + row).max(axis=1, out=found)
        return best[:, kind_of]

    def search_back(self, sums: Floats) -> Search:
        """The way back through sums of the best paths up to each tag."""
        by_next = np.ascontiguousarray(self.logs.T)
        return lambda rows, following: (sums[rows] + by_next[following]).argmax(axis=1)

    def weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """The weight of each pair; the arguments are ids, of shapes that fit together."""
        return self.weights[before, after]

    def log_weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """The log of the weight but for a constant, which may be below what ``weight`` goes down to."""
        return self.logs[before, after]


class Flow(NamedTuple):
    """One direction through a scheme: a sum from all tags that give to all that take, and sums within each label."""

    gives: Floats  # Shape: (n_tags,), 1 where the weight goes to all that take, else 0
    takes: Bools1d  # Shape: (n_tags,)
    inner: list[int]  # places within a label whose weight goes to ``outer`` of that label
    outer: list[int]
    is_outer: Bools1d  # Shape: (n_tags,)


@dataclass(frozen=True)
class SchemeBetween:
    """The weights of a scheme alone: 1 for what is legal, 0 for the rest. A step takes time by the number of tags."""

    tag_set: TagSet

    @cached_property
    def _onward(self) -> Flow:
        return self._flow(self.tag_set.leaves, self.tag_set.enters, self._inside, ~self.tag_set.enters)

    @cached_property
    def _back(self) -> Flow:
        return self._flow(self.tag_set.enters, self.tag_set.leaves, ~self.tag_set.enters, self._inside)

    @cached_property
    def _inside(self) -> Bools1d:
        """Tags from which something is reached that is not reached from all; none in IO and IOB."""
        return self.tag_set.inside & (not self.tag_set.enters.all())

    def _flow(self, gives: Bools1d, takes: Bools1d, inner: Bools1d, outer: Bools1d) -> Flow:
        return Flow(gives.astype(np.float64), takes, self._places(inner), self._places(outer), outer)

    def _places(self, marks: Bools1d) -> list[int]:
        """Marked tags, by their places within a label."""
        return np.flatnonzero(marks[1 : 1 + self.tag_set.width]).tolist()

    def _by_label(self, rows: Floats) -> Floats:
        """RETURNS (Floats): a view; Shape: (n, n_labels, n_tags_of_a_label)."""
        return rows[:, 1:].reshape(len(rows), len(self.tag_set.labels), self.tag_set.width)

    def arrive(self, weights: Floats) -> Floats:
        """As ``MatrixBetween.arrive``."""
        return self._sum(weights, self._onward)

    def leave(self, weights: Floats) -> Floats:
        """As ``MatrixBetween.leave``."""
        return self._sum(weights, self._back)

    def _sum(self, weights: Floats, flow: Flow) -> Floats:
        found = np.empty_like(weights)
        found[:] = (weights @ flow.gives)[:, None]
        if flow.inner:
            own, target = self._by_label(weights), self._by_label(found)
            within = reduce(np.add, (own[:, :, place] for place in flow.inner))
            for place in flow.outer:
                if flow.takes[1 + place]:
                    target[:, :, place] += within
                else:
                    target[:, :, place] = within
        return found

    def arrive_at(self, weights: Floats, tags: Ints1d) -> Floats:
        """As ``MatrixBetween.arrive_at``."""
        return self._sum_at(weights, tags, self._onward)

    def leave_from(self, weights: Floats, tags: Ints1d) -> Floats:
        """As ``MatrixBetween.leave_from``."""
        return self._sum_at(weights, tags, self._back)

    def _sum_at(self, weights: Floats, tags: Ints1d, flow: Flow) -> Floats:
        found = np.where(flow.takes[tags], weights @ flow.gives, 0.0)
        rows = np.flatnonzero(flow.is_outer[tags])
        if len(rows):
            own = self._by_label(weights)[rows, self.tag_set.label_ids[tags[rows]]]
            found[rows] += own[:, flow.inner].sum(axis=1)
        return found

    def arrive_best(self, sums: Floats) -> Floats:
        """As ``MatrixBetween.arrive_best``."""
        own, found = self._by_label(sums), np.empty_like(sums)
        if self.tag_set.leaves.all():
            found[:] = sums.max(axis=1, keepdims=True)
        else:
            of_place = (own[:, :, place].max(axis=1) for place in self._places(self.tag_set.leaves))
            found[:] = reduce(np.maximum, of_place, sums[:, 0])[:, None]
        if self._onward.inner:
            target = self._by_label(found)
            within = reduce(np.maximum, (own[:, :, place] for place in self._onward.inner))
            for place in self._onward.outer:
                target[:, :, place] = within
        return found

    def search_back(self, sums: Floats) -> Search:
        """As ``MatrixBetween.search_back``."""
        leaving, all_rows = self._find_leaving(sums), np.arange(len(sums))
        inner, own = np.array(self._onward.inner), self._by_label(sums)

        def search(rows: Any, following: Ints1d) -> Ints1d:
            found: Ints1d = leaving[rows].copy()
            within = np.flatnonzero(self._onward.is_outer[following])
            if len(within):
                label = self.tag_set.label_ids[following[within]]
                best = own[all_rows[rows][within], label][:, inner].argmax(axis=1)
                found[within] = 1 + label * self.tag_set.width + inner[best]
            return found

        return search

    def _find_leaving(self, sums: Floats) -> Ints1d:
        """The first tag that has the highest sum of those after which no entity need go on; Shape: (n,)."""
        rows = np.arange(len(sums))
        if self.tag_set.leaves.all():
            found: Ints1d = sums.argmax(axis=1)
            return found
        own, width = self._by_label(sums), self.tag_set.width
        places = self._places(self.tag_set.leaves)
        of_place = [1 + place + width * own[:, :, place].argmax(axis=1) for place in places]
        tags = np.sort([np.zeros(len(sums), dtype=np.int64), *of_place], axis=0)
        found = tags[sums[rows, tags].argmax(axis=0), rows]
        return found

    def weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """As ``MatrixBetween.weight``."""
        return self.tag_set.legal(before, after).astype(np.float64)

    def log_weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """As ``MatrixBetween.log_weight``."""
        return np.where(self.tag_set.legal(before, after), 0.0, -np.inf)


Between = MatrixBetween | SchemeBetween


class Chain(NamedTuple):
    """The weights of a text's tags, but for their scores."""

    between: Between
    start: Floats  # Shape: (n_tags,), log weights for the first token's tag
    end: Floats  # Shape: (n_tags,), log weights for the last token's tag


def constrain(tag_set: TagSet, learned: Transitions | None = None) -> Chain:
    """The legal transitions of a scheme, on top of learned ones where a head has them."""
    tags, outside = np.arange(len(tag_set)), np.zeros(1, dtype=np.int64)
    start = np.where(tag_set.legal(outside, tags), 0.0, -np.inf)
    end = np.where(tag_set.legal(tags, outside), 0.0, -np.inf)
    if learned is None and len(tag_set) > FEW_TAGS:
        return Chain(SchemeBetween(tag_set), start, end)
    logs = np.where(tag_set.legal(tags[:, None], tags), 0.0, -np.inf)
    if learned is None:
        return Chain(MatrixBetween(logs), start, end)
    return Chain(MatrixBetween(logs + learned.between), start + learned.start, end + learned.end)
