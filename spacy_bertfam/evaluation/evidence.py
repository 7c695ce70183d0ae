"""What a recognizer may find in annotated texts, with the score of each span, and what a threshold would leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np

from ..pipeline.min_score import LOWEST_FLOOR
from ..pipeline.ner import BertfamNER
from ..types import Bools1d, Floats, Ints1d
from .recording import Reading, decoded
from .scored import WRONG


class Cut(NamedTuple):
    """Least scores."""

    entities: float
    candidates: float = inf  # of spans that are not on the best path; inf leaves none


class Trials(NamedTuple):
    """Of each text what was tried, and what of it went wrong. Shape of both: (n_texts,)."""

    n: Ints1d
    wrong: Ints1d

    @property
    def share_right(self) -> float:
        """The share over all texts that went right; 0 of nothing."""
        return 1.0 - int(self.wrong.sum()) / int(self.n.sum()) if self.n.any() else 0.0


@dataclass(frozen=True)
class Evidence:
    """The spans of all texts: a row for each, with text, label (both by index), whether it is right, which gold entity
    of its text it is or ``WRONG``, and whether it is beyond the best path: a candidate, never an entity.

    Spans of other tokens than the annotation's may be the same gold entity; as in spaCy, one of them is right.
    """

    rows: Ints1d  # Shape: (n_spans, 5)
    scores: Floats  # Shape: (n_spans,); inf of an entity that a component before has set
    n_gold: Ints1d  # entities of the annotation; Shape: (n_texts, n_labels)

    def part(self, texts: Bools1d, label: int | None = None) -> "Evidence":
        """RETURNS (Evidence): of some of the texts, the others without anything, and of one label, or of all."""
        chosen = texts[self.rows[:, 0]] & (label is None or self.rows[:, 1] == label)
        n_gold = self.n_gold if label is None else self.n_gold[:, [label]]
        return Evidence(self.rows[chosen], self.scores[chosen], n_gold * texts[:, None])

    def kept(self, cut: Cut) -> "Evidence":
        """RETURNS (Evidence): what a threshold leaves."""
        chosen = self.scores >= np.where(self.rows[:, 4] > 0, cut.candidates, cut.entities)
        return Evidence(self.rows[chosen], self.scores[chosen], self.n_gold)

    def precision(self, cut: Cut) -> Trials:
        """RETURNS (Trials): the spans that are kept, wrong where they are none of the annotation, or one that
        another is already."""
        kept = self.kept(cut)
        n = np.bincount(kept.rows[:, 0], minlength=len(self.n_gold))
        return Trials(n, n - kept._n_found())

    def recall(self, cut: Cut) -> Trials:
        """RETURNS (Trials): the entities of the annotation, wrong where they are not kept."""
        n: Ints1d = self.n_gold.sum(axis=1)
        return Trials(n, n - self.kept(cut)._n_found())

    def _n_found(self) -> Ints1d:
        """RETURNS (Ints1d): the gold entities that are found, each once. Shape: (n_texts,)."""
        texts, _, _, gold, _ = self.rows[self.rows[:, 2] > 0].T
        step = gold.max(initial=0) + 1
        places = np.sort(texts * step + gold)
        unique = places[np.diff(places, prepend=-1) > 0]  # np.unique hashes, and takes twenty times as long
        return np.bincount(unique // step, minlength=len(self.n_gold))


def read_evidence(
    ner: BertfamNER, readings: Sequence[Reading], temperature: float, *, candidates: bool
) -> Evidence:
    """RETURNS (Evidence): at one temperature, whatever the least scores of the recognizer are. The first labels are the
    recognizer's; after these come others that the texts have.

    candidates (bool): with the spans beyond the best path.
    """
    index = {label: i for i, label in enumerate(ner.labels)}
    annotated = [(i, ent.label_) for i, reading in enumerate(readings) for ent in reading.eg.reference.ents]
    places = [(i, index.setdefault(label, len(index))) for i, label in annotated]

    def rows() -> Iterator[tuple[int, int, bool, int, bool, float]]:
        for text, reading in enumerate(readings):
            for label, gold in reading.unscored:
                yield text, index.setdefault(label, len(index)), gold != WRONG, gold, False, inf
        entities: set[tuple[int, int, int, str]] = set()
        for text, span, gold in decoded(ner, readings, temperature):
            yield text, index[span.label], gold != WRONG, gold, False, span.score
            entities.add((text, *span[:3]))
        for text, span, gold in decoded(ner, readings, temperature, LOWEST_FLOOR) if candidates else ():
            if (text, *span[:3]) not in entities:
                yield text, index[span.label], gold != WRONG, gold, True, span.score

    # straight into an array: there may be a thousand candidates for a token
    row: Any = np.dtype((np.float64, 6))
    table = np.fromiter(rows(), dtype=row)
    n_gold = np.zeros((len(readings), len(index)), dtype=np.int64)
    np.add.at(n_gold, tuple(np.array(places, dtype=np.int64).reshape(-1, 2).T), 1)
    return Evidence(table[:, :5].astype(np.int64), table[:, 5], n_gold)
