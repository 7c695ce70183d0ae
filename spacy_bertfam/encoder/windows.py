"""Pieces to windows: what goes through the network together, and which window a token is read from."""

import numpy as np

from ..types import Bools1d, Ints1d, Pieces, Windows
from .alignment import TokenPieces
from .tokenizer import code_points

SENTENCE_ENDS = np.array([ord(c) for c in ".!?…。！？"], dtype=np.uint32)
NEWLINE = ord("\n")


def covered(firsts: Ints1d, lasts: Ints1d, n: int) -> Bools1d:
    """RETURNS (Bools1d): whether each of ``n`` places lies in one of the stretches; Shape: (n,)."""
    filled = lasts > firsts
    change = np.bincount(firsts[filled], minlength=n + 1) - np.bincount(lasts[filled], minlength=n + 1)
    return np.cumsum(change)[:n] > 0


def token_borders(tokens: TokenPieces, n_pieces: int) -> Bools1d:
    """RETURNS (Bools1d): whether a cut before each piece splits no token; Shape: (n_pieces + 1,)."""
    return ~covered(tokens.firsts + 1, tokens.lasts, n_pieces + 1)


def sentence_borders(text: str, pieces: Pieces) -> Bools1d:
    """Where a cut is welcome: at a line break, or between a full stop and a space.

    RETURNS (Bools1d): Shape: (n_pieces + 1,), indexed by the piece behind the cut.
    """
    characters = code_points(text)
    borders = np.zeros(len(pieces) + 1, dtype=bool)
    n_newlines = np.concatenate(([0], np.cumsum(characters == NEWLINE)))
    gap_starts, gap_ends = pieces.ends[:-1], pieces.starts[1:]
    has_newline = n_newlines[np.maximum(gap_ends, gap_starts)] > n_newlines[gap_starts]
    ends_sentence = np.isin(characters[np.maximum(gap_starts - 1, 0)], SENTENCE_ENDS)
    borders[1:-1] = has_newline | (ends_sentence & (gap_ends > gap_starts))
    return borders


def split_windows(allowed: Bools1d, welcome: Bools1d, *, window: int, overlap: int) -> Windows:
    """Cut pieces into windows on token borders, at sentence borders where one is near.

    allowed (Bools1d): where a cut splits no token; Shape: (n_pieces + 1,).
    welcome (Bools1d): where a cut is better; Shape: (n_pieces + 1,).
    window (int): the most pieces in a window, special pieces not counted.
    overlap (int): pieces that neighbouring windows have in common, at most; below half a window.

    A token is read from the window in which it has most context on both sides: the middle of an
    overlap parts the two windows. Without overlap shorter windows cost nothing, as no piece is read
    twice; so a sentence border is looked for in half a window then, otherwise in an eighth.
    """
    n_pieces = len(allowed) - 1
    welcome = welcome & allowed
    share = 8 if overlap else 2
    starts, ends = [0], []
    while n_pieces - starts[-1] > window:
        start = starts[-1]
        end = _last_cut(allowed, welcome, start, start + window, share) or start + window
        following = _last_cut(allowed, welcome, start, max(start, end - overlap), share) if overlap else end
        ends.append(end)
        starts.append(following or end)
    ends.append(n_pieces)
    borders = [
        _nearest_cut(allowed, start, end, (start + end) // 2)
        for start, end in zip(starts[1:], ends[:-1], strict=True)
    ]
    arrays = (starts, ends, [0, *borders], [*borders, n_pieces])
    return Windows(*(np.array(array, dtype=np.int64) for array in arrays))


def _last_cut(allowed: Bools1d, welcome: Bools1d, low: int, high: int, share: int) -> int:
    """The last good place for a cut in (low, high]; 0 where a cut anywhere would split a token.

    share (int): a welcome cut is looked for in the last so-manieth part of the stretch.
    """
    near = high - max(1, (high - low) // share)
    for cuts, bottom in ((welcome, near), (allowed, low)):
        places = np.flatnonzero(cuts[max(bottom, low) + 1 : high + 1])
        if len(places):
            return max(bottom, low) + 1 + int(places[-1])
    return 0


def _nearest_cut(allowed: Bools1d, low: int, high: int, middle: int) -> int:
    """The place for a cut in [low, high] that is nearest to ``middle``; ``low`` where there is none."""
    places = np.flatnonzero(allowed[low : high + 1]) + low
    if not len(places):
        return low
    return int(places[np.abs(places - middle).argmin()])


def keep_first_pieces(tokens: TokenPieces, n_pieces: int, limit: int) -> Ints1d:
    """The pieces that stay when no token may have more than ``limit``: of a longer one, its first.

    RETURNS (Ints1d): indices of the pieces that stay, growing.
    """
    long = tokens.lasts - tokens.firsts > limit
    too_many = covered(tokens.firsts[long] + limit, tokens.lasts[long], n_pieces)
    of_others = covered(tokens.firsts[~long], tokens.lasts[~long], n_pieces)
    return np.flatnonzero(~too_many | of_others)


def renumber(tokens: TokenPieces, kept: Ints1d, n_pieces: int) -> TokenPieces:
    """The same stretches after all pieces but ``kept`` are gone."""
    position = np.zeros(n_pieces + 1, dtype=np.int64)
    position[kept + 1] = 1
    position = np.cumsum(position)
    return TokenPieces(position[tokens.firsts], position[tokens.lasts])
