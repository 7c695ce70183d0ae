"""The header of a safetensors file, read and checked without touching the numbers after it.

The format: 8 bytes with the header's length (little-endian), a JSON object with a row for each tensor
(dtype, shape, first and last byte of its numbers), then the numbers without a gap.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Tuple

from .entries import open_file
from .errors import CheckpointError
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
    shape: Tuple[int, ...]
    start: int
    end: int

    @property
    def n_numbers(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def read_header(path: Path) -> List[TensorEntry]:
    """RETURNS (List[TensorEntry]): the tensors in the order of their bytes.

    Raises a CheckpointError where header and file do not fit each other to the byte.
    """
    n_data, header = _read_rows(path)
    _check_metadata(header.pop(METADATA, None), path)
    if not header or len(header) > MAX_TENSORS:
        raise _refusal(path, f"has {len(header):,} tensors", f"from 1 to {MAX_TENSORS:,}")
    entries = sorted(
        (_read_entry(name, row, path) for name, row in header.items()),
        key=lambda entry: (entry.start, entry.end),
    )
    _check_layout(entries, n_data, path)
    return entries


def _read_rows(path: Path) -> Tuple[int, Dict[str, Any]]:
    """The number of bytes after the header, and the header."""
    with open_file(path) as file:
        n_file = os.fstat(file.fileno()).st_size
        start = file.read(8)
        n_header = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if len(start) < 8 or n_header > n_file - 8:
            raise _refusal(
                path, f"is cut off: {n_file:,} bytes, and a header of {n_header:,}", "a whole file"
            )
        if n_header > MAX_HEADER:
            raise _refusal(path, f"has a header of {n_header:,} bytes", f"at most {MAX_HEADER:,}")
        content = file.read(n_header)
    if not content.startswith(b"{"):
        raise _refusal(path, "has no header of the safetensors format", "weights in that format")
    return n_file - 8 - n_header, parse_object(content, path, object_pairs_hook=_PairReader(path))


@dataclass(frozen=True)
class _PairReader:
    """Refuses a key that stands twice: readers differ in which of the two they take."""

    path: Path

    def __call__(self, pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in fields if names.count(name) > 1)
            raise _refusal(self.path, f"has {twice!r:.200} twice in its header", "each name once")
        return fields


def _check_metadata(metadata: Any, path: Path) -> None:
    """A "format" other than "pt" would have `transformers` read them through another framework."""
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _refusal(path, "has metadata that are not strings", "strings")
    if metadata.get("format", "pt") != "pt":
        raise _refusal(
            path, f"was written for another framework (format {metadata['format']!r:.200})", "PyTorch's (pt)"
        )


def _read_entry(name: str, row: Any, path: Path) -> TensorEntry:
    place = f"tensor {name!r:.200}"
    if not isinstance(row, dict) or set(row) != {"dtype", "shape", "data_offsets"}:
        raise _refusal(path, f"describes {place} in another way", "dtype, shape and data_offsets")
    dtype, shape, offsets = row["dtype"], row["shape"], row["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise _refusal(path, f"has {place} of dtype {dtype!r:.200}", f"one of {', '.join(ITEM_SIZES)}")
    if not _are_sizes(shape) or len(shape) > MAX_DIMENSIONS:
        raise _refusal(path, f"has {place} of shape {shape!r:.200}", "a list of sizes")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise _refusal(path, f"has {place} at {offsets!r:.200}", "its first and last byte")
    entry = TensorEntry(name, dtype, tuple(shape), offsets[0], offsets[1])
    n_bytes = entry.n_numbers * ITEM_SIZES[dtype]
    if entry.end - entry.start != n_bytes:
        raise _refusal(
            path, f"claims {n_bytes:,} bytes for {place} and gives it {entry.end - entry.start:,}", "the same"
        )
    return entry


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 63 for value in values)


def _check_layout(entries: List[TensorEntry], n_data: int, path: Path) -> None:
    """The tensors must cover the bytes behind the header: none twice, none missing, none left over."""
    position = 0
    for entry in entries:
        if entry.end > n_data:
            found = f"is cut off: tensor {entry.name!r:.200} ends at byte {entry.end:,} of {n_data:,}"
            raise _refusal(path, found, "a whole file")
        if entry.start != position:
            what = "overlaps the tensor before it" if entry.start < position else "leaves a gap before it"
            raise _refusal(path, f"has a tensor {entry.name!r:.200} that {what}", "each byte in one tensor")
        position = entry.end
    if position != n_data:
        raise _refusal(path, f"has {n_data - position:,} bytes that belong to no tensor", "none")


def _refusal(path: Path, found: str, expected: str) -> CheckpointError:
    return CheckpointError(
        f"{path} {found}; expected {expected}. Fetch the file again, or do not trust its source."
    )
