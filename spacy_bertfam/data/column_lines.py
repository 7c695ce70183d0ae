"""The lines of a column file -> documents of sentences of rows, with every line checked."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ..errors import DataError
from .column_layout import Layout, find_layout, is_header
from .recognise import name_of
from .schemes import clean_tag, is_tag, recognise_scheme, tags_to_spans
from .text_file import Notes, numbered_lines
from .trimming import clean_word, is_invisible

DOCUMENT_BORDER = re.compile(r"-DOCSTART-(?:\s|$)")
COMMENT = re.compile(r"#\s")
LABEL_STUDIO = re.compile(r"\S+ -X- _ \S")  # its labels may hold spaces
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)?:(?=.)")  # WikiANN (PAN-X) has it before each word
# in CoNLL-U the number of a contraction, or of a word that is not written
SEVERAL_WORDS = re.compile(r"\d+[-.]\d+")
FORM = "a word and its tag between spaces or tabs, as in `Paris B-LOC`"


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
    left_out: a kind of line or annotation that was left out -> how many there were.
    notes: sentences about how it was read.
    without_borders: what is said of a file without document borders.
    """

    documents: list[list[list[Row]]] = field(default_factory=list)
    has_borders: bool = False
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    without_borders: str = "has no -DOCSTART- lines; each block between blank lines is a document."


@dataclass(frozen=True)
class Line:
    """One line: a border where there are no cells, and one of documents if is_document."""

    number: int
    text: str = ""
    cells: Sequence[str] = ()
    is_document: bool = False


def read_rows(path: Path, report: Optional[Notes] = None, source: str = "") -> ColumnFile:
    """Find the columns of a file and read the word and the tag of each row.

    RAISES (DataError): the file has no such columns, or a line is neither blank, a document border, a comment
        nor a row of them.
    """
    lines = _split(numbered_lines(path, report, source))
    n_columns = _n_columns(lines)
    rows = [line for line in lines if len(line.cells) == n_columns and not line.text.startswith("#")]
    out = ColumnFile()
    if len(rows) > 1 and is_header(rows[0].cells):
        out.left_out["header lines"] += 1
        lines.remove(rows[0])
    sentences = list(_sentences(lines, n_columns))
    layout = find_layout(sentences, n_columns) if sentences else Layout(0, n_columns - 1)
    _check_layout(layout, lines, path)
    _tell(layout, sentences, n_columns, out)
    _gather(_rows(lines, n_columns, layout, path, out), out)
    _take_off_language(out)
    return out


def _split(numbered: list[tuple[int, str]]) -> list[Line]:
    texts = [(number, _clean_line(text)) for number, text in numbered]
    separator = _separator([text for _, text in texts if text and not DOCUMENT_BORDER.match(text)])
    lines = []
    for number, text in texts:
        is_document = DOCUMENT_BORDER.match(text) is not None
        cells = separator.split(text) if text and not is_document else []
        lines.append(Line(number, text, [_clean_cell(cell) for cell in cells], is_document))
    return lines


def _clean_line(line: str) -> str:
    """Take off what is invisible at its edges, but for a first cell that is empty or holds nothing else."""
    if "!" <= line[:1] <= "~" and "!" <= line[-1:] <= "~":  # most lines
        return line
    if is_invisible(line):
        return ""
    cleaned = clean_word(line)
    start = line.index(cleaned)
    return line[: start + len(cleaned)] if line[start - 1 : start] in (" ", "\t") else cleaned


def _clean_cell(cell: str) -> str:
    """A word may end in a joiner, a tag may not."""
    word = clean_word(cell)
    if word.isascii():
        return word
    return clean_tag(word) or word


def _separator(lines: list[str]) -> re.Pattern[str]:
    rows = [line for line in lines if not line.startswith("#")] or lines
    if rows and all(map(LABEL_STUDIO.match, rows)):
        return re.compile(" -X- _ ")
    n_tabbed = 2 * sum("\t" in line for line in rows)
    has_tabs = n_tabbed > len(rows) or (n_tabbed == len(rows) and "\t" in "".join(rows[:1]))
    # not \s, not str.split(): a token may hold a no-break space, or between tabs any space
    return re.compile("\t" if has_tabs else "[ \t]+")


def _n_columns(lines: list[Line]) -> int:
    """How many columns most rows have, at least 2."""
    counts = Counter(len(line.cells) for line in lines if line.cells and not line.text.startswith("#"))
    counts = counts or Counter(len(line.cells) for line in lines if line.cells)
    return max(2, counts.most_common(1)[0][0]) if counts else 2


def _sentences(lines: list[Line], n_columns: int) -> Iterator[list[Sequence[str]]]:
    """The rows that are no comment for sure, to find the columns by; all where there are no others."""
    sure = any(len(line.cells) == n_columns and not line.text.startswith("#") for line in lines)
    rows: list[Sequence[str]] = []
    for line in [*lines, Line(0)]:
        if not line.cells and rows:
            yield rows
            rows = []
        elif len(line.cells) == n_columns and not (sure and line.text.startswith("#")):
            rows.append(line.cells)


