"""Pieces to windows: what goes through the network together, and which window a token is read from."""

import numpy as np

from ...types import Bools1d, Ints1d, Pieces, Windows
from .alignment import TokenPieces
from .tokenizer import CodePoints, code_points, is_space

SENTENCE_ENDS = np.array([ord(c) for c in ".!?…。！？"], dtype=np.uint32)
NEWLINE, FULL_STOP = ord("\n"), ord(".")
# Letters of "Prof"
LONGEST_ABBREVIATION = 4
# Between pieces of a long text: what is looked at around them is many times as large as they are
GAPS_AT_ONCE = 65536


def covered(firsts: Ints1d, lasts: Ints1d, n: int) -> Bools1d:
    """RETURNS (Bools1d): whether each of ``n`` places lies in one of the ranges; Shape: (n,)."""
    filled = lasts > firsts
    change = np.bincount(firsts[filled], minlength=n + 1) - np.bincount(lasts[filled], minlength=n + 1)
    return np.cumsum(change)[:n] > 0


def token_borders(tokens: TokenPieces, n_pieces: int) -> Bools1d:
    """RETURNS (Bools1d): whether a cut before each piece splits no token; Shape: (n_pieces + 1,)."""
    return ~covered(tokens.firsts + 1, tokens.lasts, n_pieces + 1)


def sentence_borders(text: str, pieces: Pieces) -> Bools1d:
    """Where a sentence ends, as far as the characters tell: at a line break, or between a mark that ends one and a
    space. A full stop after a short word ends none: it may be that of "Dr." or "U.S.".

    RETURNS (Bools1d): Shape: (n_pieces + 1,), indexed by the piece after the border.
    """
    borders = np.zeros(len(pieces) + 1, dtype=bool)
    gap_starts, gap_ends = pieces.ends[:-1], pieces.starts[1:]
    for start in range(0, len(gap_starts), GAPS_AT_ONCE):
        here = slice(start, start + GAPS_AT_ONCE)
        found = _end_sentences(text, gap_starts[here], gap_ends[here])
        borders[start + 1 : start + 1 + len(found)] = found
    return borders


def _end_sentences(text: str, gap_starts: Ints1d, gap_ends: Ints1d) -> Bools1d:
    """Whether a sentence ends before each of some gaps between two pieces."""
    gap_ends = np.maximum(gap_ends, gap_starts)
    base = max(int(gap_starts.min()) - LONGEST_ABBREVIATION - 2, 0)
    characters = code_points(text[base : int(gap_ends.max()) + 1])
    gap_starts, gap_ends = gap_starts - base, gap_ends - base
    n_newlines = np.concatenate(([0], np.cumsum(characters == NEWLINE)))
    has_newline = n_newlines[gap_ends] > n_newlines[gap_starts]
    lasts = np.maximum(gap_starts - 1, 0)
    ends_sentence = np.isin(characters[lasts], SENTENCE_ENDS)
    places = np.flatnonzero(ends_sentence)
    ends_sentence[places] = ~_may_abbreviate(characters, lasts[places])
    found: Bools1d = has_newline | (ends_sentence & (gap_ends > gap_starts))
    return found


def _may_abbreviate(characters: CodePoints, places: Ints1d) -> Bools1d:
    """Whether there is a full stop after a word of few letters."""
    is_short: Bools1d = places <= LONGEST_ABBREVIATION
    for n_back in range(1, LONGEST_ABBREVIATION + 2):
        is_short |= is_space(characters[np.maximum(places - n_back, 0)])
    is_short &= characters[places] == FULL_STOP
    return is_short


def split_windows(allowed: Bools1d, welcome: Bools1d, *, window: int, overlap: int) -> Windows:
    """Cut pieces into windows: between two sentences where one ends in the second half of a window, otherwise
    between two tokens, with some pieces in both.

    allowed (Bools1d): where a cut splits no token; Shape: (n_pieces + 1,).
    welcome (Bools1d): where a sentence ends; Shape: (n_pieces + 1,).
    window (int): the most pieces in a window, special pieces not counted.
    overlap (int): pieces that two windows have in common where a sentence is cut, at most; below half a window.

    Shorter windows cost nothing where no piece is read twice. In an overlap a token is read from the window in
    which it has most context on both sides: the middle parts the two windows.
    """
    n_pieces = len(allowed) - 1
    between_tokens, between_sentences = np.flatnonzero(allowed), np.flatnonzero(welcome & allowed)
    starts, ends = [0], []
    while n_pieces - starts[-1] > window:
        start = starts[-1]
        end = following = _last(between_sentences, start + window // 2, start + window)
        if not end:
            end = _last(between_tokens, start, start + window) or start + window
            following = _last(between_tokens, start, max(start, end - overlap))
        ends.append(end)
        starts.append(following or end)
    ends.append(n_pieces)
    overlaps = zip(starts[1:], ends[:-1], strict=True)
    borders = [_nearest_to_middle(between_tokens, start, end) for start, end in overlaps]
    arrays = (starts, ends, [0, *borders], [*borders, n_pieces])
    return Windows(*(np.array(array, dtype=np.int64) for array in arrays))


def _last(places: Ints1d, low: int, high: int) -> int:
    """The last of the places in (low, high]; 0 where there is none."""
    n = int(np.searchsorted(places, high, side="right"))
    return int(places[n - 1]) if n and places[n - 1] > low else 0


def _nearest_to_middle(places: Ints1d, low: int, high: int) -> int:
    """The place in [low, high] that is nearest to its middle; ``low`` where there is none."""
    first, after = np.searchsorted(places, [low, high + 1])
    near = places[first:after]
    return int(near[np.abs(near - (low + high) // 2).argmin()]) if len(near) else low


def keep_first_pieces(tokens: TokenPieces, n_pieces: int, limit: int) -> Ints1d:
    """The pieces that stay when no token may have more than ``limit``: of a longer one, its first.

    RETURNS (Ints1d): indices of the pieces that stay, growing.
    """
    long = tokens.lasts - tokens.firsts > limit
    too_many = covered(tokens.firsts[long] + limit, tokens.lasts[long], n_pieces)
    of_others = covered(tokens.firsts[~long], tokens.lasts[~long], n_pieces)
    return np.flatnonzero(~too_many | of_others)


def renumber(tokens: TokenPieces, kept: Ints1d, n_pieces: int) -> TokenPieces:
    """The same ranges after all pieces but ``kept`` are gone."""
    position = np.zeros(n_pieces + 1, dtype=np.int64)
    position[kept + 1] = 1
    position = np.cumsum(position)
    return TokenPieces(position[tokens.firsts], position[tokens.lasts])


def without_the_rest(
    pieces: Pieces, counts: Ints1d, tokens: TokenPieces, limit: int
) -> tuple[Pieces, Ints1d, TokenPieces]:
    """The same without the pieces of a token after its first ``limit``.

    counts (Ints1d): pieces of each text.
    """
    kept = keep_first_pieces(tokens, len(pieces), limit)
    tokens = renumber(tokens, kept, len(pieces))
    ends = np.searchsorted(kept, np.cumsum(counts))
    return Pieces(pieces.ids[kept], pieces.starts[kept], pieces.ends[kept]), np.diff(ends, prepend=0), tokens
