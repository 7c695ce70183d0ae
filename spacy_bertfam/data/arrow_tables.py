"""Parquet and Arrow files, as Hugging Face's datasets writes them -> records, a row each.

The rows have the keys that JSON has; the names of tags stand in the schema's metadata under "huggingface".
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from .format_table import MAGIC
from .json_values import Numbered
from .jsonl import read_records_of
from .options import Source
from .records import Record
from .text_file import RATIO, SMALL, located
from .token_tasks import find_names
from .trimming import shorten
from .writers.parquet import require_pyarrow

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema

PARQUET, ARROW, _ = MAGIC
# Errors of pyarrow are its own, or those of Python that fit best
BROKEN = (ArithmeticError, LookupError, MemoryError, OSError, TypeError, ValueError, NotImplementedError)


def read_arrow(file: Source) -> Iterator[Record]:
    """Read a Parquet file, or an Arrow file in the form for files or for streams.

    RAISES (DataError): when pyarrow is absent, or the file is broken, or its rows are no annotated texts.
    """
    with _readable(file.path):
        schema, batches = _open(file.path)
        names = find_names([_metadata(schema)], file.options.tag_columns)
        values = list(_rows(batches, file.path))
    yield from read_records_of(values, file, names=names)


def read_columns(path: Path, wanted: Sequence[str]) -> Iterator[Numbered]:
    """Yield these columns row by row, None for all where the first is absent. RAISES (DataError): as `read_arrow`."""
    with _readable(path):
        schema, batches = _open(path, wanted)
        if wanted[0] in schema.names:
            yield from _rows(batches, path)
        else:
            yield 1, dict.fromkeys(schema.names)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    with located(path):
        pa, _ = require_pyarrow()
        try:
            yield
        except DataError:
            raise
        except (pa.ArrowException, *BROKEN) as error:
            found = f"cannot be read as a table ({shorten(str(error), 100)})"
            raise DataError(f"{found}; expected a whole one: fetch it again.") from error


def _open(path: Path, wanted: Sequence[str] = ()) -> "tuple[Schema, Iterator[RecordBatch]]":
    pa, pq = require_pyarrow()
    with path.open("rb") as opened:
        start = opened.read(len(ARROW))
    if start.startswith(PARQUET):
        file = pq.ParquetFile(path)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        _check_size(sum(group.total_byte_size for group in groups), path)
        _check_size(sum(g.column(i).num_values for g in groups for i in range(g.num_columns)), path)
        return file.schema_arrow, file.iter_batches(1000, columns=_texts(file.schema_arrow, wanted))
    source = pa.OSFile(str(path))
    is_file = start == ARROW
    reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
    batches = (reader.get_batch(i) for i in range(reader.num_record_batches)) if is_file else iter(reader)
    return reader.schema, (batch.select(_texts(batch.schema, wanted)) for batch in batches)


def _texts(schema: "Schema", wanted: Sequence[str]) -> list[str]:
    """The columns that may be read: no pictures, and none of nothing, whose length costs a file nothing."""
    found = [f.name for f in schema if not any(kind in str(f.type) for kind in ("binary", "null"))]
    return [name for name in found if name in (wanted or found)]


def _check_size(n: int, path: Path) -> None:
    n_packed = path.stat().st_size
    if n > max(SMALL, RATIO * n_packed):
        found = f"unpacks to {n:,} bytes or cells from {n_packed:,} bytes, as no text does"
        raise DataError(f"{found}; expected a table of texts.")


def _rows(batches: "Iterator[RecordBatch]", path: Path) -> Iterator[Numbered]:
    n = 0
    for batch in batches:
        _check_size(batch.nbytes, path)
        batch.validate(full=True)
        for row in batch.to_pylist():
            n += 1
            yield n, row


def _metadata(schema: "Schema") -> Any:
    try:
        return json.loads((schema.metadata or {}).get(b"huggingface", b"null"))
    except (ValueError, RecursionError):
        return None
