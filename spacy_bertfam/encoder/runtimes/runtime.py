"""Chunks of windows to token vectors: the one place where the network runs, in whatever runtime."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, cast

import torch
from thinc.types import Floats2d
from thinc.util import torch2xp
from torch import Tensor

from ...files.mapped_rows import let_go, new_rows
from ..pieces.batch import Chunk, PieceBatch
from ..pieces.chunking import Calls
from ..pieces.tokenizer import PieceTokenizer
from .pooling import Pooling


class Runtime(Protocol):
    """Piece ids -> last hidden state: all that another engine has to replace for prediction."""

    @property
    def calls(self) -> Calls:
        """What calls of this engine cost."""

    def __call__(self, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Tensor:
        """The last layer's vectors.

        ids (Tensor): Shape: (n_windows, width), int64.
        mask (Tensor): Shape: (n_windows, width), int64, 1 for a piece and 0 for padding.
        types (Tensor | None): Shape: (n_windows, width), int64, the segment of each piece; None is 0 for all.
        RETURNS (Tensor): Shape: (n_windows, width, n_hidden), float32.
        """


class Reading(NamedTuple):
    """How windows are read, whatever runs the network."""

    pool: Pooling
    tokenizer: PieceTokenizer
    width: int  # of a vector
    max_cells: int | None  # of a call; None is what the engine is best at
    padded: bool  # whether windows of different lengths may share a call
    device: torch.device
    reads_segments: bool = False  # whether the network has vectors of segments


def predict_tokens(batch: PieceBatch, runtime: Runtime, reading: Reading) -> Floats2d:
    """Token vectors without a gradient; only one chunk's piece vectors are in memory at a time.

    RETURNS (Floats2d): Shape: (n_rows, width), tokens first; zeros for a token without pieces. Those of one very
        long text are kept in a file.
    """
    width, device = reading.width, reading.device
    rows: Floats2d | None = None
    if device.type == "cpu" and len(batch.lengths) == 1:
        rows = new_rows(batch.n_rows, width)
        result = torch.from_numpy(rows)
    else:
        result = torch.zeros((batch.n_rows, width), device=device)
    with torch.inference_mode():
        for tokens, vectors in chunk_vectors(batch, runtime, reading):
            result[tokens] = vectors
            let_go(rows)
    # the way back from some devices is a copy, so not before
    return cast(Floats2d, torch2xp(result)) if rows is None else rows


def train_tokens(batch: PieceBatch, runtime: Runtime, reading: Reading) -> Tensor:
    """Token vectors that a gradient can go back through. Shapes as in ``predict_tokens``."""
    device = reading.device
    parts = [torch.zeros((1, reading.width), device=device)]
    place = torch.zeros(batch.n_rows, dtype=torch.int64, device=device)
    n_read = 1
    for tokens, vectors in chunk_vectors(batch, runtime, reading):
        parts.append(vectors)
        place[tokens] = torch.arange(n_read, n_read + len(tokens), device=device)
        n_read += len(tokens)
    return torch.cat(parts).index_select(0, place)


def chunk_vectors(batch: PieceBatch, runtime: Runtime, reading: Reading) -> Iterator[tuple[Tensor, Tensor]]:
    """Run the network chunk by chunk.

    YIELDS (tuple[Tensor, Tensor]): the rows of the batch that were read, Shape: (n_tokens,), and their
        vectors, Shape: (n_tokens, width).
    """
    calls = runtime.calls._replace(padded=reading.padded)
    for chunk in batch.chunks(reading.tokenizer, reading.max_cells, calls=calls):
        ids, mask, tokens, firsts, counts = chunk_tensors(chunk, reading.device)
        has_types = reading.reads_segments and chunk.types is not None
        types = (moved(torch.from_numpy(chunk.types), reading.device),) if has_types else ()
        pieces = runtime(ids, mask, *types)
        yield tokens, reading.pool(pieces.reshape(-1, reading.width), firsts, counts)


def chunk_tensors(chunk: Chunk, device: torch.device) -> tuple[Tensor, ...]:
    """RETURNS (tuple[Tensor, ...]): ids and mask, as ``Runtime`` takes them; tokens, firsts and counts of the chunk."""
    arrays = (chunk.ids, chunk.lengths, chunk.tokens, chunk.firsts, chunk.counts)
    ids, lengths, *places = (moved(torch.from_numpy(array), device) for array in arrays)
    return ids, mask_of(lengths, ids.shape[1]), *places


def mask_of(lengths: Tensor, width: int) -> Tensor:
    """RETURNS (Tensor): 1 for a piece and 0 for padding, made where the lengths are; Shape: (n_windows, width)."""
    return (torch.arange(width, device=lengths.device)[None, :] < lengths[:, None]).long()


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """RETURNS (Tensor): on the device. A GPU copies from pinned memory by itself, while this thread goes on; torch
    keeps that memory until it has."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
