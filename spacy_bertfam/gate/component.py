"""The folder of a component of ours in a pipeline: looked at before spaCy opens anything in it."""

import os
from pathlib import Path
from typing import BinaryIO

from .entries import list_entries, open_file
from .errors import CheckpointError
from .json_file import read_object

SETTINGS, NETWORK, VOCAB = "cfg", "model", "vocab"
MAX_NETWORK = (1 << 32) + (
    1 << 30
)  # bytes; msgpack keeps an encoder within a head as one value of 4 GB at most
MAX_VALUES = 1_000_000
# First byte of a value: bytes that tell its length, and whether the values after it are in it (once, or in pairs)
LENGTHS = {
    0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4,
    0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip
ARRAYS, MAPS, EXTENSIONS = (0xDC, 0xDD), (0xDE, 0xDF), (0xC7, 0xC8, 0xC9)
FIXED = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4,
    0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17,
}  # fmt: skip


def check_component(folder: Path) -> None:
    """Raise a CheckpointError where spaCy would wait for ever, or read something else than what a component wrote:
    settings in JSON, and a network in msgpack that is there to the last byte."""
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder} is no folder; expected that of a component of the pipeline: get the pipeline again."
        )
    names = list_entries(folder)
    if f"{VOCAB}/" in names:
        list_entries(folder / VOCAB, home=folder)
    if SETTINGS in names:
        read_object(folder / SETTINGS)
    if NETWORK in names:
        with open_file(folder / NETWORK) as file:
            _check_whole(file, folder / NETWORK)


def _check_whole(file: BinaryIO, path: Path) -> None:
    """Step over the values of a msgpack file. Only their heads are read."""
    n_bytes = os.fstat(file.fileno()).st_size
    if n_bytes > MAX_NETWORK:
        raise _refusal(path, f"has {n_bytes:,} bytes")
    n_left = n_values = 1
    while n_left:
        n_values += 1
        n_skipped, n_inner = _read_head(file, path, is_first=n_values == 2)
        n_left += n_inner - 1
        at = file.seek(n_skipped, os.SEEK_CUR)
        if at > n_bytes or n_left > n_bytes:
            raise _refusal(path, f"is cut off at byte {n_bytes:,}")
        if n_values > MAX_VALUES:
            raise _refusal(path, f"has more than {MAX_VALUES:,} values")
    if at != n_bytes:
        raise _refusal(path, f"has {n_bytes - at:,} bytes after its end")


def _read_head(file: BinaryIO, path: Path, *, is_first: bool) -> "tuple[int, int]":
    """RETURNS (Tuple[int, int]): bytes that follow in this value, and how many values are in it."""
    head = file.read(1)
    if not head:
        raise _refusal(path, "is cut off")
    kind = head[0]
    if is_first and not (0x80 <= kind <= 0x8F or kind in MAPS):
        raise _refusal(path, "is no msgpack object")
    if kind <= 0x7F or kind >= 0xE0:
        return 0, 0
    if kind <= 0x8F:
        return 0, 2 * (kind & 15)
    if kind <= 0x9F:
        return 0, kind & 15
    if kind <= 0xBF:
        return kind & 31, 0
    if kind in FIXED:
        return FIXED[kind], 0
    if kind not in LENGTHS:
        raise _refusal(path, "is no msgpack")
    n = int.from_bytes(file.read(LENGTHS[kind]), "big")
    if kind in MAPS or kind in ARRAYS:
        return 0, n * (2 if kind in MAPS else 1)
    return n + (kind in EXTENSIONS), 0


def _refusal(path: Path, found: str) -> CheckpointError:
    return CheckpointError(
        f"{path} {found}; expected the network of a component as spaCy writes it: get the pipeline again."
    )
