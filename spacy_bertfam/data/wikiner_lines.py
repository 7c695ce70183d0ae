"""The lines of a WikiNER file (`word|POS|tag word|POS|tag ...`, a sentence each) -> documents of sentences of rows."""

from pathlib import Path

from .column_lines import ColumnFile, Row
from .errors import DataError
from .schemes import is_tag
from .text_file import numbered_lines


def looks_like_wikiner(line: str) -> bool:
    """Whether every token of a line is `word|POS|tag`."""
    parts = [token.rsplit("|", 2) for token in line.split(" ") if token]
    return bool(parts) and all(len(part) == 3 and is_tag(part[2]) for part in parts)


def read_wikiner_rows(path: Path) -> ColumnFile:
    """A document is what stands between blank lines (Nothman et al. 2013 part the articles so).

    RAISES (DataError): a token that is not `word|POS|tag`.
    """
    out = ColumnFile(has_borders=True)
    document: list[list[Row]] = []
    for number, line in numbered_lines(path):
        sentence = [_row(token, path, number) for token in line.split(" ") if token]
        if sentence:
            document.append(sentence)
        elif document:
            out.documents.append(document)
            document = []
    if document:
        out.documents.append(document)
    return out


def _row(token: str, path: Path, number: int) -> Row:
    parts = token.rsplit("|", 2)
    if len(parts) != 3 or not parts[0]:
        raise DataError(f"found {token!r}; expected `word|POS|tag`, as in `Paris|NAM|I-LOC`.", path, number)
    if not is_tag(parts[2]):
        expected = "expected O, or I- or B- with a label, as in `Paris|NAM|I-LOC`"
        raise DataError(f"found the tag {parts[2]!r} in {token!r}; {expected}.", path, number)
    return Row(parts[0], parts[2], number)
