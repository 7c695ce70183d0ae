"""Entities as they are annotated: spans, labels, what is missing, what a scheme cannot write."""

import re
from collections import Counter
from typing import Dict, Iterator, List, Sequence

from spacy.training import Example

from ..decoding.tags import validate_scheme
from ..errors import UserError
from ..pipeline.gold import GoldReport, check_gold, read_gold
from .corpora import Corpora
from .finding import FAILS, FINE, SUSPICIOUS, Finding, change
from .setup import OUR_NER, RECOGNISERS, Setup

FEW = 10  # entities of a label below which little of it can be learned
PREFIX = re.compile(r"^[BIESLU]-")
N_SHOWN = 6  # labels named in a row


def check_gold_entities(setup: Setup, corpora: Corpora) -> Iterator[Finding]:
    """Findings about entities, where the pipeline trains a recogniser."""
    trained = [name for name in setup.with_factory(*RECOGNISERS) if name not in setup.frozen()]
    if not trained:
        return
    reports = {part: read_gold(corpora[part]) for part in ("train", "dev") if corpora[part]}
    if "train" in reports:
        yield from _entities(setup, reports["train"], trained[0])
    for part, report in reports.items():
        yield from _misaligned(part, report)
        yield from _unannotated(part, report)
    labels = {part: report.labels for part, report in reports.items()}
    yield from check_labels(labels)
    for name in trained:
        if setup.factory(name) == OUR_NER:
            yield from _scheme(setup, name, corpora["train"])


def check_labels(labels: Dict[str, Dict[str, int]]) -> Iterator[Finding]:
    """Labels that look wrong, are too rare, or stand in one part only.

    labels (Dict[str, Dict[str, int]]): for "train" and "dev" the entities of each label.
    """
    everywhere = Counter[str]()
    for counts in labels.values():
        everywhere.update(counts)
    odd = list(_odd(sorted(everywhere)))
    yield from odd
    train, dev = labels.get("train", {}), labels.get("dev", {})
    rare = [label for label in sorted(train) if train[label] < FEW]
    unlearned = [label for label in sorted(dev) if label not in train] if train else []
    unmeasured = [label for label in sorted(train) if label not in dev] if dev else []
    if unlearned:
        yield Finding(
            SUSPICIOUS, "labels in dev only", some(unlearned), sum(dev[label] for label in unlearned),
            do="They are never found, and count as missed: give the parts the same labels.",
        )  # fmt: skip
    if unmeasured:
        yield Finding(
            SUSPICIOUS, "labels in train only", some(unmeasured), sum(train[label] for label in unmeasured),
            do="Nothing says whether they are learned: draw the parts anew.",
        )  # fmt: skip
    if rare:
        counted = [f"{label} {train[label]}" for label in rare]
        yield Finding(
            SUSPICIOUS, f"labels with fewer than {FEW} entities in train", some(counted), len(rare),
            do="Annotate more of them, or map them to another label.",
        )  # fmt: skip
    if everywhere and not (odd or rare or unlearned or unmeasured):
        yield Finding(FINE, "labels", some(sorted(everywhere)), len(everywhere))


def some(names: Sequence[str]) -> str:
    """RETURNS (str): the first of the names."""
    more = len(names) - N_SHOWN
    return ", ".join(names[:N_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _odd(labels: Sequence[str]) -> Iterator[Finding]:
    if "" in labels:
        yield Finding(FAILS, "entities without a label", do="Give them one where the corpus is made.")
    spaced = [repr(label) for label in labels if label != label.strip() or any(c.isspace() for c in label)]
    if spaced:
        yield Finding(
            SUSPICIOUS, "labels with white space", some(spaced), len(spaced),
            do="Often a slip of a conversion, and another label than the one without: map them.",
        )  # fmt: skip
    prefixed = [label for label in labels if PREFIX.match(label)]
    if prefixed:
        yield Finding(
            SUSPICIOUS, "tags taken for labels", some(prefixed), len(prefixed),
            do="The prefix belongs to the scheme, not to the label: convert the corpus by `bertfam convert`.",
        )  # fmt: skip
    if "O" in labels:
        yield Finding(
            SUSPICIOUS, "a label O", "O", do="O means that there is no entity: leave these spans out."
        )
    folded = Counter(label.strip().casefold() for label in labels)
    alike = [label for label in labels if folded[label.strip().casefold()] > 1]
    if alike:
        yield Finding(
            SUSPICIOUS, "labels that differ in case or spaces only", some(alike), len(alike),
            do="Two labels for one thing compete: map them to one.",
        )  # fmt: skip


def _entities(setup: Setup, report: GoldReport, component: str) -> Iterator[Finding]:
    given = setup.config.get("initialize", {}).get("components", {}).get(component, {}).get("labels")
    try:
        check_gold(report, given if isinstance(given, list) else (), component)
    except UserError as error:
        yield Finding(FAILS, "entities that do not fit", component, do=str(error))
        return
    yield Finding(FINE, "entities in train", component, sum(report.labels.values()))


def _misaligned(part: str, report: GoldReport) -> Iterator[Finding]:
    n_lost, n_all = sum(report.misaligned.values()), sum(report.labels.values())
    if n_lost:
        yield Finding(
            FAILS if n_lost == n_all else SUSPICIOUS,
            f"entities off the token borders, {100 * n_lost / n_all:.1f}%", part, n_lost,
            do="They teach nothing, and count as missed: `bertfam convert --alignment expand` keeps them.",
            examples=tuple(report.shown),
        )  # fmt: skip
    elif n_all:
        yield Finding(FINE, "entities on the token borders", part, n_all)


def _unannotated(part: str, report: GoldReport) -> Iterator[Finding]:
    n = report.n_unannotated
    if n and n < report.n_examples:
        yield Finding(
            SUSPICIOUS, f"Docs without any annotation of entities, of {report.n_examples}", part, n,
            do="They teach nothing (not even O); where there are no entities, set_ents([]) says so.",
        )  # fmt: skip


def _scheme(setup: Setup, name: str, examples: List[Example]) -> Iterator[Finding]:
    scheme = setup.components[name].get("scheme", "BIOES")
    try:
        validate_scheme(scheme)
    except UserError as error:
        yield Finding(FAILS, "a scheme that there is not", name, do=str(error))
        return
    n_merged = sum(map(neighbours, examples)) if scheme == "IO" else 0
    if n_merged:
        yield Finding(
            SUSPICIOUS, "entities that IO cannot tell from their neighbour", name, n_merged,
            do="Two of one label side by side become one: BIOES and IOB2 keep them apart.",
            fix=change(**{f"components__{name}__scheme": "BIOES"}),
        )  # fmt: skip


def neighbours(eg: Example) -> int:
    """RETURNS (int): entities that begin where one of the same label ends."""
    ends = {(ent.end, ent.label) for ent in eg.reference.ents}
    return sum((ent.start, ent.label) in ends for ent in eg.reference.ents)
