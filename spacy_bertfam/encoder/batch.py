"""Docs to the arrays that the network reads: pieces, windows, and the pieces of each token."""

from dataclasses import dataclass
from typing import Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..types import Ints1d, Pieces, Windows
from .alignment import TokenPieces, align
from .chunking import CALL_COST_GPU, chunk_ends
from .tokenizer import PieceTokenizer
from .windows import keep_first_pieces, renumber, sentence_borders, split_windows, token_borders


class WindowSize(NamedTuple):
    """How windows are cut, in pieces, special pieces not counted."""

    window: int
    overlap: int


@dataclass(frozen=True)
class Chunk:
    """Windows of like length that go through the network in one call."""

    ids: Ints1d  # Shape: (n_windows, width), padded
    lengths: Ints1d  # Shape: (n_windows,), special pieces counted
    tokens: Ints1d  # Shape: (n_tokens,), the tokens read from these windows, counted over the batch
    firsts: Ints1d  # Shape: (n_tokens,), cell of ids.ravel() with the token's first piece
    counts: Ints1d  # Shape: (n_tokens,), number of the token's pieces, at least 1


@dataclass(frozen=True)
class PieceBatch:
    """The pieces of a batch of Docs, end to end, with the windows over them."""

    ids: Ints1d  # Shape: (n_pieces,)
    windows: Windows  # over all Docs; in the order of the texts
    firsts: Ints1d  # Shape: (n_tokens,), index of each token's first piece
    lasts: Ints1d  # Shape: (n_tokens,), index after its last piece; equal where it has none
    lengths: List[int]  # tokens of each Doc
    n_cut: int  # pieces that no window could hold beside the rest of their token

    @property
    def n_tokens(self) -> int:
        """Tokens of all Docs together."""
        return len(self.firsts)

    @classmethod
    def from_docs(cls, docs: Sequence[Doc], tokenizer: PieceTokenizer, size: WindowSize) -> "PieceBatch":
        """Tokenise each Doc's text as a whole, align the pieces with its tokens, cut windows."""
        parts = [
            _cut(doc, pieces, size)
            for doc, pieces in zip(docs, tokenizer([doc.text for doc in docs]), strict=True)
        ]
        bases = np.cumsum([0] + [len(ids) for ids, _, _, _ in parts])[:-1]
        windows = Windows(
            *(_concat([getattr(w, name) + base for (_, _, w, _), base in zip(parts, bases, strict=True)])
              for name in ("starts", "ends", "own_starts", "own_ends"))
        )  # fmt: skip
        firsts = _concat([t.firsts + base for (_, t, _, _), base in zip(parts, bases, strict=True)])
        lasts = _concat([t.lasts + base for (_, t, _, _), base in zip(parts, bases, strict=True)])
        n_cut = sum(n for _, _, _, n in parts)
        ids = _concat([ids for ids, _, _, _ in parts])
        batch = cls(ids, windows, firsts, lasts, [len(doc) for doc in docs], n_cut)
        return batch._within_windows()

    def token_windows(self) -> Ints1d:
        """RETURNS (Ints1d): the window that each token is read from, -1 for a token without pieces."""
        owners = np.searchsorted(self.windows.own_starts, self.firsts, side="right") - 1
        owners[self.firsts == self.lasts] = -1
        return owners

    def _within_windows(self) -> "PieceBatch":
        """Pieces of a token that its own window does not hold are cut, and counted."""
        owners = self.token_windows()
        limit = np.where(owners >= 0, self.windows.ends[owners] if len(self.windows) else 0, self.lasts)
        lost = np.maximum(self.lasts - limit, 0)
        return PieceBatch(
            self.ids, self.windows, self.firsts, self.lasts - lost, self.lengths, self.n_cut + int(lost.sum())
        )

    def chunks(
        self, tokenizer: PieceTokenizer, max_cells: int, *, call_cost: int = CALL_COST_GPU
    ) -> Iterator[Chunk]:
        """Windows sorted by length, at most ``max_cells`` padded pieces in a chunk; see ``chunk_ends``."""
        lengths = self.windows.ends - self.windows.starts
        order = np.argsort(-lengths, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        owners = self.token_windows()
        with_pieces = np.flatnonzero(owners >= 0)
        ranks = rank[owners[with_pieces]]
        by_rank = np.argsort(ranks, kind="stable")
        tokens, ranks = with_pieces[by_rank], ranks[by_rank]
        sizes = lengths[order] + tokenizer.n_special
        start = 0
        for end in chunk_ends(sizes, max_cells=max_cells, call_cost=call_cost):
            low, high = np.searchsorted(ranks, (start, end))
            width, rows = int(sizes[start]), ranks[low:high] - start
            yield self._chunk(tokenizer, order[start:end], width, tokens[low:high], rows)
            start = end

    def _chunk(
        self, tokenizer: PieceTokenizer, windows: Ints1d, width: int, tokens: Ints1d, rows: Ints1d
    ) -> Chunk:
        starts, ends = self.windows.starts[windows], self.windows.ends[windows]
        lengths = ends - starts
        n_before = len(tokenizer.prefix)
        columns = np.arange(width)[None, :] - n_before
        inside = (columns >= 0) & (columns < lengths[:, None])
        source = np.where(inside, starts[:, None] + columns, 0)
        ids = np.where(inside, self.ids[source] if len(self.ids) else 0, tokenizer.pad_id)
        ids[:, :n_before] = tokenizer.prefix
        for i, special in enumerate(tokenizer.suffix):
            ids[np.arange(len(windows)), n_before + lengths + i] = special
        firsts = rows * width + n_before + self.firsts[tokens] - starts[rows]
        return Chunk(ids, lengths + tokenizer.n_special, tokens, firsts, (self.lasts - self.firsts)[tokens])


def _cut(doc: Doc, pieces: Pieces, size: WindowSize) -> Tuple[Ints1d, TokenPieces, Windows, int]:
    """Pieces, token stretches and windows of one Doc, and how many pieces had to be cut."""
    tokens = align(doc, pieces)
    if len(pieces) <= size.window:
        empty = np.zeros(1 if len(pieces) else 0, dtype=np.int64)
        end = np.full_like(empty, len(pieces))
        return pieces.ids, tokens, Windows(empty, end, empty, end), 0
    n_cut = 0
    if (tokens.lasts - tokens.firsts > size.window).any():
        kept = keep_first_pieces(tokens, len(pieces), size.window)
        n_cut = len(pieces) - len(kept)
        tokens = renumber(tokens, kept, len(pieces))
        pieces = Pieces(pieces.ids[kept], pieces.starts[kept], pieces.ends[kept])
    allowed = token_borders(tokens, len(pieces))
    welcome = sentence_borders(doc.text, pieces)
    windows = split_windows(allowed, welcome, window=size.window, overlap=size.overlap)
    return pieces.ids, tokens, windows, n_cut


def _concat(arrays: Sequence[Ints1d]) -> Ints1d:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
