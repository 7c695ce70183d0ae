"""Parquet and Arrow files, as Hugging Face's datasets writes them -> records, a row each.

The rows have the keys that JSON has; the names of tags stand in the schema's metadata under "huggingface".
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from .format_table import MAGIC
from .json_values import Numbered
from .jsonl import DEFAULT, read_records_of
from .options import ReadOptions
from .records import Record
from .report import ConversionReport
from .text_file import RATIO, SMALL, located
from .token_rows import COLUMN
from .token_tasks import find_names

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema

PARQUET, ARROW, _ = MAGIC


def read_arrow(
    path: Path, source: str, *, report: ConversionReport, options: ReadOptions = DEFAULT
) -> Iterator[Record]:
    """Read a Parquet file, or an Arrow file in the form for files or for streams.

    RAISES (DataError): when pyarrow is absent, or the file is broken, or its rows are no annotated texts.
    """
    with located(path), _refused():
        schema, batches = _open(path)
        names = find_names([_metadata(schema)], (options.tag_columns or (COLUMN,))[0])
        values = list(_rows(batches))
    yield from read_records_of(values, path, source, report=report, options=options, names=names)


def _open(path: Path) -> "tuple[Schema, Iterator[RecordBatch]]":
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        expected = 'expected pyarrow: python -m pip install "spacy-bertfam[parquet]"'
        raise DataError(f"is a table of Arrow or Parquet; {expected}.") from error
    start = path.open("rb").read(len(ARROW))
    if start.startswith(PARQUET):
        file = parquet.ParquetFile(path)
        sizes = [file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)]
        _check_size(max(sum(sizes), file.metadata.num_rows), path)
        texts = [field.name for field in file.schema_arrow if not pa.types.is_binary(field.type)]
        return file.schema_arrow, file.iter_batches(1000, columns=texts)
    source = pa.OSFile(str(path))
    reader = pa.ipc.open_file(source) if start == ARROW else pa.ipc.open_stream(source)
    if start != ARROW:
        return reader.schema, iter(reader)
    return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))


def _check_size(n_bytes: int, path: Path) -> None:
    n_packed = path.stat().st_size
    if n_bytes > max(SMALL, RATIO * n_packed):
        found = f"unpacks to {n_bytes:,} bytes or rows from {n_packed:,}, as no text does"
        raise DataError(f"{found}; expected a table of texts.")


def _rows(batches: "Iterator[RecordBatch]") -> Iterator[Numbered]:
    n = 0
    for batch in batches:
        batch.validate(full=True)
        for row in batch.to_pylist():
            n += 1
            yield n, row


def _metadata(schema: "Schema") -> Any:
    try:
        return json.loads((schema.metadata or {}).get(b"huggingface", b"null"))
    except (ValueError, RecursionError):
        return None


@contextmanager
def _refused() -> Iterator[None]:
    """Errors of pyarrow are about the file: some are its own, others those of Python that fit best."""
    try:
        yield
    except DataError:
        raise
    except (
        ArithmeticError,
        LookupError,
        MemoryError,
        OSError,
        TypeError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise DataError(f"cannot be read as a table ({str(error)[:100]}); fetch it again.") from error
