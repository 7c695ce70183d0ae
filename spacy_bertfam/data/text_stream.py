"""Texts without end: a file, a folder or standard input -> one text after the other, each with its name."""

import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from spacy.vocab import Vocab

from ..errors import DataError
from .arrow_tables import read_columns
from .folders import chosen_files
from .json_values import read_objects, shown
from .tables import TABLES, read_rows
from .text_file import PACKED, SMALL, located, read_text, split_lines, suffix_of
from .texts import STDIN, read_docs
from .trimming import clean_edges

LINES = (".jsonl", ".ndjson")
ID = "id"


class Text(NamedTuple):
    """A text, and what its source calls it: an id, a file, or a number from 1."""

    id: str | int
    text: str


def stream_texts(source: str, *, column: str = "text", by_line: bool = False) -> Iterator[Text]:
    """Read texts one by one; blank ones are texts too, but for blank lines.

    source (str): a .txt file or a folder of such, JSON lines, CSV, TSV, Parquet, a `.spacy` file, or "-".
    column (str): the column, or key, of the text; that of the name is "id", where there is one.
    by_line (bool): each line of a .txt file, or of "-", is a text of its own; in a folder a file and a line name it.
    RAISES (DataError): when there is no such file, or it does not hold what its name says.
    """
    path = Path(source)
    if source == STDIN:
        with located(Path("Standard input")), _decoding():
            yield from _cut(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline=""), by_line)
    elif path.is_dir():
        files = chosen_files(path, (".txt",))
        if not files:
            raise DataError("is a folder without .txt files; expected one with texts.", path)
        for place in files:
            own = place.relative_to(path).as_posix()
            for text in _cut(io.StringIO(read_text(place).removeprefix("\ufeff"), newline=""), by_line):
                yield text._replace(id=f"{own}:{text.id}" if by_line else own)
    elif not path.is_file():
        raise DataError("does not exist; expected a file or a folder of texts, or - for stdin.", path)
    else:
        rows = _read_rows(path, column)
        if rows is None:
            with _open(path) as file, located(path), _decoding():
                yield from _cut(file, by_line)
            return
        for number, row in enumerate(rows, start=1):
            name = row.get(ID)
            yield Text(name if isinstance(name, (str, int)) and name != "" else number, row[column])


def _read_rows(path: Path, column: str) -> Iterator[Mapping[str, Any]] | None:
    """RETURNS (Iterator[Mapping] | None): rows with the text under ``column``; None of a file of bare text."""
    suffix = suffix_of(path)
    if suffix in LINES:
        return _checked(_json_lines(path), column, path)
    if suffix == ".json":
        return _checked(read_objects(path, form=f'{{"{column}": "..."}}'), column, path)
    if suffix in TABLES:
        return _checked(_table(path, column), column, path)
    if suffix in (".parquet", ".arrow"):
        return _checked(read_columns(path, (column, ID)), column, path)
    return ({column: doc.text} for doc in read_docs(path, Vocab())) if suffix == ".spacy" else None


def _checked(
    rows: Iterator[tuple[int, Mapping[str, Any]]], column: str, path: Path
) -> Iterator[Mapping[str, Any]]:
    for line, row in rows:
        if not isinstance(row.get(column), str):
            keys = ", ".join(repr(key)[:40] for key in list(row)[:20])
            raise DataError(f"found no text under {column!r} (but {keys}); see --text-column.", path, line)
        yield row


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with _open(path) as file, located(path), _decoding():
        for number, line in enumerate(file, start=1):
            line = clean_edges(line)
            if not line:
                continue
            expected = "expected an object a line"
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"found no valid JSON ({error}); {expected}.", line=number) from error
            if not isinstance(value, dict):
                raise DataError(f"found {shown(value)}; {expected}.", line=number)
            yield number, value


def _table(path: Path, column: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with _open(path) as file, located(path), _decoding():
        yield from read_rows(file, (column, ID))


def _open(path: Path) -> TextIO:
    """A large file is read line by line, in UTF-8; of others the encoding is found out."""
    if path.stat().st_size > SMALL and path.suffix.lower() not in PACKED:
        return path.open(encoding="utf-8-sig", newline="")
    return io.StringIO(read_text(path).removeprefix("\ufeff"), newline="")


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        found = f"found the byte 0x{error.object[error.start]:02x}, which is not UTF-8"
        raise DataError(f"{found}; save the texts in the encoding UTF-8.") from error


def _cut(file: TextIO, by_line: bool) -> Iterator[Text]:
    if by_line:
        lines = ((number, line.rstrip("\r\n")) for number, line in enumerate(file, start=1))
        yield from (Text(number, line) for number, line in lines if line.strip())
    else:
        yield Text(1, _whole(file.read()))


def _whole(text: str) -> str:
    """Line ends as a Doc has them."""
    return "\n".join(split_lines(text))
