"""What a recognizer may find in annotated texts, with the score of each span, and what a threshold would leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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
        n = int(self.n.sum())
        return 1.0 - int(self.wrong.sum()) / n if n else 0.0


@dataclass(frozen=True)
class Evidence:
    """The spans of all texts, end to end; Shape: (n_spans,)."""

    texts: Ints1d  # the index of its text
    labels: Ints1d  # index in the recognizer's labels; after these, of others that the texts have
    scores: Floats  # inf of an entity that a component before has set
    right: Bools1d
    beyond: Bools1d  # not on the best path: a candidate, never an entity
    n_gold: Ints1d  # entities of the annotation; Shape: (n_texts, n_labels)

    def part(self, texts: Bools1d, label: int | None = None) -> "Evidence":
        """RETURNS (Evidence): of some of the texts, the others without anything, and of one label, or of all."""
        chosen = texts[self.texts] & (label is None or self.labels == label)
        n_gold = (self.n_gold if label is None else self.n_gold[:, [label]]) * texts[:, None]
        own, labels, scores = self.texts[chosen], self.labels[chosen], self.scores[chosen]
        return Evidence(own, labels, scores, self.right[chosen], self.beyond[chosen], n_gold)

    def precision(self, cut: Cut) -> Trials:
        """RETURNS (Trials): the spans that are kept, wrong where they are none of the annotation."""
        return Trials(self._count(kept := self._kept(cut)), self._count(kept & ~self.right))

    def recall(self, cut: Cut) -> Trials:
        """RETURNS (Trials): the entities of the annotation, wrong where they are not kept."""
        n: Ints1d = self.n_gold.sum(axis=1)
        return Trials(n, n - self._count(self._kept(cut) & self.right))

    def _kept(self, cut: Cut) -> Bools1d:
        return self.scores >= np.where(self.beyond, cut.candidates, cut.entities)

    def _count(self, spans: Bools1d) -> Ints1d:
        return np.bincount(self.texts[spans], minlength=len(self.n_gold))


def read_evidence(
    ner: BertfamNER, readings: Sequence[Reading], temperature: float, *, candidates: bool
) -> Evidence:
    """RETURNS (Evidence): at one temperature, whatever the least scores of the recognizer are.

    candidates (bool): with the spans beyond the best path.
    """
    gold = [[ent.label_ for ent in reading.eg.reference.ents] for reading in readings]
    preset = [[label for label, _ in reading.unscored] for reading in readings]
    labels = dict.fromkeys([*ner.labels, *(label for text in [*gold, *preset] for label in text)])
    index = {label: i for i, label in enumerate(labels)}
    n_gold = np.zeros((len(readings), len(labels)), dtype=np.int64)
    for text, names in enumerate(gold):
        np.add.at(n_gold[text], [index[label] for label in names], 1)

    def rows() -> Iterator[tuple[int, int, float, bool, bool]]:
        for text, reading in enumerate(readings):
            yield from ((text, index[label], inf, right, False) for label, right in reading.unscored)
        known = set()
        for text, span, right in decoded(ner, readings, partial(ner.decode, temperature=temperature)):
            known.add((text, *span[:3]))
            yield text, index[span.label], span.score, right, False
        if candidates:
            decode = partial(ner.find_candidates, least=LOWEST_FLOOR, temperature=temperature)
            for text, span, right in decoded(ner, readings, decode):
                if (text, *span[:3]) not in known:
                    yield text, index[span.label], span.score, right, True

    table = np.array(list(rows()), dtype=np.float64).reshape(-1, 5)
    texts, label_ids = table[:, :2].T.astype(np.int64)
    return Evidence(texts, label_ids, table[:, 2], table[:, 3] > 0, table[:, 4] > 0, n_gold)
