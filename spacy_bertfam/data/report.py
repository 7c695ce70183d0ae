"""The account of one conversion: what came in, what was kept, and what was lost and why; also for a terminal."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wasabi.tables import table

from .records import Mention, Record
from .trimming import shorten

N_EXAMPLES = 3
N_SHOWN = 70  # characters of an example

# why an entity of the file is in no doc.ents
OFF_BORDERS = "off token borders"
OVERLAP = "inside or across a longer entity"
DUPLICATE = "duplicate"
DISCONTINUOUS = "discontinuous"
EMPTY = "nothing but white space"
DROPPED = "label dropped by the map"
REJECTED = "rejected in the annotation tool"
SKIPPED = "skipped in the annotation tool"
UNFINISHED = "not confirmed in the annotation tool"
UNANNOTATED = "not annotated in the annotation tool"  # of texts alone

# what was changed in an entity that is kept
TRIMMED = "white space trimmed off offsets"
MOVED = "moved to token borders"
MENDED = "tag mended to fit the scheme"

EXPLANATIONS = {
    OFF_BORDERS: "their tokens are marked as missing annotation, not as O; see --alignment",
    OVERLAP: 'still in doc.spans["nested"]; tokens outside the longer entity are marked as missing',
    DISCONTINUOUS: "their tokens are marked as missing annotation, not as O",
    DROPPED: "their tokens are O",
    REJECTED: "their tokens are marked as missing annotation: they may have another label",
    SKIPPED: "their tokens are marked as missing annotation, not as O",
    UNFINISHED: "their tokens are marked as missing annotation, not as O",
}


@dataclass
class Notes:
    """What there is to say of a single file."""

    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str, source: str) -> None:
        """Say something about the file."""
        self.notes.append(f"{source}: {sentence}")


@dataclass
class ConversionReport:
    """Counts, filled while records pass; for each label, `n_in` is `n_kept` plus the sum of its losses.

    labels: the label in the file -> the label in the output, None if it is dropped.
    has_overlaps: whether entities share characters, so that the Docs get `doc.spans["nested"]`.
    groups: further keys in `doc.spans`, which each Doc has.
    n_lost, n_changed: reason -> label in the file -> entities (tags, for MENDED).
    examples: reason -> up to three of {"where", "text", "label", "detail"}.
    ignored: a kind of line or file that holds no entities -> how many there were.
    formats: the name of a format -> the number of files read in it.
    schemes: a tag scheme -> the number of files written in it.
    notes: a sentence -> the files that it is about, [""] if it is about all.
    parts: output file -> its n_docs, n_tokens, n_entities.
    """

    labels: dict[str, str | None] = field(default_factory=dict)
    has_overlaps: bool = False
    groups: set[str] = field(default_factory=set)
    n_files: int = 0
    n_documents: int = 0
    n_docs: int = 0
    n_tokens: int = 0
    n_missing_tokens: int = 0
    n_in: Counter[str] = field(default_factory=Counter)
    n_kept: Counter[str] = field(default_factory=Counter)
    n_lost: dict[str, Counter[str]] = field(default_factory=dict)
    n_changed: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    schemes: Counter[str] = field(default_factory=Counter)
    notes: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    def lose(self, reason: str, record: Record, mention: Mention, detail: str = "") -> None:
        """Count an entity that does not get into doc.ents."""
        self._count(self.n_lost, reason, record, mention, detail)

    def change(self, reason: str, record: Record, mention: Mention, detail: str = "") -> None:
        """Count an entity that is kept, but not as the file has it."""
        self._count(self.n_changed, reason, record, mention, detail)

    def note(self, sentence: str, source: str = "") -> None:
        """Say something about a file, once for all files that it is true of, or about the whole."""
        sources = self.notes.setdefault(sentence, [])
        if source not in sources:
            sources.append(source)

    def note_lines(self) -> list[str]:
        """RETURNS (list[str]): each note with the first file that it is about and the number of the others."""
        lines = []
        for sentence, sources in self.notes.items():
            more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
            lines.append(f"{sources[0]}{more}: {sentence}" if sources[0] else sentence)
        return lines

    @property
    def n_lost_by_label(self) -> Counter[str]:
        """The lost entities of each label, for whatever reason."""
        return sum(self.n_lost.values(), Counter())

    @property
    def reasons(self) -> str:
        """The reasons of the losses and their numbers, in one line."""
        return ", ".join(f"{counts.total()} {reason}" for reason, counts in self.n_lost.items())

    def to_dict(self) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): the same numbers, ready for JSON."""
        n_lost = self.n_lost_by_label.total()
        return {
            "files": self.n_files,
            "documents": self.n_documents,
            "docs": self.n_docs,
            "tokens": self.n_tokens,
            "missing_tokens": self.n_missing_tokens,
            "entities": {"in": self.n_in.total(), "kept": self.n_kept.total(), "lost": n_lost},
            "labels": {label: self._label_row(label) for label in sorted(self.n_in)},
            "changed": {reason: dict(counts) for reason, counts in self.n_changed.items()},
            "examples": self.examples,
            "ignored": dict(self.ignored),
            "formats": dict(self.formats),
            "schemes": dict(self.schemes),
            "notes": self.note_lines(),
            "parts": self.parts,
        }

    def _label_row(self, label: str) -> dict[str, Any]:
        lost = {reason: counts[label] for reason, counts in self.n_lost.items() if counts[label]}
        new = self.labels.get(label, label)
        return {"as": new, "in": self.n_in[label], "kept": self.n_kept[label], "lost": lost}

    def _count(
        self, counts: dict[str, Counter[str]], reason: str, record: Record, mention: Mention, detail: str
    ) -> None:
        counts.setdefault(reason, Counter())[mention.label] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < N_EXAMPLES:
            text = record.text[mention.start : mention.end]
            where = f"{record.source}:{mention.line or record.line}"
            examples.append({"where": where, "text": text, "label": mention.label, "detail": detail})


