"""Predicted entities beside gold ones: which are right, and how far their scores can be trusted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.training import Example

from ..types import Bools1d, Ints1d

Scores = NDArray[np.float64]
N_BINS = 10
MIN_SCORES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)
# A wrong entity with a score of 1 costs no more than one of 1 - 1e-6: else a single one would decide everything
NEAREST = 1e-6
WRONG = -1  # of an entity that is none of the gold ones


@dataclass(frozen=True)
class ScoredEntities:
    """Entities whose gold annotation is known: the score of each, and whether it is right."""

    scores: Scores  # Shape: (n_entities,), in [0, 1]
    right: Bools1d  # Shape: (n_entities,)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def n_right(self) -> int:
        """The number of right ones."""
        return int(self.right.sum())

    def part(self, chosen: Bools1d) -> "ScoredEntities":
        """RETURNS (ScoredEntities): some of them; Shape of ``chosen``: (n_entities,)."""
        return ScoredEntities(self.scores[chosen], self.right[chosen])

    def log_loss(self) -> float:
        """RETURNS (float): the mean of minus the log of what the score gives to the truth; 0 is perfect."""
        given = np.where(self.right, self.scores, 1.0 - self.scores)
        return float(-np.log(np.clip(given, NEAREST, 1.0)).mean())

    def brier(self) -> float:
        """RETURNS (float): the mean squared distance of the score from the truth, 1 or 0; 0 is perfect."""
        return float(((self.scores - self.right) ** 2).mean())

    def calibration_error(self) -> float:
        """The expected calibration error (Guo et al. 2017, "On calibration of modern neural networks", equation 3).

        Of the entities with a score near 0.8, four in five should be right: this is the mean distance from that,
        over ten equal bins of scores, weighted by the entities in them. 0 is perfect.
        """
        gaps = np.bincount(self._bins(), weights=self.scores - self.right)
        return float(np.abs(gaps).sum() / len(self))

    def bins(self) -> list["Bin"]:
        """RETURNS (list[Bin]): those of the equal bins of scores that are not empty, lowest first."""
        place = self._bins()
        parts = [(i, self.part(place == i)) for i in np.unique(place).tolist()]
        return [Bin(i, len(part), float(part.scores.mean()), part.n_right / len(part)) for i, part in parts]

    def _bins(self) -> Ints1d:
        return np.minimum((self.scores * N_BINS).astype(np.int64), N_BINS - 1)


@dataclass(frozen=True)
class Bin:
    """Entities with like scores."""

    index: int  # among the equal bins of [0, 1]
    n_entities: int
    mean_score: float
    share_right: float


def join(parts: Iterable[ScoredEntities]) -> ScoredEntities:
    """RETURNS (ScoredEntities): the entities of all parts, of which there is at least one."""
    scores, right = zip(*((part.scores, part.right) for part in parts), strict=True)
    return ScoredEntities(np.concatenate(scores), np.concatenate(right))


def gold_places(eg: Example) -> Callable[[int, int], tuple[int, int] | None]:
    """Find places of the predicted side in the annotation of the other.

    RETURNS (Callable): first token and token after the last -> those of the gold Doc; None where they have no gold
        annotation, as spaCy's own scorer leaves them out.
    """
    x2y, reference = eg.alignment.x2y, eg.reference
    is_known = reference.to_array("ENT_IOB") > 0  # 0 is missing annotation

    def place_of(start: int, end: int) -> tuple[int, int] | None:
        tokens = x2y[start:end]
        if not len(tokens):
            return None
        first, after = int(tokens[0]), int(tokens[-1]) + 1
        return (first, after) if is_known[first:after].all() else None

    return place_of


def gold_finder(eg: Example) -> Callable[[int, int, str], int | None]:
    """Compare entities of the predicted side with the annotation of the other. Where a token of that is several here,
    several spans are the same gold entity.

    RETURNS (Callable): first token, token after the last and label of an entity -> which of the gold ones it is, or
        ``WRONG``; None where ``gold_places`` finds none.
    """
    gold = {(ent.start, ent.end, ent.label_): i for i, ent in enumerate(eg.reference.ents)}
    place_of = gold_places(eg)

    def gold_of(start: int, end: int, label: str) -> int | None:
        place = place_of(start, end)
        return None if place is None else gold.get((*place, label), WRONG)

    return gold_of


def scored_entities(pairs: Iterable[tuple[float, bool]]) -> ScoredEntities:
    """RETURNS (ScoredEntities): made of the score of each entity, and whether it is right."""
    table = np.array(list(pairs), dtype=np.float64).reshape(-1, 2)
    return ScoredEntities(table[:, 0], table[:, 1] > 0)


class Counts(NamedTuple):
    """What does not depend on the scores."""

    n_gold: int  # entities in the annotation
    n_unscored: int  # entities that a component before has set, and this one keeps
    n_unscored_right: int


class Threshold(NamedTuple):
    """The entities with at least some score, and those without one."""

    min_score: float
    n_entities: int
    n_right: int
    n_gold: int

    @property
    def precision(self) -> float:
        """The share of the entities that is right, 0 to 1; 0 where there are none, as in spaCy."""
        return self.n_right / max(self.n_entities, 1)

    @property
    def recall(self) -> float:
        """The share of the gold entities that is found, 0 to 1."""
        return self.n_right / max(self.n_gold, 1)

    @property
    def f_score(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.n_right / max(self.n_entities + self.n_gold, 1)


def thresholds(
    entities: ScoredEntities, counts: Counts, min_scores: Iterable[float] = MIN_SCORES
) -> list[Threshold]:
    """RETURNS (list[Threshold]): one for each least score."""
    rows = []
    for bound in min_scores:
        kept = entities.part(entities.scores >= bound)
        n, n_right = len(kept) + counts.n_unscored, kept.n_right + counts.n_unscored_right
        rows.append(Threshold(bound, n, n_right, counts.n_gold))
    return rows
