"""Texts with labels (a table or JSON lines) -> `.spacy` files for spaCy's text categorizers."""

import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.tokens import DocBin

from ..errors import DataError
from ..files.saving import write_files
from .convert import blank_pipeline
from .json_values import JSON_SUFFIXES, read_objects, shown
from .pair_tokenizer import BORDER, build_pair_tokenizer
from .report import Notes
from .tables import TABLES, read_rows
from .text_file import BOM, located, read_text, suffix_of
from .trimming import clean_edges, clean_label
from .units import LONGEST
from .verdicts import TOOLS_KEYS, refusal, truth_of

FORM = '{"text": ..., "label": "a|b"}, a list of labels, or {label: true or false}'


@dataclass
class CatsReport(Notes):
    """What a conversion found."""

    n_docs: int = 0
    n_tokens: int = 0
    n_labels: Counter[str] = field(default_factory=Counter)  # texts that have the label
    n_per_doc: Counter[int] = field(default_factory=Counter)  # texts by the number of their labels
    n_blank: int = 0  # texts of white space alone, which are left out
    n_refused: Counter[str] = field(default_factory=Counter)  # texts that are not gold, by the reason

    @property
    def is_exclusive(self) -> bool:
        """Whether each text has exactly one label, as `textcat` wants it."""
        return set(self.n_per_doc) == {1}


def convert_cats(
    path: Path,
    output: Path,
    *,
    lang: str,
    text: str = "text",
    labels: str = "label",
    separator: str = "|",
    pair: str | None = None,
) -> CatsReport:
    """Write texts and labels as spaCy's binary format: every Doc says of every label of the file 1 or 0.

    Texts that an annotation tool says are not gold are left out and counted.
    path (Path): a .tsv or .csv table (commas or semicolons) whose first line names the columns, or .jsonl with these
        as keys.
    text, labels (str): the column, or key, of the text and of its labels.
    separator (str): stands between labels in a column; a list in JSON needs none.
    pair (str | None): the column, or key, of a second text: each Doc is the pair of both, with a tab between them, as
        ``spacy-bertfam.PairTokenizer.v1`` reads it.
    RAISES (DataError): for whatever the user has to put right; nothing has been written then.
    """
    if output.suffix != ".spacy" or os.path.isdir(output):
        raise DataError("is no name for a file; expected one that ends in .spacy.", output)
    nlp = blank_pipeline(lang)
    make_doc = build_pair_tokenizer()(nlp) if pair else nlp.tokenizer
    report = CatsReport()
    found = []
    wanted, is_table = [text, labels, *([pair] if pair else [])], suffix_of(path) in TABLES
    for line, row in _read_rows(path, report, wanted):
        if reason := refusal(
            {k: row[k] for k in row if k not in wanted and (k in TOOLS_KEYS or not is_table)}
        ):
            report.n_refused[reason] += 1
            continue
        with located(path, line):
            content, names = _content(row, text, pair), _labels(row, labels, separator)
        if not content:
            report.n_blank += 1
            continue
        found.append((content, names))
        report.n_labels.update(names)
        report.n_per_doc[len(names)] += 1
    report.n_docs = len(found)
    all_names = sorted(report.n_labels)
    if len(all_names) < 2:
        kinds = ", ".join(all_names) or "none"
        left_out = "".join(f"; {n} {reason}" for reason, n in report.n_refused.items())
        expected = f"expected two labels or more{left_out}"
        raise DataError(f"holds {len(found)} texts with the labels {kinds}; {expected}.", path)
    docs = DocBin()
    for content, names in found:
        doc = make_doc(content)
        doc.cats = {name: float(name in names) for name in all_names}
        report.n_tokens += len(doc)
        docs.add(doc)
    write_files({output: docs.to_bytes()})
    return report


def _read_rows(path: Path, report: CatsReport, names: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a file, each with its line."""
    if not os.path.isfile(path):
        raise DataError("does not exist; expected a file of texts with labels.", path)
    suffix = suffix_of(path)
    if suffix in TABLES:
        content = read_text(path, path.name, report.note).removeprefix(BOM)
        with located(path):
            yield from read_rows(io.StringIO(content, newline=""), names)
    elif suffix not in JSON_SUFFIXES:
        known = ", ".join([*TABLES, *JSON_SUFFIXES])
        raise DataError(f"ends in {path.suffix or 'nothing'}; expected one of {known}.", path)
    else:
        yield from read_objects(path, form=FORM, source=path.name, note=report.note)


def _cell(row: Mapping[str, Any], name: str) -> Any:
    if row.get(name) is None:
        keys = ", ".join(repr(key)[:40] for key in list(row)[:20])
        raise DataError(f"found no {name!r} (but {keys}); name the column.")
    return row[name]


def _content(row: Mapping[str, Any], text: str, pair: str | None) -> str:
    """RETURNS (str): a text, or a pair with a tab; "" where one of them is blank."""
    content = _text(row, text)
    if pair is not None:
        second = _text(row, pair)
        content = f"{content.replace(BORDER, ' ')}{BORDER}{second}" if content and second else ""
    if len(content) > LONGEST:
        expected = f"expected {LONGEST:,} at most, which spaCy reads: shorten it"
        raise DataError(f"found a text of {len(content):,} characters; {expected}.")
    return content


def _text(row: Mapping[str, Any], name: str) -> str:
    content = _cell(row, name)
    if not isinstance(content, str):
        raise DataError(f"found no whole text under {name!r}; expected a string.")
    return clean_edges(content)


def _labels(row: Mapping[str, Any], name: str, separator: str) -> list[str]:
    value = _cell(row, name)
    if isinstance(value, str):
        value = value.split(separator)
    elif isinstance(value, dict):
        value = [label for label, score in value.items() if _is_right(label, score)]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise DataError(f"found no labels but {shown(value)!r}; expected {FORM}.")
    return list(dict.fromkeys(name for name in map(clean_label, value) if name))


def _is_right(label: str, score: Any) -> bool:
    if score is None:  # as tables have it
        return False
    found = truth_of(score) if isinstance(score, str) or score in (0, 1) else None
    if found is None:
        do = "correct what the scores suggest, or give a list of the labels that are right"
        raise DataError(f"found {shown(score)} for the label {label!r}; expected true or false: {do}.")
    return found
