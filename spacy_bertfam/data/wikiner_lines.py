"""The lines of a WikiNER file (`word|POS|tag word|POS|tag ...`, a sentence each) -> documents of sentences of rows."""

from pathlib import Path
from typing import Optional

from ..errors import DataError
from .column_lines import ColumnFile, Row
from .schemes import clean_tag
from .text_file import Notes, numbered_lines
from .trimming import clean_label, clean_word


def read_wikiner_rows(path: Path, report: Optional[Notes] = None, source: str = "") -> ColumnFile:
    """A document is what stands between blank lines (Nothman et al. 2013 part the articles so).

    spaCy's `.iob` is of the same form, also without parts of speech (`word|tag`).
    RAISES (DataError): a token that is not `word|POS|tag`, or in a file that begins with such, not `word|tag`.
    """
    out = ColumnFile(without_borders="has no blank lines between documents; each line is a document.")
    document: list[list[Row]] = []
    lines = [(number, clean_label(line).split(" ")) for number, line in numbered_lines(path, report, source)]
    firsts = next((tokens for _, tokens in lines if tokens != [""]), [])
    n_parts = 2 if all(token.count("|") == 1 for token in firsts if token) else 3
    for number, tokens in lines:
        sentence = [_row(token, n_parts, path, number) for token in tokens if token]
        if sentence:
            document.append(sentence)
        elif document:
            out.documents.append(document)
            document = []
    if document:
        out.documents.append(document)
    out.has_borders = len(out.documents) > 1
    return out


def _row(token: str, n_parts: int, path: Path, number: int) -> Row:
    parts = token.rsplit("|", n_parts - 1)
    form, example = ("word|tag", "Paris|I-LOC") if n_parts == 2 else ("word|POS|tag", "Paris|NAM|I-LOC")
    if len(parts) != n_parts or not parts[0]:
        raise DataError(f"found {token[:60]!r}; expected `{form}`, as in `{example}`.", path, number)
    tag = clean_tag(parts[-1])
    if not tag:
        expected = f"expected O, or I- or B- with a label, as in `{example}`"
        raise DataError(f"found the tag {parts[-1][:40]!r} in {token[:60]!r}; {expected}.", path, number)
    return Row(clean_word(parts[0]), tag, number)
