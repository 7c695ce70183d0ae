"""Which tags may follow each other in a text, and how readily: the weights that ``lattice`` runs over.

Learned weights are a matrix, from each tag to each. A scheme alone says much less: from any tag after which no entity
need go on to any with which none need go on, and within a label from B- and I- to I- and E-. Over that, a step takes
time by the number of tags, not by its square.
"""

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Callable, List, NamedTuple, Optional, Protocol, Tuple

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


def to_weights(logs: Floats) -> Floats:
    """Log weights to weights of at most 1: a factor that all paths share changes no probability."""
    highest = logs.max()
    return np.where(np.isneginf(logs), 0.0, np.exp(np.maximum(logs - highest, -MAX_DIFFERENCE)))


# Rows (a slice or indices) of some sums, and the tag behind each -> the tag from which the best path arrives there
Search = Callable[[Any, Ints1d], Ints1d]


class Between(Protocol):
    """The weights between neighboring tags. Rows of weights or sums are of the Shape (n, n_tags)."""

    def arrive(self, weights: Floats) -> Floats:
        """Weights of what ends at each tag -> summed weights of what arrives from there at each tag behind."""
        ...

    def leave(self, weights: Floats) -> Floats:
        """Weights of what begins at each tag -> summed weights of what each tag before leaves to."""
        ...

    def arrive_at(self, weights: Floats, tags: Ints1d) -> Floats:
        """As ``arrive``, at one tag of each row; Shape of ``tags`` and the result: (n,)."""
        ...

    def leave_from(self, weights: Floats, tags: Ints1d) -> Floats:
        """As ``leave``, from one tag of each row; Shape of ``tags`` and the result: (n,)."""
        ...

    def arrive_best(self, sums: Floats) -> Floats:
        """Sums of the best paths up to each tag -> of those that go on from there to each tag behind, before its
        own score."""
        ...

    def search_back(self, sums: Floats) -> Search:
        """Shape of ``sums``: (n_tokens, n_tags), the best paths up to each tag."""
        ...

    def weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """The weight of each pair; the arguments are ids, of shapes that fit together."""
        ...

    def log_weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """The log of the weight but for a constant, which may be below what ``weight`` goes down to."""
        ...


class Chain(NamedTuple):
    """The weights of a text's tags, but for their scores."""

    between: Between
    start: Floats  # Shape: (n_tags,), log weights for the first token's tag
    end: Floats  # Shape: (n_tags,), log weights for the last token's tag


