"""What a recognizer may find in annotated texts, with the score of each span, and what a threshold would leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from ..pipeline.min_score import LOWEST_FLOOR
from ..pipeline.ner import BertfamNER
from ..types import Bools1d, Floats, Ints1d
from .recording import Reading, decoded


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
    """The spans of all texts: a row for each, with text, label (both by index), whether it is right, whether it is the
    first and likeliest for its gold entity, and whether it is beyond the best path: a candidate, never an entity."""

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
        """RETURNS (Trials): the spans that are kept, wrong where they are none of the annotation."""
        texts, _, right, *_ = self.kept(cut).rows.T
        n = np.bincount(texts, minlength=len(self.n_gold))
        return Trials(n, n - np.bincount(texts, right, len(self.n_gold)).astype(np.int64))

    def recall(self, cut: Cut) -> Trials:
        """RETURNS (Trials): the entities of the annotation, wrong where they are not kept."""
        texts, _, _, finds, _ = self.kept(cut).rows.T
        n: Ints1d = self.n_gold.sum(axis=1)
        return Trials(n, n - np.bincount(texts, finds, len(n)).astype(np.int64))


def read_evidence(
    ner: BertfamNER, readings: Sequence[Reading], temperature: float, *, candidates: bool
) -> Evidence:
    """RETURNS (Evidence): at one temperature, whatever the least scores of the recognizer are. The first labels are the
    recognizer's; after these come others that the texts have.

    candidates (bool): with the spans beyond the best path.
    """
    index = {label: i for i, label in enumerate(ner.labels)}
    gold = [(i, ent.label_) for i, reading in enumerate(readings) for ent in reading.eg.reference.ents]
    places = [(i, index.setdefault(label, len(index))) for i, label in gold]
    known: set[tuple[int, int, int, str]] = set()
    found: set[tuple[int, int, int, str]] = set()

    def rows() -> Iterator[tuple[int, int, bool, bool, bool, float]]:
        for text, reading in enumerate(readings):
            for label, right in reading.unscored:
                yield text, index.setdefault(label, len(index)), right, right, False, inf
        for floor in (None, LOWEST_FLOOR)[: 1 + candidates]:
            spans = decoded(ner, readings, temperature, floor)
            for text, span, right in sorted(spans, key=lambda each: -each[1].score):
                place = (text, *span[:3])
                if place not in known:
                    # spans of other tokens than the annotation's may lie in the same entity
                    tokens = readings[text].eg.alignment.x2y[span.start : span.end]
                    entity = (text, int(tokens[0]), int(tokens[-1]), span.label)
                    finds = right and entity not in found
                    yield text, index[span.label], right, finds, floor is not None, span.score
                    known.add(place)
                    found.update([entity] if right else [])

    table = np.array(list(rows()), dtype=np.float64).reshape(-1, 6)
    n_gold = np.zeros((len(readings), len(index)), dtype=np.int64)
    np.add.at(n_gold, tuple(np.array(places, dtype=np.int64).reshape(-1, 2).T), 1)
    return Evidence(table[:, :5].astype(np.int64), table[:, 5], n_gold)
