"""What `min_score` costs and brings: precision and recall of the entities that it leaves."""

from typing import Iterable, List, NamedTuple

from .recording import Counts
from .scored import Judged

MIN_SCORES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)


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


def thresholds(entities: Judged, counts: Counts, min_scores: Iterable[float] = MIN_SCORES) -> List[Threshold]:
    """RETURNS (List[Threshold]): one for each least score."""
    return [_threshold(entities.part(entities.scores >= bound), counts, bound) for bound in min_scores]


def _threshold(kept: Judged, counts: Counts, bound: float) -> Threshold:
    return Threshold(
        bound, len(kept) + counts.n_unscored, kept.n_right + counts.n_unscored_right, counts.n_gold
    )
