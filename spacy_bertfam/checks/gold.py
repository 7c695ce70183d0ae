"""Entities as they are annotated: spans, labels, what is missing, what a scheme cannot write."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from spacy.training import Example

from ..decoding.tags import validate_scheme
from ..errors import UserError
from ..pipeline.gold import GoldReport, check_gold, read_gold
from .corpora import PARTS, Corpora
from .finding import FAILS, FINE, SUSPICIOUS, Finding, change
from .setup import OUR_NER, RECOGNIZERS, Setup
from .unread import block_at

FEW = 10  # entities of a label below which little of it can be learned
PREFIX = re.compile(r"^[BIESLU]-")
N_SHOWN = 6  # labels named in a row
Counts = Mapping[str, int]  # label -> entities


def check_gold_entities(setup: Setup, corpora: Corpora) -> Iterator[Finding]:
    """Check the entities, where the pipeline trains a recognizer."""
    trained = [name for name in setup.with_factory(*RECOGNIZERS) if name not in setup.frozen()]
    if not trained:
        return
    reports = {part: read_gold(corpora[part]) for part in PARTS if corpora[part]}
    if "train" in reports:
        yield _entities(setup, reports["train"], trained[0])
    for part, report in reports.items():
        yield from _misaligned(part, report)
        n = report.n_unannotated
        if n and n < report.n_examples:
            what = f"Docs without any annotation of entities, of {report.n_examples}"
            do = "They contribute no gradient, not even O: where there are no entities, set_ents([]) says so."
            yield Finding(SUSPICIOUS, what, part, n, do)
    yield from check_labels({part: report.labels for part, report in reports.items()})
    for name in trained:
        if setup.factory(name) == OUR_NER:
            yield from _scheme(setup, name, corpora["train"])


def check_labels(labels: Mapping[str, Counts]) -> Iterator[Finding]:
    """Find labels that look wrong, are too rare, or stand in one part only.

    labels (Mapping[str, Mapping[str, int]]): for "train" and "dev" the entities of each label.
    """
    train, dev = labels.get("train", {}), labels.get("dev", {})
    everywhere = sorted({*train, *dev})
    problems = [*_odd(everywhere), *_rare(train, dev)]
    if everywhere and not problems:
        yield Finding(FINE, "labels", some(everywhere), len(everywhere))
    yield from problems


def some(names: Sequence[str]) -> str:
    """RETURNS (str): the first of the names."""
    more = len(names) - N_SHOWN
    return ", ".join(names[:N_SHOWN]) + (f" and {more} more" if more > 0 else "")


def neighbors(eg: Example) -> int:
    """RETURNS (int): entities that begin where one of the same label ends."""
    ends = {(ent.end, ent.label) for ent in eg.reference.ents}
    return sum((ent.start, ent.label) in ends for ent in eg.reference.ents)


def _rare(train: Counts, dev: Counts) -> Iterator[Finding]:
    for part, own, other, do in (
        ("dev", dev, train, "They are never found, and count as missed: give the parts the same labels."),
        ("train", train, dev, "Nothing says whether they are learned: draw the parts anew."),
    ):
        lone = [label for label in sorted(own) if label not in other] if other else []
        if lone:
            n = sum(own[label] for label in lone)
            yield Finding(SUSPICIOUS, f"labels in {part} only", some(lone), n, do)
    rare = [f"{label} {train[label]}" for label in sorted(train) if train[label] < FEW]
    if rare:
        what, do = (
            f"labels with fewer than {FEW} entities in train",
            "Annotate more of them, or map them to another label.",
        )
        yield Finding(SUSPICIOUS, what, some(rare), len(rare), do)


def _odd(labels: Sequence[str]) -> Iterator[Finding]:
    if "" in labels:
        yield Finding(FAILS, "entities without a label", do="Give them one where the corpus is made.")
    folded = Counter(label.strip().casefold() for label in labels)
    for what, found, do in (
        ("labels with white space", [repr(label) for label in labels if "".join(label.split()) != label],
         "Often a slip of a conversion, and another label than the one without: map them."),
        ("tags taken for labels", [label for label in labels if PREFIX.match(label)],
         "The prefix belongs to the scheme, not to the label: convert the corpus by `bertfam convert`."),
        ("a label O", [label for label in labels if label == "O"],
         "O means that there is no entity: leave these spans out."),
        ("labels that differ in case or spaces only", [one for one in labels if folded[one.strip().casefold()] > 1],
         "Two labels for one thing compete: map them to one."),
    ):  # fmt: skip
        if found:
            yield Finding(SUSPICIOUS, what, some(found), len(found), do)


def _entities(setup: Setup, report: GoldReport, component: str) -> Finding:
    given = block_at(setup.config, f"initialize.components.{component}").get("labels")
    try:
        check_gold(report, given if isinstance(given, list) else (), component)
    except UserError as error:
        return Finding(FAILS, "entities that do not fit", component, do=str(error))
    return Finding(FINE, "entities in train", component, sum(report.labels.values()))


def _misaligned(part: str, report: GoldReport) -> Iterator[Finding]:
    n_lost, n_all = sum(report.misaligned.values()), sum(report.labels.values())
    if n_lost:
        state = FAILS if n_lost == n_all else SUSPICIOUS
        what = f"entities off the token borders, {100 * n_lost / n_all:.1f}%"
        do = "They contribute no gradient, and count as missed: `bertfam convert --alignment expand` keeps them."
        yield Finding(state, what, part, n_lost, do, examples=tuple(report.shown))
    elif n_all:
        yield Finding(FINE, "entities on the token borders", part, n_all)


def _scheme(setup: Setup, name: str, examples: Sequence[Example]) -> Iterator[Finding]:
    scheme = setup.components[name].get("scheme", "BIOES")
    try:
        validate_scheme(scheme)
    except UserError as error:
        yield Finding(FAILS, "an unknown scheme", name, do=str(error))
        return
    n_merged = sum(map(neighbors, examples)) if scheme == "IO" else 0
    if n_merged:
        do = "Two of one label side by side become one: BIOES and IOB2 keep them apart."
        fix = change({f"components.{name}.scheme": "BIOES"})
        what = "entities that IO cannot tell from their neighbor"
        yield Finding(SUSPICIOUS, what, name, n_merged, do, fix=fix)
