"""The header of a safetensors file, read and checked without touching the numbers after it.

The format: 8 bytes with the header's length (little-endian), a JSON object with a row for each tensor
(dtype, shape, first and last byte of its numbers), then the numbers without a gap.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .entries import open_file
from .json_file import parse_object

MAX_HEADER = 20_000_000  # bytes; BERT's has 30,000
MAX_TENSORS = 100_000
MAX_DIMENSIONS = 16
ITEM_SIZES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8,
}  # fmt: skip
METADATA = "__metadata__"


@dataclass(frozen=True)
class TensorEntry:
    """One tensor as the header has it; ``start`` and ``end`` count bytes after the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def n_numbers(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


class _Unsound(Exception):
    """What was found, and what was expected; no ValueError, which would be one of the JSON."""


def read_header(path: Path) -> list[TensorEntry]:
    """Read the tensors, in the order of their bytes.

    RAISES (CheckpointError): where header and file do not fit each other to the byte.
    """
    try:
        n_data, header = _read_rows(path)
        _check_metadata(header.pop(METADATA, None))
        if not header or len(header) > MAX_TENSORS:
            raise _Unsound(f"has {len(header):,} tensors", f"from 1 to {MAX_TENSORS:,}")
        entries = [_read_entry(name, row) for name, row in header.items()]
        entries.sort(key=lambda entry: (entry.start, entry.end))
        _check_layout(entries, n_data)
    except _Unsound as error:
        found, expected = error.args
        raise CheckpointError(
            f"{path} {found}; expected {expected}. Fetch the file again, or do not trust its source."
        ) from None
    return entries


def _read_rows(path: Path) -> tuple[int, dict[str, Any]]:
    """RETURNS (tuple[int, dict[str, Any]]): the number of bytes after the header, and the header."""
    with open_file(path) as file:
        n_file = os.fstat(file.fileno()).st_size
        start = file.read(8)
        n_header = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if len(start) < 8 or n_header > n_file - 8:
            raise _Unsound(f"is cut off: {n_file:,} bytes, and a header of {n_header:,}", "a whole file")
        if n_header > MAX_HEADER:
            raise _Unsound(f"has a header of {n_header:,} bytes", f"at most {MAX_HEADER:,}")
        content = file.read(n_header)
    if not content.startswith(b"{"):
        raise _Unsound("has no header of the safetensors format", "weights in that format")
    return n_file - 8 - n_header, parse_object(content, path, object_pairs_hook=_unique_pairs)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: readers differ in which of the two they take."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in fields if names.count(name) > 1)
        raise _Unsound(f"has {twice!r:.200} twice in its header", "each name once")
    return fields


def _check_metadata(metadata: Any) -> None:
    """A "format" other than "pt" would have `transformers` read them through another framework."""
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _Unsound("has metadata that are not strings", "strings")
    if metadata.get("format", "pt") != "pt":
        raise _Unsound(
            f"was written for another framework (format {metadata['format']!r:.200})", "PyTorch's (pt)"
        )


def _read_entry(name: str, row: Any) -> TensorEntry:
    place = f"tensor {name!r:.200}"
    if not isinstance(row, dict) or set(row) != {"dtype", "shape", "data_offsets"}:
        raise _Unsound(f"describes {place} in another way", "dtype, shape and data_offsets")
    dtype, shape, offsets = row["dtype"], row["shape"], row["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise _Unsound(f"has {place} of dtype {dtype!r:.200}", f"one of {', '.join(ITEM_SIZES)}")
    if not _are_sizes(shape) or len(shape) > MAX_DIMENSIONS:
        raise _Unsound(f"has {place} of shape {shape!r:.200}", "a list of sizes")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise _Unsound(f"has {place} at {offsets!r:.200}", "its first and last byte")
    entry = TensorEntry(name, dtype, tuple(shape), offsets[0], offsets[1])
    n_bytes, n_given = entry.n_numbers * ITEM_SIZES[dtype], entry.end - entry.start
    if n_given != n_bytes:
        raise _Unsound(f"claims {n_bytes:,} bytes for {place} and gives it {n_given:,}", "the same")
    return entry


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 63 for value in values)


def _check_layout(entries: list[TensorEntry], n_data: int) -> None:
    """The tensors must cover the bytes after the header: none twice, none missing, none left over."""
    position = 0
    for entry in entries:
        name = f"tensor {entry.name!r:.200}"
        if entry.end > n_data:
            raise _Unsound(f"is cut off: {name} ends at byte {entry.end:,} of {n_data:,}", "a whole file")
        if entry.start != position:
            what = "overlaps the tensor before it" if entry.start < position else "leaves a gap before it"
            raise _Unsound(f"has a {name} that {what}", "each byte in one tensor")
        position = entry.end
    if position != n_data:
        raise _Unsound(f"has {n_data - position:,} bytes that belong to no tensor", "none")
