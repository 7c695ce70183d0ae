"""Tables with delimiters and quotes (CSV, TSV): their cells, and their rows by the names of the columns."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ..errors import DataError
from .trimming import clean_label, is_invisible

TABLES = (".tsv", ".csv")
LONGEST = 2**31 - 1  # characters of a cell: a text may be longer than the 131,072 that Python expects
QUOTED, QUOTE_OPEN = re.compile(r'"(?:[^"]|"")*"'), re.compile(r'"(?:[^"]|"")*$')
# Excel's first line, which names the delimiter
SEPARATOR = re.compile(r'(?i)\A\ufeff?"?sep=([^\w\s"]|\t)"?\s*?(?=\r?\n|\r|$)')


def read_rows(lines: Iterable[str], wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row under the names of the first line, with the number of its (last) line.

    wanted (Sequence[str]): the columns that will be asked for.
    RAISES (DataError): when there are two of a name that is wanted, or a row has more cells than there are names.
    """
    rest = iter(lines)
    n_before, head, delimiter = 0, "", ""
    while not clean_label(head) and (first := next(rest, "")):
        separator = SEPARATOR.match(first) if not n_before else None
        delimiter = separator[1] if separator else delimiter
        n_before, head = n_before + 1, "" if separator else first
    is_tabbed = "\t" in head or not set(",;") & set(head)  # nothing cuts the cells of one column
    delimiter = delimiter or ("\t" if is_tabbed else max(",;", key=head.count))
    names = [clean_label(name) for name in next(read_cells([head], delimiter, n_before - 1), (0, []))[1]]
    for name in (name for name in wanted if names.count(name) > 1):
        found = f"found {names.count(name)} columns of the name {name!r}"
        raise DataError(f"{found}; expected one: rename the others.", line=n_before)
    tabbed = delimiter == "\t"
    rows = _tabbed(rest, len(names), n_before) if tabbed else read_cells(rest, delimiter, n_before)
    for line, cells in rows:
        if len(cells) > len(names):
            found = f"found {len(cells)} cells and {len(names)} columns"
            raise DataError(f"{found}; quote a cell that holds the delimiter.", line=line)
        lost = [name for name in wanted if name in names[len(cells) :]] if cells else []
        if lost:
            found = f"found {len(cells)} cells and {len(names)} columns, and none for {lost[0]!r}"
            raise DataError(f"{found}; quote a cell that holds a line break.", line=line)
        if cells:
            yield line, dict(zip(names, cells, strict=False))


def read_cells(lines: Iterable[str], delimiter: str, n_before: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row, with the number of its (last) line; a row without any is [].

    lines (Iterable[str]): with their ends as they are: a quoted cell may hold line breaks.
    n_before (int): lines that were read before these.
    RAISES (DataError): when the quotes of a cell are not in pairs.
    """
    limit = csv.field_size_limit(LONGEST)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num + n_before, cells
    except csv.Error as error:
        found = f"found a broken cell ({error})"
        raise DataError(f"{found}; expected quotes in pairs.", line=reader.line_num + n_before) from error
    finally:
        csv.field_size_limit(limit)


def _tabbed(lines: Iterator[str], n_columns: int, number: int) -> Iterator[tuple[int, list[str]]]:
    """Between tabs a quote is a character, but around a cell, where it may hold tabs and line breaks (Excel)."""
    for line in lines:
        number += 1
        cells = [] if is_invisible(line) else line.rstrip("\r\n").split("\t")
        if cells and (len(cells) != n_columns or QUOTE_OPEN.match(cells[-1])) and '"' in line:
            number, cells = next(read_cells(chain([line], lines), "\t", number - 1))
            if any("\t" in cell and "\n" in cell for cell in cells):
                found = "found a cell in quotes that runs over rows with tabs of their own"
                expected = "expected quotes in pairs: double a quote that is a character"
                raise DataError(f"{found}; {expected}.", line=number)
        yield number, list(map(unquoted, cells))


def unquoted(cell: str) -> str:
    """RETURNS (str): a cell without the quotes around it, and those within it once."""
    return cell[1:-1].replace('""', '"') if QUOTED.fullmatch(cell) else cell
