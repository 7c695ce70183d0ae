"""Predicted entities beside gold ones: which are right, and how far their scores can be trusted."""

from dataclasses import dataclass
from typing import Callable, Iterable, List, Optional, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.training import Example

from ..types import Bools1d, Ints1d

Scores = NDArray[np.float64]
N_BINS = 10
# A wrong entity with a score of 1 costs no more than one of 1 - 1e-6: else a single one would decide everything
NEAREST = 1e-6


@dataclass(frozen=True)
class Judged:
    """Entities of which it is known whether they are right."""

    scores: Scores  # Shape: (n_entities,), in [0, 1]
    right: Bools1d  # Shape: (n_entities,)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def n_right(self) -> int:
        """How many are right."""
        return int(self.right.sum())

    def part(self, chosen: Bools1d) -> "Judged":
        """RETURNS (Judged): some of them; Shape of ``chosen``: (n_entities,)."""
        return Judged(self.scores[chosen], self.right[chosen])

    def log_loss(self) -> float:
        """RETURNS (float): the mean of minus the log of what the score gives to the truth; 0 is perfect."""
        given = np.where(self.right, self.scores, 1.0 - self.scores)
        return float(-np.log(np.clip(given, NEAREST, 1.0)).mean())

    def brier(self) -> float:
        """RETURNS (float): the mean squared distance of the score from the truth, 1 or 0; 0 is perfect."""
        return float(((self.scores - self.right) ** 2).mean())

    def calibration_error(self, *, n_bins: int = N_BINS) -> float:
        """The expected calibration error (Guo et al. 2017, "On calibration of modern neural networks", equation 3).

        Of the entities with a score near 0.8, four in five should be right: this is the mean distance from that,
        over ``n_bins`` equal bins of scores, weighted by the entities in them. 0 is perfect.
        """
        gaps = np.bincount(self._bins(n_bins), weights=self.scores - self.right, minlength=n_bins)
        return float(np.abs(gaps).sum() / len(self))

    def bins(self, *, n_bins: int = N_BINS) -> List["Bin"]:
        """RETURNS (List[Bin]): those of the equal bins of scores that are not empty, lowest first."""
        place = self._bins(n_bins)
        parts = [(i, self.part(place == i)) for i in np.unique(place).tolist()]
        return [Bin(i, len(part), float(part.scores.mean()), part.n_right / len(part)) for i, part in parts]

    def _bins(self, n_bins: int) -> Ints1d:
        return np.minimum((self.scores * n_bins).astype(np.int64), n_bins - 1)


@dataclass(frozen=True)
class Bin:
    """Entities with like scores."""

    index: int  # among the equal bins of [0, 1]
    n_entities: int
    mean_score: float
    share_right: float


def join(parts: Iterable[Judged]) -> Judged:
    """RETURNS (Judged): the entities of all parts, of which there is at least one."""
    scores, right = zip(*((part.scores, part.right) for part in parts), strict=True)
    return Judged(np.concatenate(scores), np.concatenate(right))


def judge_of(eg: Example) -> Callable[[int, int, str], Optional[bool]]:
    """A judge of the predicted side's entities, by the annotation of the other.

    RETURNS (Callable): first token, token after the last and label of an entity -> whether it is a gold one;
        None where its tokens have no gold annotation, as spaCy's own scorer leaves them out.
    """
    gold = {(ent.start, ent.end, ent.label_) for ent in eg.reference.ents}
    x2y = eg.alignment.x2y

    def is_right(start: int, end: int, label: str) -> Optional[bool]:
        tokens = x2y[start:end]
        if not len(tokens):
            return None
        first, behind = int(tokens[0]), int(tokens[-1]) + 1
        if not all(token.ent_iob for token in eg.reference[first:behind]):  # 0 is missing annotation
            return None
        return (first, behind, label) in gold

    return is_right


def to_judged(pairs: Iterable[Tuple[float, bool]]) -> Judged:
    """RETURNS (Judged): of the score of each entity, and whether it is right."""
    table = np.array(list(pairs), dtype=np.float64).reshape(-1, 2)
    return Judged(table[:, 0], table[:, 1] > 0)
