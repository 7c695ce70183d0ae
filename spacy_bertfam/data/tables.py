"""The cells of a table with delimiters and quotes (CSV)."""

import csv
from collections.abc import Iterable, Iterator

from ..errors import DataError

LONGEST = 2**31 - 1  # characters of a cell: a text may be longer than the 131,072 that Python expects


def read_cells(lines: Iterable[str], delimiter: str, *, n_before: int = 0) -> Iterator[tuple[int, list[str]]]:
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
