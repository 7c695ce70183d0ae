"""Docs to the arrays that the network reads: pieces, windows, and the pieces of each token."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc

from ...data.pairs import has_pair
from ...types import Ints1d, Pieces, Windows
from .alignment import TokenPieces, align_joined
from .chunking import CALL_COST_GPU, Calls, chunk_ends
from .pairs import Segments, lay_out_pairs
from .tokenizer import PieceTokenizer
from .windows import sentence_borders, split_windows, token_borders, without_the_rest

ANY_CALLS = Calls(CALL_COST_GPU)


class WindowSize(NamedTuple):
    """How windows are cut, in pieces, special pieces not counted."""

    window: int
    overlap: int


@dataclass(frozen=True)
class Chunk:
    """Windows of like length that go through the network in one call."""

    ids: Ints1d  # Shape: (n_windows, width), padded
    lengths: Ints1d  # Shape: (n_windows,), special pieces counted
    tokens: Ints1d  # Shape: (n_tokens,), the rows of the batch that are read from these windows
    firsts: Ints1d  # Shape: (n_tokens,), cell of ids.ravel() with the token's first piece
    counts: Ints1d  # Shape: (n_tokens,), number of the token's pieces, at least 1
    types: Ints1d | None = None  # Shape: (n_windows, width), the segment of each piece; None is 0 for all
    windows: Ints1d | None = None  # Shape: (n_windows,), which ones of the batch they are


@dataclass(frozen=True)
class PieceBatch:
    """The pieces of a batch of Docs, end to end, with the windows over them."""

    ids: Ints1d  # Shape: (n_pieces,)
    windows: Windows  # over all Docs; in the order of the texts
    firsts: Ints1d  # Shape: (n_tokens,), index of each token's first piece
    lasts: Ints1d  # Shape: (n_tokens,), index after its last piece; equal where it has none
    lengths: list[int]  # tokens of each Doc
    n_cut: int  # pieces that no window could hold beside the rest of their token
    window_counts: Sequence[int] = ()  # windows of each Doc
    with_documents: bool = False  # is the first special piece of each window read too?
    segments: Segments | None = None  # of a batch with pairs, where the tokenizer has them
    n_cut_firsts: int = 0  # pieces of first texts that are longer than half a window

    @property
    def n_tokens(self) -> int:
        """Tokens of all Docs together."""
        return len(self.firsts)

    @property
    def n_rows(self) -> int:
        """Vectors that are read: one for each token, and after them one for each window if documents are read."""
        return self.n_tokens + (len(self.windows) if self.with_documents else 0)

    def n_cells(self, n_special: int) -> int:
        """RETURNS (int): of a single call with all windows, padded to the longest; n_special: pieces around each."""
        lengths = self.windows.ends - self.windows.starts
        return len(lengths) * (int(lengths.max(initial=0)) + n_special)

    @classmethod
    def from_docs(
        cls, docs: Sequence[Doc], tokenizer: PieceTokenizer, size: WindowSize, *, with_documents: bool = False
    ) -> "PieceBatch":
        """Tokenize each text as a whole, a pair as two, align the pieces with the tokens, cut windows."""
        lengths = [len(doc) for doc in docs]
        if has_pair(docs):
            found = lay_out_pairs(docs, tokenizer, window=size.window, overlap=size.overlap)
            return cls(
                found.ids, found.windows, *found.tokens, lengths, found.n_cut, found.window_counts, with_documents,
                found.segments, found.n_cut_firsts,
            )  # fmt: skip
        texts = [doc.text for doc in docs]
        if not sum(lengths):
            empty = np.zeros(0, dtype=np.int64)
            nothing = Windows(empty, empty, empty, empty)
            return cls(empty, nothing, empty, empty, lengths, 0, [0] * len(docs), with_documents)
        pieces, counts = tokenizer.cut_joined(docs, texts)
        tokens = align_joined(docs, list(accumulate(map(len, texts), initial=0))[:-1], pieces)
        n_pieces = len(pieces)
        if (tokens.lasts - tokens.firsts > size.window).any():
            pieces, counts, tokens = without_the_rest(pieces, counts, tokens, size.window)
        windows = _windows("".join(texts), pieces, counts, tokens, size)
        of_docs = np.searchsorted(np.cumsum(counts), windows.starts, side="right")
        window_counts = np.bincount(of_docs, minlength=len(docs)).tolist()
        lasts = _within_windows(tokens, windows)
        n_cut = n_pieces - len(pieces) + int((tokens.lasts - lasts).sum())
        return cls(pieces.ids, windows, tokens.firsts, lasts, lengths, n_cut, window_counts, with_documents)

    def chunks(
        self, tokenizer: PieceTokenizer, max_cells: int | None = None, *, calls: Calls = ANY_CALLS
    ) -> Iterator[Chunk]:
        """Windows sorted by length, at most ``max_cells`` padded pieces in a chunk, which the engine knows where they
        are None; see ``chunk_ends``."""
        lengths = self.windows.ends - self.windows.starts
        order = np.argsort(-lengths, kind="stable")
        with_pieces = np.flatnonzero(self.firsts < self.lasts)
        # those that a window owns follow each other
        first_tokens = np.searchsorted(self.firsts[with_pieces], self.windows.own_starts)
        n_tokens = np.diff(first_tokens, append=len(with_pieces))
        sizes = calls.widths(lengths[order] + tokenizer.n_special)
        start = 0
        for end in chunk_ends(sizes, max_cells=max_cells or calls.max_cells, calls=calls):
            windows = order[start:end]
            places = ranges(first_tokens[windows], n_tokens[windows])
            rows = np.repeat(np.arange(end - start), n_tokens[windows])
            yield self._chunk(tokenizer, windows, int(sizes[start]), with_pieces[places], rows)
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
        counts = (self.lasts - self.firsts)[tokens]
        if self.with_documents:  # as if they were tokens of one piece, which no pooling changes
            tokens = np.concatenate([tokens, self.n_tokens + windows])
            firsts = np.concatenate([firsts, np.arange(len(windows)) * width])
            counts = np.concatenate([counts, np.ones_like(windows)])
        types = None
        if self.segments is not None:
            within = np.where(inside, source, -1)
            types = self.segments.of_windows(tokenizer.pair, windows, lengths, within)
        return Chunk(ids, lengths + tokenizer.n_special, tokens, firsts, counts, types, windows)


def _within_windows(tokens: TokenPieces, windows: Windows) -> Ints1d:
    """RETURNS (Ints1d): index after the last piece of each token that its own window holds."""
    lasts = tokens.lasts.copy()
    has_pieces = tokens.firsts < lasts
    owners = np.searchsorted(windows.own_starts, tokens.firsts[has_pieces], side="right") - 1
    lasts[has_pieces] = np.minimum(lasts[has_pieces], windows.ends[owners])
    return lasts


def ranges(starts: Ints1d, counts: Ints1d) -> Ints1d:
    """RETURNS (Ints1d): the numbers from each start on, as many as are counted there, end to end."""
    found: Ints1d = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return found


def _windows(text: str, pieces: Pieces, counts: Ints1d, tokens: TokenPieces, size: WindowSize) -> Windows:
    """The windows of all texts, which stand end to end in ``text``; a text that fits is one window."""
    ends = np.cumsum(counts)
    if counts.max() <= size.window:
        starts, ends = (ends - counts)[counts > 0], ends[counts > 0]
        return Windows(starts, ends, starts, ends)
    allowed, welcome = token_borders(tokens, len(pieces)), sentence_borders(text, pieces)
    parts = []
    for start, end in zip((ends - counts).tolist(), ends.tolist(), strict=True):
        if end - start > size.window:
            here = slice(start, end + 1)
            found = split_windows(allowed[here], welcome[here], window=size.window, overlap=size.overlap)
            parts.append(np.stack(found.arrays) + start)
        elif end > start:
            parts.append(np.array([[start], [end], [start], [end]], dtype=np.int64))
    return Windows(*np.concatenate(parts, axis=1))