@dataclass(frozen=True)
class MatrixBetween:
    """Any weights, as a matrix of their logs."""

    logs: Floats  # Shape: (n_tags, n_tags), from the row's tag to the column's

    @cached_property
    def weights(self) -> Floats:
        """The weights; Shape: (n_tags, n_tags)."""
        return to_weights(self.logs)

    @cached_property
    def _back(self) -> Floats:
        return np.ascontiguousarray(self.weights.T)

    @cached_property
    def _kinds(self) -> Tuple[Floats, Ints1d]:
        """Tags that are reached alike (O, B- and S- of every label) share one search. RETURNS the log weights
        to each kind, Shape: (n_kinds, n_tags), and the kind of each tag."""
        kinds, kind_of = np.unique(self.logs, axis=1, return_inverse=True)
        return np.ascontiguousarray(kinds.T), kind_of.reshape(-1)

    def arrive(self, weights: Floats) -> Floats:
        """See ``Between``."""
        return weights @ self.weights

    def leave(self, weights: Floats) -> Floats:
        """See ``Between``."""
        return weights @ self._back

    def arrive_at(self, weights: Floats, tags: Ints1d) -> Floats:
        """See ``Between``."""
        return np.einsum("nt,nt->n", weights, self._back[tags])

    def leave_from(self, weights: Floats, tags: Ints1d) -> Floats:
        """See ``Between``."""
        return np.einsum("nt,nt->n", weights, self.weights[tags])

    def arrive_best(self, sums: Floats) -> Floats:
        """See ``Between``."""
        kinds, kind_of = self._kinds
        if len(kinds) <= FEW_KINDS and sums.size * len(kinds) <= MAX_SUMS:
            # tags first: the search is over long rows then, several times as fast
            before = np.ascontiguousarray(sums.T)
            return (before + kinds[:, :, None]).max(axis=1)[kind_of].T
        best = np.empty((len(sums), len(kinds)))
        n_kinds = max(1, MAX_SUMS_OF_ROW // len(kind_of))
        for k in range(0, len(kinds), n_kinds):
            some = kinds[k : k + n_kinds]
            for row, found in zip(sums, best[:, k : k + n_kinds], strict=True):
                (some + row).max(axis=1, out=found)
        return best[:, kind_of]

    def search_back(self, sums: Floats) -> Search:
        """See ``Between``."""
        by_following = np.ascontiguousarray(self.logs.T)
        return lambda rows, following: (sums[rows] + by_following[following]).argmax(axis=1)

    def weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """See ``Between``."""
        return self.weights[before, after]

    def log_weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """See ``Between``."""
        return self.logs[before, after]


@dataclass(frozen=True)
class SchemeBetween:
    """The weights of a scheme, 1 for what is legal and 0 for the rest."""

    tag_set: TagSet

    @cached_property
    def _leaves(self) -> Floats:
        return self.tag_set.leaves.astype(np.float64)

    @cached_property
    def _enters(self) -> Floats:
        return self.tag_set.enters.astype(np.float64)

    def _by_label(self, rows: Floats) -> Floats:
        """RETURNS (Floats): a view; Shape: (n, n_labels, n_tags_of_a_label)."""
        return rows[:, 1:].reshape(len(rows), len(self.tag_set.labels), self.tag_set.width)

    @cached_property
    def _places(self) -> Tuple[List[int], List[int], List[int]]:
        """Where within a label the tags stand that leave, and those from which, and to which, only an entity goes
        on."""
        own = slice(1, 1 + self.tag_set.width)
        within = ~self.tag_set.enters[own]
        marks = self.tag_set.leaves[own], self.tag_set.inside[own] & within.any(), within
        leave, inner, outer = (np.flatnonzero(mark).tolist() for mark in marks)
        return leave, inner, outer

    def arrive(self, weights: Floats) -> Floats:
        """See ``Between``."""
        _, inner, outer = self._places
        return self._sum(weights, self._leaves, inner, outer, takes=self.tag_set.enters)

    def leave(self, weights: Floats) -> Floats:
        """See ``Between``."""
        _, inner, outer = self._places
        return self._sum(weights, self._enters, outer, inner, takes=self.tag_set.leaves)

    def arrive_at(self, weights: Floats, tags: Ints1d) -> Floats:
        """See ``Between``."""
        _, inner, outer = self._places
        return self._sum_at(weights, tags, self._leaves, inner, outer, takes=self.tag_set.enters)

    def leave_from(self, weights: Floats, tags: Ints1d) -> Floats:
        """See ``Between``."""
        _, inner, outer = self._places
        return self._sum_at(weights, tags, self._enters, outer, inner, takes=self.tag_set.leaves)

    def _sum_at(
        self,
        weights: Floats,
        tags: Ints1d,
        gives: Floats,
        inner: List[int],
        outer: List[int],
        *,
        takes: Bools1d,
    ) -> Floats:
        found = np.where(takes[tags], weights @ gives, 0.0)
        rows = np.flatnonzero(np.isin((tags - 1) % self.tag_set.width, outer) & (tags > 0))
        if len(rows):
            found[rows] += self._by_label(weights)[rows, self.tag_set.label_ids[tags[rows]]][:, inner].sum(
                axis=1
            )
        return found

    def _sum(
        self, weights: Floats, gives: Floats, inner: List[int], outer: List[int], *, takes: Bools1d
    ) -> Floats:
        """For each tag that takes, the sum of those that give; and within a label, of the inner for the outer ones."""
        found = np.empty_like(weights)
        found[:] = (weights @ gives)[:, None]
        if inner:
            own, target = self._by_label(weights), self._by_label(found)
            within = reduce(np.add, (own[:, :, place] for place in inner))
            for place in outer:
                if takes[1 + place]:
                    target[:, :, place] += within
                else:
                    target[:, :, place] = within
        return found

    def arrive_best(self, sums: Floats) -> Floats:
        """See ``Between``."""
        leave, inner, outer = self._places
        own, found = self._by_label(sums), np.empty_like(sums)
        if self.tag_set.leaves.all():
            found[:] = sums.max(axis=1, keepdims=True)
        else:
            found[:] = reduce(np.maximum, (own[:, :, place].max(axis=1) for place in leave), sums[:, 0])[
                :, None
            ]
        if inner:
            target = self._by_label(found)
            within = reduce(np.maximum, (own[:, :, place] for place in inner))
            for place in outer:
                target[:, :, place] = within
        return found

    def search_back(self, sums: Floats) -> Search:
        """See ``Between``."""
        free, all_rows = self._best_leaving(sums), np.arange(len(sums))
        inner, own = np.array(self._places[1]), self._by_label(sums)

        def search(rows: Any, following: Ints1d) -> Ints1d:
            chosen = free[rows].copy()
            within = np.flatnonzero(~self.tag_set.enters[following])
            if len(within):
                label = self.tag_set.label_ids[following[within]]
                best = own[all_rows[rows][within], label][:, inner].argmax(axis=1)
                chosen[within] = 1 + label * self.tag_set.width + inner[best]
            return chosen

        return search

    def _best_leaving(self, sums: Floats) -> Ints1d:
        """The first tag with the highest sum of those after which no entity need go on; Shape: (n,)."""
        if self.tag_set.leaves.all():
            return sums.argmax(axis=1)
        own, width = self._by_label(sums), self.tag_set.width
        of_place = [1 + place + width * own[:, :, place].argmax(axis=1) for place in self._places[0]]
        tags = np.sort([np.zeros(len(sums), dtype=np.int64), *of_place], axis=0)
        rows = np.arange(len(sums))
        return tags[sums[rows, tags].argmax(axis=0), rows]

    def weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """See ``Between``."""
        return self.tag_set.legal(before, after).astype(np.float64)

    def log_weight(self, before: Ints1d, after: Ints1d) -> Floats:
        """See ``Between``."""
        return np.where(self.tag_set.legal(before, after), 0.0, -np.inf)


def constrain(tag_set: TagSet, learned: Optional[Transitions] = None) -> Chain:
    """The legal transitions of a scheme, on top of learned ones where a head has them."""
    tags, outside = np.arange(len(tag_set)), np.zeros(1, dtype=np.int64)
    first, last = (
        np.where(legal, 0.0, -np.inf)
        for legal in (tag_set.legal(outside, tags), tag_set.legal(tags, outside))
    )
    if learned is None and len(tag_set) > FEW_TAGS:
        return Chain(SchemeBetween(tag_set), first, last)
    legal = tag_set.legal(tags[:, None], tags)
    if learned is None:
        return Chain(MatrixBetween(np.where(legal, 0.0, -np.inf)), first, last)
    between = MatrixBetween(np.where(legal, learned.between, -np.inf))
    return Chain(between, first + learned.start, last + learned.end)
