"""The lines of a column file -> documents of sentences of rows, with every line checked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

from .errors import DataError
from .schemes import is_tag
from .text_file import numbered_lines

DOCUMENT_BORDER = re.compile(r"-DOCSTART-(?:\s|$)")
MIN_COLUMNS, MAX_COLUMNS = 2, 4


@dataclass(frozen=True)
class Row:
    """One token of a column file; line counts from 1."""

    word: str
    tag: str
    line: int


@dataclass
class ColumnFile:
    """The rows of one file.

    documents: document -> sentence -> rows; nothing in it is empty.
    has_borders (bool): whether -DOCSTART- lines say where documents begin.
    n_comments (int): lines that were left out as comments.
    """

    documents: list[list[list[Row]]] = field(default_factory=list)
    has_borders: bool = False
    n_comments: int = 0


def read_rows(path: Path) -> ColumnFile:
    """RAISES (DataError): a line that is neither blank, a document border, a comment nor `token [..] tag`."""
    out = ColumnFile()
    document: list[list[Row]] = []
    sentence: list[Row] = []
    for row in _rows(path, out):
        if isinstance(row, Row):
            sentence.append(row)
            continue
        if sentence:
            document.append(sentence)
            sentence = []
        if row == "document" and document:
            out.documents.append(document)
            document = []
    return out


def _rows(path: Path, out: ColumnFile) -> Iterator[Union[Row, str]]:
    """Yield a Row, or "sentence" or "document" at a border of one."""
    lines = [(number, line.rstrip(" \t")) for number, line in numbered_lines(path)]
    separator, n_columns = _layout([line for _, line in lines])
    for number, line in lines:
        if not line:
            yield "sentence"
            continue
        if DOCUMENT_BORDER.match(line):
            out.has_borders = True
            yield "document"
            continue
        columns = separator.split(line)
        if _is_comment(line, columns, n_columns):
            out.n_comments += 1
        else:
            yield _row(path, number, columns, n_columns)
    yield "document"


def _layout(lines: list[str]) -> tuple[re.Pattern[str], int]:
    """RETURNS (tuple): what separates the columns of the file and how many there are, by its first token."""
    tokens = [line for line in lines if line and not DOCUMENT_BORDER.match(line)]
    first = next((line for line in tokens if not line.startswith("# ")), tokens[0] if tokens else "")
    # not \s, not str.split(): a token may hold a no-break space, or between tabs any space
    separator = re.compile("\t" if "\t" in first else "[ \t]+")
    return separator, len(separator.split(first))


def _is_comment(line: str, columns: list[str], n_columns: int) -> bool:
    """`# sent_id = 1` is a comment, `# O` the token "#"."""
    return line.startswith("# ") and (len(columns) != n_columns or not is_tag(columns[-1]))


def _row(path: Path, number: int, columns: list[str], n_columns: int) -> Row:
    n_found = len(columns)
    if not MIN_COLUMNS <= n_found <= MAX_COLUMNS:
        found = f"found {n_found} column{'s' * (n_found != 1)} ({_shorten(columns)})"
        expected = (
            "expected 2 to 4 between spaces or tabs, the token first and its tag last, as in `Paris B-LOC`"
        )
        raise DataError(f"{found}; {expected}.", path, number)
    if n_found != n_columns:
        found = f"found {n_found} columns ({_shorten(columns)})"
        raise DataError(f"{found}; expected {n_columns} as on the lines before.", path, number)
    if not columns[0]:
        raise DataError("found no token before the tag; expected `token tag`.", path, number)
    if not is_tag(columns[-1]):
        expected = "expected O, or a letter of B I E S L U with a label, as in `B-LOC`, in the last column"
        raise DataError(f"found the tag {columns[-1]!r}; {expected}.", path, number)
    return Row(columns[0], columns[-1], number)


def _shorten(columns: list[str]) -> str:
    text = " ".join(columns)
    return repr(text if len(text) <= 40 else text[:40] + "…")
