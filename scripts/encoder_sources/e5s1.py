"""Reader of the E5S1 byte layout: sizes, pieces, and tensors as float32 or four-bit blocks, little endian."""

import itertools
import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .errors import EncoderError
from .q4 import BLOCK_BYTES, BLOCK_WEIGHTS, dequantize

MAGIC = b"E5S1"
VERSION = 1
F32, Q4 = 0, 1


@dataclass(frozen=True)
class Sizes:
    """The numbers of the file's head, in its order."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int  # rows of the word embedding; may exceed the number of pieces
    positions: int
    token_types: int
    epsilon: float  # of the layer norms


class Entry(NamedTuple):
    """Where one tensor lies: `offset` from the start of the file, `n_bytes` long, `count` numbers."""

    kind: int
    count: int
    offset: int
    n_bytes: int


class E5S1:
    """An encoder file in memory; tensors are decoded when asked for."""

    def __init__(self, data: bytes) -> None:
        """Read the head, the pieces and the table of tensors. Raises EncoderError where the layout breaks."""
        self._data = data
        self._at = 0
        try:
            self.sizes = self._read_sizes()
            self.pieces = self._read_pieces()
            self._skip_normalization_map()
            self.entries = self._read_entries()
        except (struct.error, UnicodeDecodeError) as err:
            raise EncoderError(
                f"The encoder file breaks off or is damaged at byte {self._at} of {len(data)} ({err});"
                " remove the downloaded wheel and run the command again."
            ) from err

    def tensor(self, name: str, *, width: int | None = None, rows: np.ndarray | None = None) -> np.ndarray:
        """The tensor as float32.

        width (int): length of a row; None for a vector.
        rows (int array): of a matrix, only these rows, in this order, are decoded.
        """
        if name not in self.entries:
            raise EncoderError(
                f"The encoder file has no tensor {name!r} among its {len(self.entries)};"
                " it is not the file that this reader was written for."
            )
        kind, _, offset, n_bytes = self.entries[name]
        raw = np.frombuffer(self._data, np.uint8, n_bytes, offset)
        if width is not None:
            raw = raw.reshape(-1, width * 4 if kind == F32 else width // BLOCK_WEIGHTS * BLOCK_BYTES)
        if rows is not None:
            raw = raw[rows]
        return dequantize(raw) if kind == Q4 else raw.view("<f4").astype(np.float32)

    def _take(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _take_bytes(self, n_bytes: int) -> bytes:
        return self._take(f"{n_bytes}s")[0]

    def _read_sizes(self) -> Sizes:
        magic, version = self._take("4sI")
        if (magic, version) != (MAGIC, VERSION):
            raise EncoderError(
                f"The encoder file starts with {magic!r} version {version}, expected {MAGIC!r} version"
                f" {VERSION}; it is not the file that this reader was written for."
            )
        sizes = Sizes(*self._take("7if"))
        (block,) = self._take("i")
        if block != BLOCK_WEIGHTS:
            raise EncoderError(f"The encoder file has blocks of {block} weights, expected {BLOCK_WEIGHTS}.")
        return sizes

    def _read_pieces(self) -> list[str]:
        n_pieces, *_special_ids = self._take("5i")
        (n_blob,) = self._take("Q")
        offsets = self._take(f"{n_pieces + 1}I")
        self._take_bytes(4 * n_pieces)  # the scores; those of tokenizer.json are used
        blob = self._take_bytes(n_blob)
        return [blob[start:end].decode("utf8") for start, end in itertools.pairwise(offsets)]

    def _skip_normalization_map(self) -> None:
        _, n_bytes = self._take("iI")
        self._take_bytes(n_bytes)

    def _read_entries(self) -> dict[str, Entry]:
        entries = {}
        for _ in range(self._take("i")[0]):
            name = self._take_bytes(self._take("H")[0]).decode("utf8")
            entry = Entry(*self._take("BIQQ"))
            self._check(name, entry)
            entries[name] = entry
        return entries

    def _check(self, name: str, entry: Entry) -> None:
        expected = {F32: entry.count * 4, Q4: entry.count // BLOCK_WEIGHTS * BLOCK_BYTES}.get(entry.kind)
        if expected != entry.n_bytes or entry.offset + entry.n_bytes > len(self._data):
            raise EncoderError(
                f"Tensor {name!r} claims type {entry.kind}, {entry.count} numbers, {entry.n_bytes} bytes at"
                f" {entry.offset} of a file of {len(self._data)}: the file is damaged, download it again."
            )
