"""Piece vectors to token vectors, in torch: first, last, mean or max over the pieces of a token."""

from collections.abc import Callable

import torch
from torch import Tensor

Pooling = Callable[[Tensor, Tensor, Tensor], Tensor]


def first_piece(pieces: Tensor, firsts: Tensor, counts: Tensor) -> Tensor:
    """The vector of each token's first piece, as `transformers`' token classifiers are trained on.

    pieces (Tensor): Shape: (n_cells, width).
    firsts (Tensor): Shape: (n_tokens,), cell of each token's first piece.
    counts (Tensor): Shape: (n_tokens,), number of its pieces, at least 1; they follow each other.
    RETURNS (Tensor): Shape: (n_tokens, width).
    """
    return pieces.index_select(0, firsts)


def last_piece(pieces: Tensor, firsts: Tensor, counts: Tensor) -> Tensor:
    """The vector of each token's last piece. Shapes as in ``first_piece``."""
    return pieces.index_select(0, firsts + counts - 1)


def mean_of_pieces(pieces: Tensor, firsts: Tensor, counts: Tensor) -> Tensor:
    """The mean of each token's piece vectors. Shapes as in ``first_piece``."""
    cells, tokens = _ragged(firsts, counts)
    total = pieces.new_zeros((len(firsts), pieces.shape[1]))
    total = total.index_add(0, tokens, pieces.index_select(0, cells))
    return total / counts[:, None].to(pieces.dtype)


def max_of_pieces(pieces: Tensor, firsts: Tensor, counts: Tensor) -> Tensor:
    """The maximum of each token's piece vectors, column by column. Shapes as in ``first_piece``."""
    cells, tokens = _ragged(firsts, counts)
    start = pieces.new_full((len(firsts), pieces.shape[1]), -torch.inf)
    index = tokens[:, None].expand(-1, pieces.shape[1])
    return start.scatter_reduce(0, index, pieces.index_select(0, cells), reduce="amax")


def _ragged(firsts: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """RETURNS (tuple[Tensor, Tensor]): every cell that is read, and the token that it belongs to."""
    tokens = torch.repeat_interleave(torch.arange(len(firsts), device=firsts.device), counts)
    before = torch.cumsum(counts, 0) - counts
    within = torch.arange(len(tokens), device=firsts.device) - before[tokens]
    return firsts[tokens] + within, tokens


POOLINGS: dict[str, Pooling] = {
    "first": first_piece,
    "last": last_piece,
    "mean": mean_of_pieces,
    "max": max_of_pieces,
}