def format_report(report: ConversionReport) -> str:
    """RETURNS (str): what came in and went out, a row a label, then each reason with examples."""
    lines = [*_totals(report), "", _labels(report)]
    for title, groups in (("lost", report.n_lost), ("changed", report.n_changed)):
        for reason, counts in groups.items():
            lines += ["", *_reason(title, reason, counts.total(), report)]
    if report.ignored:
        lines += ["", "ignored: " + ", ".join(f"{n:,} {kind}" for kind, n in report.ignored.items())]
    return "\n".join(lines)


def _totals(report: ConversionReport) -> Iterator[str]:
    kinds = (*report.formats.items(), *report.schemes.items())
    schemes = ", ".join(f"{n} in {kind}" for kind, n in kinds)
    came_in = f"{_counted(report.n_documents, 'document')} in {_counted(report.n_files, 'file')}"
    yield f"read   {came_in}" + (f" ({schemes})" if schemes else "")
    for file, part in report.parts.items():
        names = {"n_docs": "doc", "n_tokens": "token", "n_entities": "entity"}
        yield f"wrote  {file}: " + ", ".join(_counted(part[key], name) for key, name in names.items())
    if report.n_missing_tokens:
        yield f"       {_counted(report.n_missing_tokens, 'token')} marked as missing annotation"


def _counted(n: int, name: str) -> str:
    plural = "entities" if name == "entity" else f"{name}s"
    return f"{n:,} {name if n == 1 else plural}"


def _labels(report: ConversionReport) -> str:
    header = ("label", "as", "in", "kept", "lost")
    counts = (report.n_in, report.n_kept, report.n_lost_by_label)
    named = [(label, report.labels.get(label, label) or "-") for label in sorted(report.n_in)]
    rows = [(*names, *(str(counter[names[0]]) for counter in counts)) for names in named]
    rows.append(("all", "", *(str(counter.total()) for counter in counts)))
    longest = max(len(cell) for row in (header, *rows) for cell in row)
    text = table(rows, header=header, aligns=("l", "l", "r", "r", "r"), spacing=2, max_col=longest)
    return text.strip("\n")


def _reason(title: str, reason: str, n: int, report: ConversionReport) -> Iterator[str]:
    explanation = EXPLANATIONS.get(reason)
    yield f"{title}: {n:,} {reason}" + (f" ({explanation})" if explanation else "")
    for example in report.examples.get(reason, []):
        detail = shorten(f"  {example['detail']}", N_SHOWN) if example["detail"] else ""
        yield f'  {example["where"]}  "{shorten(example["text"], N_SHOWN)}" {example["label"]}{detail}'
