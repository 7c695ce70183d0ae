"""The folder of a component of ours in a pipeline: looked at before spaCy opens anything in it."""

import os
from pathlib import Path
from typing import BinaryIO

from ..errors import CheckpointError
from .entries import list_entries, open_file
from .json_file import read_object

SETTINGS, NETWORK, VOCAB = "cfg", "model", "vocab"
MAX_NETWORK = 5 << 30  # bytes; msgpack keeps an encoder within a head as one value of 4 GB at most
MAX_VALUES = 1_000_000
# How msgpack writes a value. First byte -> bytes, and values within, after it
FIXED = {
    **dict.fromkeys((*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3), (0, 0)),  # small numbers, None, truth values
    **{0x80 + n: (0, 2 * n) for n in range(16)},  # objects
    **{0x90 + n: (0, n) for n in range(16)},  # lists
    **{0xA0 + n: (n, 0) for n in range(32)},  # texts
    **{0xCC + i: (1 << i % 4, 0) for i in range(8)}, 0xCA: (4, 0), 0xCB: (8, 0),  # numbers
    **{0xD4 + i: (1 + (1 << i), 0) for i in range(5)},  # extensions: a byte with their type comes first
}  # fmt: skip
# First byte -> bytes of a length after it; how many bytes, and how many values, each unit of the length stands for
WITH_LENGTH = {
    **{first + i: (1 << i, 1, 0) for first in (0xC4, 0xC7, 0xD9) for i in range(3)},
    **{first + i: (2 << i, 0, n) for first, n in ((0xDC, 1), (0xDE, 2)) for i in range(2)},
}
EXTENSIONS, MAPS = (0xC7, 0xC8, 0xC9), (*range(0x80, 0x90), 0xDE, 0xDF)


def check_component(folder: Path) -> None:
    """Refuse what spaCy would wait for for ever, or read as something else than what a component wrote.

    RAISES (CheckpointError): where there are no settings in JSON, or no network in msgpack that is whole to the last
        byte.
    """
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
            problem = _find_problem(file)
        if problem:
            raise CheckpointError(
                f"{folder / NETWORK} {problem}; expected the network of a component as spaCy writes it: get the "
                "pipeline again."
            )


def _find_problem(file: BinaryIO) -> str:
    """Step over the values of a msgpack file, of which only the heads are read."""
    n_bytes = os.fstat(file.fileno()).st_size
    if n_bytes > MAX_NETWORK:
        return f"has {n_bytes:,} bytes"
    at = n_values = 0
    n_left = 1
    while n_left:
        head = file.read(1)
        if not head:
            return "is cut off"
        first = head[0]
        if not n_values and first not in MAPS:
            return "is no msgpack object"
        if first not in FIXED and first not in WITH_LENGTH:
            return "is no msgpack"
        width, n_each, n_inner_each = WITH_LENGTH.get(first, (0, 0, 0))
        length = file.read(width)
        if len(length) < width:
            return "is cut off"
        n = int.from_bytes(length, "big")
        n_skipped, n_inner = FIXED.get(first, (n * n_each + (first in EXTENSIONS), n * n_inner_each))
        at = file.seek(n_skipped, os.SEEK_CUR)
        n_left, n_values = n_left + n_inner - 1, n_values + 1
        if at > n_bytes or n_left > n_bytes:
            return f"is cut off at byte {n_bytes:,}"
        if n_values >= MAX_VALUES:
            return f"has more than {MAX_VALUES:,} values"
    return "" if at == n_bytes else f"has {n_bytes - at:,} bytes after its end"