def _check_layout(layout: Layout, lines: list[Line], path: Path) -> None:
    """RAISES (DataError): there is no column of words, or none of tags and the file seems to be something else."""
    text = "\n".join(line.text for line in lines)
    name = name_of(text) if layout.tag < 0 else ""
    if name:
        raise DataError(f"seems to be {name}; expected {FORM}, or another --format.", path)
    if layout.word < 0:
        first = next(line for line in lines if line.cells)
        found = f"found numbers that count the lines ({_shorten(first.cells)}) and no column of words"
        raise DataError(f"{found}; expected {FORM}.", path, first.number)


def _tell(layout: Layout, sentences: list[list[Sequence[str]]], n_columns: int, out: ColumnFile) -> None:
    if layout.tag >= 0 and not layout.is_usual(n_columns):
        out.notes.append(
            f"has its words in column {layout.word + 1} of {n_columns}, their tags in {layout.tag + 1}."
        )
    for i in layout.others:
        tags = [[row[i] for row in rows] for rows in sentences]
        scheme = recognise_scheme(tags)
        n = sum(len(tags_to_spans(row, scheme="BIOES" if scheme == "mixed" else scheme)[0]) for row in tags)
        out.left_out[f"entities of another column of tags ({i + 1})"] += n


def _rows(
    lines: list[Line], n_columns: int, layout: Layout, path: Path, out: ColumnFile
) -> Iterator[Row | str]:
    """Yield a Row, or "sentence" or "document" at a border of one."""
    has_ids = layout.ids >= 0
    tag = layout.tag if layout.tag >= 0 else n_columns - 1
    for line in lines:
        if line.is_document or (
            line.cells and line.cells[min(layout.word, len(line.cells) - 1)] == "-DOCSTART-"
        ):
            out.has_borders = True
            yield "document"
        elif not line.cells:
            yield "sentence"
        elif _is_comment(line, n_columns, tag):
            out.left_out["comment lines"] += 1
        elif has_ids and len(line.cells) == n_columns and SEVERAL_WORDS.fullmatch(line.cells[layout.ids]):
            out.left_out["lines of contractions and of words not written"] += 1
        else:
            yield _row(path, line, n_columns, layout.word, tag)
    yield "document"


def _is_comment(line: Line, n_columns: int, tag: int) -> bool:
    """`# sent_id = 1` is a comment, `# O` the token "#"."""
    if not line.text.startswith("#"):
        return False
    if len(line.cells) != n_columns:
        return COMMENT.match(line.text) is not None or n_columns > 2 or "=" in line.text
    is_named = COMMENT.match(line.text) or is_header([cell.lstrip("#") for cell in line.cells])
    return bool(is_named) and not is_tag(line.cells[tag])


def _row(path: Path, line: Line, n_columns: int, word: int, tag: int) -> Row:
    cells = line.cells
    if len(cells) != n_columns or n_columns < 2:
        found = f"found {len(cells)} column{'s' * (len(cells) != 1)} ({_shorten(cells)})"
        expected = f"expected {n_columns} as on the other lines" if len(cells) > 1 else f"expected {FORM}"
        raise DataError(f"{found}; {expected}.", path, line.number)
    if not cells[word]:
        raise DataError("found no token before the tag; expected `token tag`.", path, line.number)
    if not is_tag(cells[tag]):
        expected = "expected O, or a letter of B I E S L U with a label, as in `B-LOC`"
        raise DataError(
            f"found the tag {cells[tag][:40]!r}; {expected}, in column {tag + 1}.", path, line.number
        )
    return Row(cells[word], cells[tag], line.number)


def _gather(rows: Iterator[Row | str], out: ColumnFile) -> None:
    document: list[list[Row]] = []
    sentence: list[Row] = []
    for row in rows:
        if isinstance(row, Row):
            sentence.append(row)
            continue
        if sentence:
            document.append(sentence)
            sentence = []
        if row == "document" and document:
            out.documents.append(document)
            document = []


def _take_off_language(out: ColumnFile) -> None:
    """Where each word has the same language before it (`fr:Paris`), take it off."""
    rows = [row for document in out.documents for sentence in document for row in sentence]
    found = {match[0] if (match := LANGUAGE.match(row.word)) else "" for row in rows}
    if len(rows) < 3 or len(found) != 1 or "" in found:
        return
    (prefix,) = found
    out.documents = [
        [[Row(row.word.removeprefix(prefix), row.tag, row.line) for row in rows] for rows in document]
        for document in out.documents
    ]
    out.notes.append(f"has {prefix} before each word; taken off.")


def _shorten(columns: Sequence[str]) -> str:
    text = " ".join(columns)
    return repr(text if len(text) <= 40 else text[:40] + "…")
