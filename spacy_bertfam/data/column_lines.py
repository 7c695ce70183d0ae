"""The lines of a column file -> documents of sentences of rows, with every line checked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError
from .column_layout import Layout, find_layout, is_header
from .recognize import name_of
from .report import ConversionReport
from .schemes import clean_tag, is_tag, recognize_scheme, tags_to_spans
from .text_file import located, numbered_lines
from .trimming import MARKS, SPACES, clean_word, is_invisible

DOCSTART = "-DOCSTART-"
DOCUMENT_BORDER = re.compile(rf"{DOCSTART}(?:\s|$)")
COMMENT = re.compile(r"#\s")
LABEL_STUDIO = re.compile(r"\S+ -X- _ \S")  # its labels may hold spaces
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)?:(?=.)")  # WikiANN (PAN-X) has it before each word
# in CoNLL-U the number of a contraction, or of a word that is not written
SEVERAL_WORDS = re.compile(r"\d+[-.]\d+")
FORM = "a word and its tag between spaces or tabs, as in `Paris B-LOC`"


class Row(NamedTuple):
    """One token of a column file.

    line (int): its line, from 1.
    document (int), sentence (int): the lines of the borders before it.
    """

    word: str
    tag: str
    line: int
    document: int
    sentence: int


Documents = list[list[list[Row]]]  # document -> sentence -> rows; nothing in it is empty


class Line(NamedTuple):
    """One line of cells, and the lines of the borders before it."""

    number: int
    text: str
    cells: list[str]
    document: int
    sentence: int


def read_rows(path: Path, source: str, report: ConversionReport) -> tuple[Documents, bool]:
    """Find the columns of a file and read the word and the tag of each row.

    RETURNS (tuple[Documents, bool]): the rows, and whether the file says where documents begin.
    RAISES (DataError): when the file has no such columns, or a line is neither blank, a document border, a comment
        nor a row of them.
    """
    lines, has_borders = _split(numbered_lines(path, source, report.note))
    sure = [line for line in lines if not line.text.startswith("#")] or lines
    n_columns = max([2, *(n for n, _ in Counter(len(line.cells) for line in sure).most_common(1))])
    rows = [line for line in sure if len(line.cells) == n_columns]
    if len(rows) > 1 and is_header(rows[0].cells):
        report.ignored["header lines"] += 1
        lines.remove(rows.pop(0))
    sentences = [[line.cells for line in group] for _, group in groupby(rows, attrgetter("sentence"))]
    layout = find_layout(sentences, n_columns) if sentences else Layout(0, n_columns - 1)
    with located(path):
        _check_layout(layout, lines)
        _tell(layout, sentences, n_columns, source, report)
        found = list(_rows(lines, n_columns, layout, report))
    return grouped(_without_language(found, source, report)), has_borders


def grouped(rows: Iterable[Row]) -> Documents:
    """RETURNS (Documents): the rows by document and sentence."""
    return [
        [list(sentence) for _, sentence in groupby(document, attrgetter("sentence"))]
        for _, document in groupby(rows, attrgetter("document"))
    ]


def _split(numbered: list[tuple[int, str]]) -> tuple[list[Line], bool]:
    """RETURNS (tuple[list[Line], bool]): the lines that are no borders, and whether documents have borders."""
    texts = [(number, _clean_line(text)) for number, text in numbered]
    filled = [text for _, text in texts if text and not DOCUMENT_BORDER.match(text)]
    separator = _separator([text for text in filled if not text.startswith("#")] or filled)
    lines = []
    document = sentence = 0
    for number, text in texts:
        cells = [_clean_cell(cell) for cell in separator.split(text)]
        if DOCSTART in cells or DOCUMENT_BORDER.match(text):
            document = sentence = number
        elif not text:
            sentence = number
        else:
            lines.append(Line(number, text, cells, document, sentence))
    return lines, document > 0


def _clean_line(line: str) -> str:
    """Take off what is invisible at its edges, but for a first cell that is empty or holds nothing else."""
    if is_invisible(line):
        return ""
    line = line.rstrip(SPACES + MARKS)
    start = len(line) - len(line.lstrip(SPACES + MARKS))
    return line if line[start - 1 : start] in ("\t", " ") else line[start:]


def _clean_cell(cell: str) -> str:
    """A word may end in a joiner, a tag may not."""
    word = clean_word(cell)
    return word if word.isascii() else clean_tag(word) or word


def _separator(rows: list[str]) -> re.Pattern[str]:
    if rows and all(map(LABEL_STUDIO.match, rows)):
        return re.compile(" -X- _ ")
    n_tabbed = 2 * sum("\t" in line for line in rows)
    has_tabs = n_tabbed > len(rows) or (n_tabbed == len(rows) and "\t" in "".join(rows[:1]))
    # not \s, not str.split(): a token may hold a no-break space, or between tabs any space
    return re.compile("\t" if has_tabs else "[ \t]+")


def _check_layout(layout: Layout, lines: list[Line]) -> None:
    """RAISES (DataError): when there is no column of words, or none of tags and the file seems to be something else."""
    name = name_of("\n".join(line.text for line in lines)) if layout.tag < 0 else ""
    if name:
        raise DataError(f"seems to be {name}; expected {FORM}, or another --format.")
    if layout.word < 0:
        found = f"found numbers that count the lines ({_shorten(lines[0].cells)}) and no column of words"
        raise DataError(f"{found}; expected {FORM}.", line=lines[0].number)


def _tell(
    layout: Layout, sentences: list[list[list[str]]], n_columns: int, source: str, report: ConversionReport
) -> None:
    is_usual = layout.word == 0 and layout.tag == n_columns - 1 and not layout.others
    if layout.tag >= 0 and not is_usual:
        columns = f"has its words in column {layout.word + 1} of {n_columns}, their tags in {layout.tag + 1}."
        report.note(columns, source)
    for i in layout.others:
        tags = [[row[i] for row in rows] for rows in sentences]
        scheme = recognize_scheme(tags)
        n = sum(len(tags_to_spans(row, scheme="BIOES" if scheme == "mixed" else scheme)[0]) for row in tags)
        report.ignored[f"entities of another column of tags ({i + 1})"] += n


def _rows(lines: list[Line], n_columns: int, layout: Layout, report: ConversionReport) -> Iterator[Row]:
    tag = layout.tag if layout.tag >= 0 else n_columns - 1
    for line in lines:
        if _is_comment(line, n_columns, tag):
            report.ignored["comment lines"] += 1
        elif (
            layout.ids >= 0
            and len(line.cells) == n_columns
            and SEVERAL_WORDS.fullmatch(line.cells[layout.ids])
        ):
            report.ignored["lines of contractions and of words not written"] += 1
        else:
            yield _row(line, n_columns, layout.word, tag)


def _is_comment(line: Line, n_columns: int, tag: int) -> bool:
    """`# sent_id = 1` is a comment, `# O` the token "#"."""
    if not line.text.startswith("#"):
        return False
    if len(line.cells) != n_columns:
        return COMMENT.match(line.text) is not None or n_columns > 2 or "=" in line.text
    is_named = COMMENT.match(line.text) or is_header([cell.lstrip("#") for cell in line.cells])
    return bool(is_named) and not is_tag(line.cells[tag])


def _row(line: Line, n_columns: int, word: int, tag: int) -> Row:
    cells = line.cells
    problem = ""
    if len(cells) != n_columns:
        expected = f"expected {n_columns} as on the other lines" if len(cells) > 1 else f"expected {FORM}"
        problem = f"found {len(cells)} column{'s' * (len(cells) != 1)} ({_shorten(cells)}); {expected}."
    elif not cells[word]:
        problem = "found no token before the tag; expected `token tag`."
    elif not is_tag(cells[tag]):
        expected = "expected O, or a letter of B I E S L U with a label, as in `B-LOC`"
        problem = f"found the tag {cells[tag][:40]!r}; {expected}, in column {tag + 1}."
    if problem:
        raise DataError(problem, line=line.number)
    return Row(cells[word], cells[tag], line.number, line.document, line.sentence)


def _without_language(rows: list[Row], source: str, report: ConversionReport) -> list[Row]:
    """Where each word has the same language before it (`fr:Paris`), take it off."""
    matches = [LANGUAGE.match(row.word) for row in rows]
    found = {match[0] if match else "" for match in matches}
    if len(rows) < 3 or len(found) != 1 or "" in found:
        return rows
    (prefix,) = found
    report.note(f"has {prefix} before each word; taken off.", source)
    return [row._replace(word=row.word.removeprefix(prefix)) for row in rows]


def _shorten(cells: Sequence[str]) -> str:
    text = " ".join(cells)
    return repr(text if len(text) <= 40 else text[:40] + "…")
