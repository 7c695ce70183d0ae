"""Chunks of windows to token vectors: the one place where the network runs, in whatever runtime."""

from typing import Any, Iterator, List, Optional, Protocol, Tuple, cast

import torch
from thinc.types import Floats2d
from thinc.util import torch2xp
from torch import Tensor

from ...files.mapped_rows import let_go, new_rows
from ..pieces.batch import Chunk, PieceBatch
from ..pieces.chunking import CALL_COST_BF16, CALL_COST_CPU, CALL_COST_GPU, Calls
from ..pieces.tokenizer import PieceTokenizer
from .pooling import Pooling


class Runtime(Protocol):
    """Piece ids -> last hidden state: all that another engine has to replace for prediction."""

    calls: Calls

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The last layer's vectors.

        ids (Tensor): Shape: (n_windows, width), int64.
        mask (Tensor): Shape: (n_windows, width), int64, 1 for a piece and 0 for padding.
        RETURNS (Tensor): Shape: (n_windows, width, n_hidden), float32.
        """
        ...


def predict_tokens(
    batch: PieceBatch, runtime: Runtime, *, width: int, device: torch.device, **options: Any
) -> Floats2d:
    """Token vectors without a gradient; only one chunk's piece vectors are in memory at a time.

    The options are those of ``chunk_vectors``.
    RETURNS (Floats2d): Shape: (n_rows, width), tokens first; zeros for a token without pieces. Those of one very
        long text are kept in a file.
    """
    rows: Optional[Floats2d] = None
    if device.type == "cpu" and len(batch.lengths) == 1:
        rows = new_rows(batch.n_rows, width)
        result = torch.from_numpy(rows)
    else:
        result = torch.zeros((batch.n_rows, width), device=device)
    with torch.inference_mode():
        for tokens, vectors in chunk_vectors(batch, runtime, width=width, device=device, **options):
            result[tokens] = vectors
            let_go(rows)
    # the way back from some devices is a copy, so not before
    return cast(Floats2d, torch2xp(result)) if rows is None else rows


def train_tokens(
    batch: PieceBatch, runtime: Runtime, *, width: int, device: torch.device, **options: Any
) -> Tensor:
    """Token vectors that a gradient can go back through. Arguments and shapes as in ``predict_tokens``."""
    parts: List[Tensor] = [torch.zeros((1, width), device=device)]
    place = torch.zeros(batch.n_rows, dtype=torch.int64, device=device)
    n_read = 1
    for tokens, vectors in chunk_vectors(batch, runtime, width=width, device=device, **options):
        parts.append(vectors)
        place[tokens] = torch.arange(n_read, n_read + len(tokens), device=device)
        n_read += len(tokens)
    return torch.cat(parts).index_select(0, place)


def chunk_vectors(
    batch: PieceBatch,
    runtime: Runtime,
    *,
    pool: Pooling,
    tokenizer: PieceTokenizer,
    width: int,
    max_cells: Optional[int],
    padded: bool,
    device: torch.device,
) -> Iterator[Tuple[Tensor, Tensor]]:
    """Run the network chunk by chunk.

    padded (bool): whether windows of different lengths may share a call.
    YIELDS (Tuple[Tensor, Tensor]): the rows of the batch that were read, Shape: (n_tokens,), and their
        vectors, Shape: (n_tokens, width).
    """
    calls = runtime.calls._replace(padded=padded)
    for chunk in batch.chunks(tokenizer, max_cells, calls=calls):
        ids, mask, tokens, firsts, counts = chunk_tensors(chunk, device)
        pieces = runtime(ids, mask)
        yield tokens, pool(pieces.reshape(-1, width), firsts, counts)


def torch_calls(device: torch.device, dtype: torch.dtype) -> Calls:
    """RETURNS (Calls): those of torch's network that computes so on this device. On a CPU torch keeps what it has
    prepared for each number of cells, a megabyte each: so there are not many."""
    if device.type == "cpu":
        cost, width = (CALL_COST_CPU, 4) if dtype == torch.float32 else (CALL_COST_BF16, 8)
        return Calls.on_cpu(cost, torch.get_num_threads(), n_windows=8, width=width)
    return Calls(CALL_COST_GPU)


def chunk_tensors(chunk: Chunk, device: torch.device) -> Tuple[Tensor, ...]:
    """RETURNS (Tuple[Tensor, ...]): ids and mask, as ``Runtime`` takes them; tokens, firsts and counts of the chunk."""
    ids = torch.from_numpy(chunk.ids)
    lengths = torch.from_numpy(chunk.lengths)
    mask = (torch.arange(ids.shape[1])[None, :] < lengths[:, None]).long()
    arrays = (torch.from_numpy(a) for a in (chunk.tokens, chunk.firsts, chunk.counts))
    return tuple(t.to(device) for t in (ids, mask, *arrays))
