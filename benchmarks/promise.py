"""`python -m benchmarks.promise`: how often a promised precision or recall holds on texts that were not calibrated on.

The texts are read once. Then, a hundred times, half of them calibrate as `bertfam calibrate --precision` does (a third
for temperature and order, two thirds for the test), and two things are counted: promises that the other half breaks,
which has chance of its own, and, with as many texts drawn with replacement, those that all texts break: they are the
source then, and what is promised of it is known. With a confidence of 0.9, ten of a hundred may be broken there.
"""

import sys
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import spacy
import typer
from numpy.typing import NDArray
from spacy.training import Corpus
from wasabi.tables import table

from benchmarks.machine import describe_machine
from spacy_bertfam.evaluation.evidence import Cut, Evidence, read_evidence
from spacy_bertfam.evaluation.promise import NTH, find_cut
from spacy_bertfam.evaluation.recording import record
from spacy_bertfam.evaluation.risk import Claim
from spacy_bertfam.evaluation.scored import ScoredEntities
from spacy_bertfam.pipeline.find import find_ner

GOALS = [
    "precision=0.9",
    "precision=0.95",
    "recall=0.8",
    "recall=0.95",
    "recall=0.98",
    "by-label:precision=0.8",
]
TEMPERATURES = np.geomspace(0.8, 3.2, 9).tolist()
NAMES = ("promised", "made", "broken", "drawn: made", "broken", "min_score", "candidates from", "precision", "recall",
         "without: precision", "recall", "candidates per gold")  # fmt: skip


def take(evidence: Evidence, chosen: NDArray[np.int64]) -> Evidence:
    """RETURNS (Evidence): of these texts in this order; one that is named twice counts twice."""
    order = np.argsort(evidence.rows[:, 0], kind="stable")
    starts = np.searchsorted(evidence.rows[order, 0], np.arange(len(evidence.n_gold) + 1))
    spans = [order[starts[text] : starts[text + 1]] for text in chosen]
    rows = evidence.rows[np.concatenate(spans)]
    rows[:, 0] = np.repeat(np.arange(len(chosen)), [len(part) for part in spans])
    return Evidence(rows, evidence.scores[np.concatenate(spans)], evidence.n_gold[chosen])


def of_labels(evidence: Evidence, known: NDArray[np.bool_]) -> Evidence:
    """RETURNS (Evidence): the spans of some of the labels."""
    kept = known[evidence.rows[:, 1]]
    return Evidence(evidence.rows[kept], evidence.scores[kept], evidence.n_gold)


def best_temperature(by_temperature: dict[float, Evidence], fits: NDArray[np.int64]) -> float:
    """RETURNS (float): that with the lowest log loss of the entities of these texts."""

    def loss(temperature: float) -> float:
        found = take(by_temperature[temperature], fits)
        entities = ScoredEntities(found.scores, found.rows[:, 2] > 0)
        entities = entities.part((found.rows[:, 4] == 0) & (found.scores < inf))
        return entities.log_loss()

    return min(by_temperature, key=loss)


def one_round(
    by_temperature: dict[float, Evidence],
    own: NDArray[np.int64],
    goal: str,
    share: float,
    labels: list[int | None],
) -> tuple[float, list[Cut | None]]:
    """RETURNS (tuple): the temperature, and a threshold for each label; None where there is no promise."""
    fits = np.arange(len(own)) % NTH == 0
    temperature = best_temperature(by_temperature, own[fits])
    found = take(by_temperature[temperature], own)
    claim = Claim(1 - share, 0.1 / len(labels))
    return temperature, [
        find_cut(found.part(fits, label), found.part(~fits, label), goal, claim) for label in labels
    ]


