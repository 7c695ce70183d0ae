"""Pairs of texts -> windows that all begin with the first text: parts of a long second one follow it."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc, Span

from ...data.pairs import first_length
from ...types import Bools1d, Ints1d, Pieces, Windows
from .alignment import TokenPieces, align_joined
from .pair_template import PairTemplate
from .piece_scheme import OURS
from .tokenizer import PieceTokenizer
from .windows import sentence_borders, split_windows, token_borders, without_the_rest


class Segments(NamedTuple):
    """The segment of each piece, in a batch with pairs; the pieces of single texts have 0."""

    of_pieces: Ints1d  # Shape: (n_pieces,)
    is_pair: Bools1d  # Shape: (n_windows,)

    def of_windows(self, template: PairTemplate, windows: Ints1d, lengths: Ints1d, within: Ints1d) -> Ints1d:
        """The segments of some windows, with those of the special pieces around them.

        windows (Ints1d): which ones. Shape: (n,)
        lengths (Ints1d): their pieces, special ones around them not counted. Shape: (n,)
        within (Ints1d): the piece in each cell, -1 for none. Shape: (n, width)
        RETURNS (Ints1d): Shape: (n, width).
        """
        types: Ints1d = np.where(within >= 0, self.of_pieces[within], 0)
        pairs = np.flatnonzero(self.is_pair[windows])
        n_before = len(template.prefix_types)
        types[pairs, :n_before] = template.prefix_types
        for i, kind in enumerate(template.suffix_types):
            types[pairs, n_before + lengths[pairs] + i] = kind
        return types


class Layout(NamedTuple):
    """The windows of a batch with pairs, written out one after the other: a window of a pair with its first text."""

    ids: Ints1d  # Shape: (n_places,)
    segments: Segments | None  # None where the tokenizer has none
    windows: Windows  # over ``ids``
    tokens: TokenPieces  # over ``ids``: each token in the window that it is read from
    window_counts: list[int]  # of each Doc
    n_cut: int  # pieces that no window could hold beside the rest of their token
    n_cut_firsts: int  # pieces of first texts longer than half a window


class _Window(NamedTuple):
    """What a window holds, in pieces of the batch; special pieces around it not counted."""

    head: slice | None  # the pieces of the first text; None for a single text
    start: int
    end: int
    own_start: int
    own_end: int
    is_first: bool  # of its Doc


def lay_out_pairs(docs: Sequence[Doc], tokenizer: PieceTokenizer, *, window: int, overlap: int) -> Layout:
    """Cut single texts into windows as ever, and pairs into windows of the first text and a part of the second. The
    tokens of a first text are read from its first window; it has at most half of a window.

    window, overlap (int): in pieces; special ones around a window are not counted, those between two texts are.
    """
    pieces, counts, tokens = _cut(docs, tokenizer)
    n_uncut = len(pieces)
    if (tokens.lasts - tokens.firsts > window).any():
        pieces, counts, tokens = without_the_rest(pieces, counts, tokens, window)
    borders = token_borders(tokens, len(pieces)), sentence_borders("".join(doc.text for doc in docs), pieces)
    between = tokenizer.pair.between
    limit = max(1, (window - len(between)) // 2)
    windows: list[_Window] = []
    window_counts, n_cut_firsts, start, ends = [], 0, 0, accumulate(counts.tolist())
    for doc in docs:
        head, room, end = None, window, next(ends)
        if first_length(doc):
            head = slice(start, min(end, start + limit))
            n_cut_firsts += end - head.stop
            room -= len(between) + head.stop - head.start
            start, end = end, next(ends)
        allowed, welcome = (array[start : end + 1] for array in borders)
        cut = split_windows(allowed, welcome, window=room, overlap=min(overlap, room // 2))
        rows = (np.stack(cut.arrays, axis=1) + start).tolist() if head or end > start else []
        windows += [_Window(head, a, b, c, d, i == 0) for i, (a, b, c, d) in enumerate(rows)]
        window_counts.append(len(rows))
        start = end
    laid_out = _write_out(windows, pieces.ids, tokens, tokenizer.pair)
    n_lost = int((tokens.lasts - tokens.firsts).sum() - (laid_out[3].lasts - laid_out[3].firsts).sum())
    n_cut = n_uncut - len(pieces) + max(0, n_lost - n_cut_firsts)
    return Layout(*laid_out, window_counts, n_cut, n_cut_firsts)


def _cut(docs: Sequence[Doc], tokenizer: PieceTokenizer) -> tuple[Pieces, Ints1d, TokenPieces]:
    """The pieces of all texts by their places in the texts of the Docs end to end, how many each text has, a pair
    being two, and the pieces of each token."""
    parts: list[Doc | Span] = []
    starts, base = [], 0
    for doc in docs:
        n_first = first_length(doc)
        of_doc = [doc[:n_first], doc[n_first:]] if n_first else [doc]
        starts += [base + (part.start_char if isinstance(part, Span) else 0) for part in of_doc]
        parts += of_doc
        base += len(doc.text)
    texts = [part.text for part in parts]
    whole = parts if tokenizer.scheme == OURS else [p.as_doc() if isinstance(p, Span) else p for p in parts]
    pieces, counts = tokenizer.cut_joined(whole, texts)  # type: ignore[arg-type]
    before = np.cumsum([0, *map(len, texts)])[:-1]
    shift = np.repeat(np.array(starts, dtype=np.int64) - before, counts)
    pieces = Pieces(pieces.ids, pieces.starts + shift, pieces.ends + shift)
    bases = list(accumulate((len(doc.text) for doc in docs), initial=0))[:-1]
    return pieces, counts, align_joined(docs, bases, pieces)


def _write_out(
    windows: Sequence[_Window], ids: Ints1d, tokens: TokenPieces, template: PairTemplate
) -> tuple[Ints1d, Segments | None, Windows, TokenPieces]:
    """RETURNS (tuple): the first fields of a ``Layout``."""
    places = np.full(len(ids) + 1, -1, dtype=np.int64)  # where a piece is read
    stops = np.zeros(len(ids) + 1, dtype=np.int64)  # the piece after the last one of its text in that window
    written: list[Ints1d] = []
    types: list[int] = []
    borders = np.zeros((4, len(windows)), dtype=np.int64)
    at = 0
    for i, (head, start, end, own_start, own_end, is_first) in enumerate(windows):
        begin = at
        if head is not None:
            n_head = head.stop - head.start
            written += [ids[head], np.array(template.between, dtype=np.int64)]
            types += [template.first_type] * n_head + [*template.between_types]
            if is_first:
                places[head], stops[head] = np.arange(at, at + n_head), head.stop
            at += n_head + len(template.between)
        shift = at - start  # from a piece of the batch to its place here
        written.append(ids[start:end])
        types += [0 if head is None else template.second_type] * (end - start)
        places[own_start:own_end] = np.arange(own_start, own_end) + shift
        stops[own_start:own_end] = end
        at = end + shift
        borders[:, i] = begin, at, begin if is_first else own_start + shift, own_end + shift
    segments = None
    if template.has_segments:
        is_pair = np.array([window.head is not None for window in windows], dtype=bool)
        segments = Segments(np.array(types, dtype=np.int64), is_pair)
    firsts = places[tokens.firsts]
    lasts = firsts + np.minimum(tokens.lasts, stops[tokens.firsts]) - tokens.firsts
    gone = (tokens.firsts == tokens.lasts) | (firsts < 0)
    firsts[gone] = lasts[gone] = 0
    return np.concatenate(written), segments, Windows(*borders), TokenPieces(firsts, lasts)
