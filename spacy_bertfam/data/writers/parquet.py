"""Entries as Parquet, a text a row, for pandas, Hugging Face datasets and the like."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import DataError
from .entry import Entry, whole
from .json_forms import own_form

if TYPE_CHECKING:
    import pyarrow

ROWS = 4096  # that are written together


def write_parquet(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write one file, part by part. RAISES (DataError): when pyarrow is not installed."""
    _, pq = require_pyarrow()
    entries = iter(entries)
    with pq.ParquetWriter(place, as_table(()).schema) as writer:
        while part := list(islice(entries, ROWS)):
            writer.write_table(as_table(part))


def as_table(entries: Iterable[Entry]) -> "pyarrow.Table":
    """RETURNS (Table): a row for each entry; entities are null where it has an error."""
    pa, _ = require_pyarrow()
    scored = {"start": pa.int64(), "end": pa.int64(), "label": pa.string(), "score": pa.float64()}
    schema = pa.schema({
        "id": pa.string(), "text": pa.string(), "status": pa.string(), "error": pa.string(),
        "entities": pa.list_(pa.struct(scored)),
        "spans": pa.list_(pa.struct({"group": pa.string(), **scored})),
        "cats": pa.map_(pa.string(), pa.float64()),
        "vector": pa.list_(pa.float32()),
        "missing": pa.list_(pa.list_(pa.int64())),
        "uncertainty": pa.float64(),
    })  # fmt: skip
    return pa.Table.from_pylist([*map(_row, entries)], schema=schema)


def _row(entry: Entry) -> dict[str, Any]:
    spans = [{"group": key, **e} for key, group in entry.get("spans", {}).items() for e in group]
    own = own_form(entry)
    texts: dict[str, Any] = {key: whole(str(own[key])) for key in ("id", "text", "error") if key in own}
    return {**own, **texts, "spans": spans, "cats": list(own.get("cats", {}).items())}


def require_pyarrow() -> tuple[Any, Any]:
    """RETURNS (tuple): `pyarrow` and `pyarrow.parquet`. RAISES (DataError): when they are not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        expected = 'expected python -m pip install "spacy-bertfam[parquet]"'
        raise DataError(f"Parquet needs pyarrow, which is not installed; {expected}.") from error
    return pyarrow, pyarrow.parquet
