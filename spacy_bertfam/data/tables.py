"""The cells of a table with delimiters and quotes (CSV)."""

import csv
import io
from collections.abc import Iterator

from ..errors import DataError


def read_cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row, with the number of its (last) line; a row without any is [].

    RAISES (DataError): when the quotes of a cell are not in pairs.
    """
    limit = csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    # newline="" as csv wants it: a quoted cell may hold line breaks
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        found = f"found a broken cell ({error})"
        raise DataError(f"{found}; expected quotes in pairs.", line=reader.line_num) from error
    finally:
        csv.field_size_limit(limit)
