"""Texts with labels (a table or JSON lines) -> `.spacy` files for spaCy's text categorisers."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.tokens import DocBin

from .convert import blank_pipeline
from .errors import DataError
from .jsonl import HALF_PAIR, parse_object
from .output import write_files
from .text_file import BOM, numbered_lines, read_text

DELIMITERS = {".tsv": "\t", ".csv": ","}
JSON_SUFFIXES = (".jsonl", ".ndjson")
FORM = '{"text": ..., "label": "a|b"}, a list of labels, or {label: true or false}'


@dataclass(frozen=True)
class Labelled:
    """One text with the labels that are right for it."""

    text: str
    labels: tuple[str, ...]
    line: int  # of the file, counted from 1


@dataclass
class CatsReport:
    """What a conversion found."""

    n_docs: int = 0
    n_tokens: int = 0
    n_labels: Counter[str] = field(default_factory=Counter)  # texts that have the label
    n_per_doc: Counter[int] = field(default_factory=Counter)  # texts by the number of their labels
    n_blank: int = 0  # texts of white space alone, which are left out

    @property
    def is_exclusive(self) -> bool:
        """Whether each text has exactly one label, as `textcat` wants it."""
        return set(self.n_per_doc) == {1}


def convert_cats(
    path: Path, output: Path, *, lang: str, text: str = "text", labels: str = "label", separator: str = "|"
) -> CatsReport:
    """Write texts and labels as spaCy's binary format: every Doc says of every label of the file 1 or 0.

    path (Path): a .tsv or .csv table whose first line names the columns, or .jsonl with these as keys.
    text, labels (str): the column, or key, of the text and of its labels.
    separator (str): stands between labels in a column; a list in JSON needs none.
    RAISES (DataError): for whatever the user has to put right; nothing has been written then.
    """
    if output.suffix != ".spacy" or output.is_dir():
        raise DataError("is no name for a file; expected one that ends in .spacy.", output)
    nlp = blank_pipeline(lang)
    report = CatsReport()
    found = list(_counted(read_labelled(path, text=text, labels=labels, separator=separator), report))
    if not found or len(report.n_labels) < 2:
        kinds = ", ".join(sorted(report.n_labels)) or "none"
        raise DataError(
            f"holds {len(found)} texts with the labels {kinds}; expected two labels or more.", path
        )
    names = sorted(report.n_labels)
    docs = DocBin()
    for entry in found:
        doc = nlp.tokenizer(entry.text)
        doc.cats = {name: float(name in entry.labels) for name in names}
        report.n_tokens += len(doc)
        docs.add(doc)
    write_files({output: docs.to_bytes()})
    return report


def read_labelled(path: Path, *, text: str, labels: str, separator: str) -> Iterator[Labelled]:
    """The rows of a file, white space around texts and labels taken off."""
    if not path.is_file():
        raise DataError("does not exist; expected a file of texts with labels.", path)
    if path.suffix.lower() in JSON_SUFFIXES:
        rows: Iterator[tuple[int, Mapping[str, Any]]] = _read_json(path)
    elif path.suffix.lower() in DELIMITERS:
        rows = _read_table(path, DELIMITERS[path.suffix.lower()])
    else:
        known = ", ".join([*DELIMITERS, *JSON_SUFFIXES])
        raise DataError(f"ends in {path.suffix or 'nothing'}; expected one of {known}.", path)
    for line, row in rows:
        for name in (text, labels):
            if row.get(name) is None:
                raise DataError(
                    f"found no {name!r} (but {', '.join(map(repr, row))}); name the column.", path, line
                )
        content = row[text]
        if not isinstance(content, str) or HALF_PAIR.search(content):
            raise DataError(f"found no whole text under {text!r}; expected a string.", path, line)
        yield Labelled(content.strip(), _labels(row[labels], separator, path, line), line)


def _read_json(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in numbered_lines(path):
        if line.strip():
            yield number, parse_object(line, path, number, form=FORM)


def _read_table(path: Path, delimiter: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # newline="" as csv wants it: a quoted cell may hold line breaks
    reader = csv.DictReader(
        io.StringIO(read_text(path).removeprefix(BOM), newline=""), delimiter=delimiter, strict=True
    )
    try:
        for row in reader:
            if None in row:
                found = "found more cells than columns"
                raise DataError(f"{found}; quote a cell that holds the delimiter.", path, reader.line_num)
            yield reader.line_num, row
    except csv.Error as error:
        found = f"found a broken cell ({error})"
        raise DataError(f"{found}; expected quotes in pairs.", path, reader.line_num + 1) from error


def _labels(value: Any, separator: str, path: Path, line: int) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(separator)
    elif isinstance(value, dict):
        value = [name for name, is_right in value.items() if is_right]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise DataError(f"found no labels but {str(value)[:60]!r}; expected {FORM}.", path, line)
    return tuple(dict.fromkeys(name.strip() for name in value if name.strip()))


def _counted(entries: Iterator[Labelled], report: CatsReport) -> Iterator[Labelled]:
    for entry in entries:
        if not entry.text:
            report.n_blank += 1
            continue
        report.n_docs += 1
        report.n_labels.update(entry.labels)
        report.n_per_doc[len(entry.labels)] += 1
        yield entry