def main(
    pipeline: Path,
    data: list[Path] = typer.Argument(..., help="Annotated .spacy files, taken together"),
    goal: list[str] = typer.Option(GOALS, help="What is promised, with a confidence of 0.9; several times"),
    n_rounds: int = typer.Option(100, help="Splits, and draws"),
) -> None:
    """Print a table: how often each promise was made and held, and what it cost."""
    nlp = spacy.load(pipeline)
    ner = find_ner(nlp)
    readings = record(nlp, ner, (eg for path in data for eg in Corpus(path)(nlp)), progress=True).readings
    by_temperature = {t: read_evidence(ner, readings, t, candidates=True) for t in TEMPERATURES}
    # a label that the annotation does not have is not looked at
    n_gold = by_temperature[TEMPERATURES[0]].n_gold.sum(axis=0)
    whole = {t: of_labels(evidence, n_gold > 0) for t, evidence in by_temperature.items()}
    # candidates that are wrong cost nothing but their number
    by_temperature = {t: replace(e, rows=e.rows[use], scores=e.scores[use]) for t, e in whole.items()
                      if (use := (e.rows[:, 2] > 0) | (e.rows[:, 4] == 0)) is not None}  # fmt: skip
    known = [None, *np.flatnonzero(n_gold).tolist()]
    rows = []
    for name in goal:
        kind, share = name.split("=")[0], float(name.split("=")[1])
        labels = known[1:] if kind.startswith("by-label:") else known[:1]
        columns = count(by_temperature, whole, kind.removeprefix("by-label:"), share, labels, n_rounds)
        rows.append([name, *columns])
        print(*rows[-1], file=sys.stderr)
    print(", ".join(f"{name} {value}" for name, value in describe_machine().items()))
    print(f"{pipeline}: {len(readings):,} texts, {n_gold.sum():,} entities")
    print(table(rows, header=NAMES, divider=True))


def count(
    by_temperature: dict[float, Evidence],
    whole: dict[float, Evidence],
    goal: str,
    share: float,
    labels: list[int | None],
    n_rounds: int,
) -> list[str]:
    """RETURNS (list[str]): the columns of one promise, after its name.

    whole (dict[float, Evidence]): with the candidates that are wrong.
    """
    rng, n_texts = np.random.default_rng(0), len(next(iter(by_temperature.values())).n_gold)
    made = other = drawn = source = 0
    costs = []
    for _ in range(n_rounds):
        order = rng.permutation(n_texts)
        temperature, cuts = one_round(by_temperature, order[: n_texts // 2], goal, share, labels)
        if None not in cuts:
            made += 1
            rest = take(by_temperature[temperature], order[n_texts // 2 :])
            other += holds(rest, goal, share, labels, cuts)
            pairs = zip(labels, cuts, strict=True)
            costs += [
                [*cost(rest, label, cut), n_candidates(whole[temperature], cut)] for label, cut in pairs
            ]
        own = rng.integers(0, n_texts, size=n_texts // 2)
        temperature, cuts = one_round(by_temperature, own, goal, share, labels)
        if None not in cuts:
            drawn += 1
            source += holds(by_temperature[temperature], goal, share, labels, cuts)
    if not costs:
        return [f"{made}", "", f"{drawn}", f"{drawn - source}", *[""] * (len(NAMES) - 5)]
    means = np.array(costs).mean(axis=0)
    counts = (made, made - other, drawn, drawn - source)
    return [*map(str, counts), *(f"{value:.3f}" for value in means)]


def holds(
    evidence: Evidence, goal: str, share: float, labels: list[int | None], cuts: list[Cut | None]
) -> bool:
    """RETURNS (bool): whether the promise holds of every label."""
    every = np.ones(len(evidence.n_gold), dtype=bool)
    return all(
        getattr(evidence.part(every, label), goal)(cut).share_right >= share
        for label, cut in zip(labels, cuts, strict=True)
    )


def cost(evidence: Evidence, label: int | None, cut: Cut) -> list[float]:
    """RETURNS (list[float]): the columns from ``min_score`` on, but the last."""
    own = evidence.part(np.ones(len(evidence.n_gold), dtype=bool), label)
    floor = min(cut.candidates, 1.0)
    alone = cut._replace(candidates=inf)
    shares = [own.precision(alone), own.recall(cut), own.precision(Cut(0.0)), own.recall(Cut(0.0))]
    return [cut.entities, floor, *(each.share_right for each in shares)]


def n_candidates(evidence: Evidence, cut: Cut) -> float:
    """RETURNS (float): for each entity of the annotation."""
    return float(evidence.kept(cut).rows[:, 4].sum() / evidence.n_gold.sum())


if __name__ == "__main__":
    typer.run(main)
