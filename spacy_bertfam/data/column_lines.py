"""A file of columns, or a table -> its lines in cells, between the borders of sentences and documents."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .column_layout import header_of, is_header
from .options import Source
from .schemes import clean_tag
from .tables import QUOTED, SEPARATOR, read_cells, unquoted
from .text_file import BOM, split_lines
from .trimming import MARKS, SPACES, clean_word, is_invisible

DOCSTART = "-DOCSTART-"
# Of CoNLL-2003, CoNLL-2012, CoNLL-U and HIPE
DOCUMENT_BORDER = re.compile(
    rf"{DOCSTART}(?:\s|$)|#begin document\b|# ?newdoc(?: id = .*)?$|# (?:hipe2022:)?document_id = "
)
LABEL_STUDIO = re.compile(r"\S+ -X- _ \S")  # its labels may hold spaces
CONLL_2012 = "#begin document"
N_CONLL_2012 = 11  # columns to the entities; after them come as many as the sentence has verbs
SENTENCE = re.compile(r"sentence:? ?#?\d+", re.IGNORECASE)  # Kaggle's GMB has it on the first word of each
SENTENCE_NAME = re.compile(r"sent(?:ence)?[ _]?(?:#|id|idx|no|number|index)?", re.IGNORECASE)


class Line(NamedTuple):
    """One line of cells, and the lines of the borders before it."""

    number: int
    text: str
    cells: list[str]
    document: int
    sentence: int


def read_lines(file: Source) -> tuple[list[Line], bool]:
    """RETURNS (tuple[list[Line], bool]): the lines that are no borders, and whether documents have borders.

    RAISES (DataError): when a cell of a table has half a pair of quotes.
    """
    text = SEPARATOR.sub("", file.text())
    first = next((line for line in text.removeprefix(BOM)[:10_000].split("\n") if line.strip()), "")
    delimiter, _ = header_of(first)
    if delimiter:
        rows = read_cells(io.StringIO(text.removeprefix(BOM), newline=""), delimiter)
        cut = [(n, delimiter.join(cells), cells) for n, cells in rows]
        return _between_borders((n, line if any(cells) else "", cells) for n, line, cells in cut)
    numbered = [(n, _clean_line(line)) for n, line in enumerate(split_lines(text), start=1)]
    filled = [line for _, line in numbered if line and not DOCUMENT_BORDER.match(line)]
    separator = _separator([line for line in filled if not line.startswith("#")] or filled)
    is_2012 = any(line.startswith(CONLL_2012) for _, line in numbered)
    lines, has_borders = _between_borders((n, line, separator.split(line)) for n, line in numbered)
    if is_2012:
        lines = [line._replace(cells=line.cells[:N_CONLL_2012]) for line in lines]
    return _unquoted(lines, file), has_borders


def _unquoted(lines: list[Line], file: Source) -> list[Line]:
    """Take the quotes off the cells of a table with a header, where no cell has any others, and they are a
    spreadsheet's: around the header too, or around quotes alone."""
    quoted = {cell for line in lines for cell in line.cells if '"' in cell}
    if not quoted or '""' in quoted or not all(map(QUOTED.fullmatch, quoted)):
        return lines
    header = lines[0].cells
    is_spreadsheets = any('"' in cell for cell in header) or all('""' in cell[1:-1] for cell in quoted)
    if not is_spreadsheets or not is_header(list(map(unquoted, header))):
        return lines
    file.note("is a table with cells in quotes, as spreadsheets write it; the quotes are taken off.")
    return [line._replace(cells=list(map(unquoted, line.cells))) for line in lines]


def cut_sentences(lines: Sequence[Line], names: Sequence[str]) -> list[Line]:
    """Cut where a column says that a sentence begins; without such a column the lines stay as they are.

    names (Sequence[str]): those of the columns, [] without a header.
    """
    column = next((i for i, name in enumerate(names) if SENTENCE_NAME.fullmatch(name)), None)
    if column is None:
        columns = {i for line in lines[:1] for i, cell in enumerate(line.cells) if SENTENCE.fullmatch(cell)}
        column = min(columns, default=None)
    if column is None:
        return list(lines)
    cut, current, start = [], "", 0
    for line in lines:
        name = line.cells[column] if column < len(line.cells) else ""
        if name and name != current:
            current, start = name, line.number
        cut.append(line._replace(sentence=max(start, line.sentence)))
    return cut


def _between_borders(rows: Iterable[tuple[int, str, list[str]]]) -> tuple[list[Line], bool]:
    lines = []
    document = sentence = 0
    for number, text, raw in rows:
        cells = [_clean_cell(cell) for cell in raw]
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
