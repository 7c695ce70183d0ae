"""Windows: each piece owned once, cuts on token borders, tokens read where they have most context."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_docs import examples

from spacy_bertfam.encoder.pieces.alignment import TokenPieces
from spacy_bertfam.encoder.pieces.windows import (
    covered,
    keep_first_pieces,
    renumber,
    sentence_borders,
    split_windows,
    token_borders,
    without_the_rest,
)
from spacy_bertfam.types import Pieces


def tokens_of(*sizes):
    """Tokens with so many pieces each, one after the other."""
    lasts = np.cumsum(np.array(sizes, dtype=np.int64))
    return TokenPieces(lasts - np.array(sizes, dtype=np.int64), lasts)


def split(sizes, *, window, overlap, welcome=()):
    n_pieces = sum(sizes)
    likes = np.zeros(n_pieces + 1, dtype=bool)
    likes[list(welcome)] = True
    return split_windows(token_borders(tokens_of(*sizes), n_pieces), likes, window=window, overlap=overlap)


token_sizes = st.lists(st.integers(1, 8), min_size=1, max_size=60)


@examples(200)
@given(data=st.data(), sizes=token_sizes, window=st.integers(8, 20), with_overlap=st.booleans())
def test_windows_of_tokens_that_fit(data, sizes, window, with_overlap):
    overlap = data.draw(st.integers(1, window // 2)) if with_overlap else 0
    n_pieces = sum(sizes)
    welcome = data.draw(st.lists(st.integers(0, n_pieces), max_size=10))
    windows = split(sizes, window=window, overlap=overlap, welcome=welcome)
    borders = {0, *np.cumsum(sizes).tolist()}
    # every piece is owned once
    assert windows.own_starts[0] == 0
    assert windows.own_ends[-1] == n_pieces
    assert np.array_equal(windows.own_starts[1:], windows.own_ends[:-1])
    assert (windows.own_starts <= windows.own_ends).all()
    # a window holds what it owns, and is no larger than it may be
    assert (windows.starts <= windows.own_starts).all()
    assert (windows.own_ends <= windows.ends).all()
    assert (windows.ends - windows.starts <= window).all()
    assert (windows.ends > windows.starts).all()
    # cuts split no token; a window is never further from the next than it should
    for places in (windows.starts, windows.ends, windows.own_starts, windows.own_ends):
        assert set(places.tolist()) <= borders
    assert (windows.starts[1:] <= windows.ends[:-1]).all()
    assert (np.diff(windows.starts) > 0).all()
    assert (np.diff(windows.ends) >= 0).all()
    if not with_overlap:
        assert np.array_equal(windows.starts[1:], windows.ends[:-1])


@examples(100)
@given(data=st.data(), n_pieces=st.integers(1, 150), window=st.integers(4, 20))
def test_windows_over_any_borders_own_each_piece_once(data, n_pieces, window):
    """Also where pieces that are shared by tokens leave long segments without a border."""
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=n_pieces + 1, max_size=n_pieces + 1)))
    overlap = data.draw(st.integers(0, window // 2))
    welcome = np.array(data.draw(st.lists(st.booleans(), min_size=n_pieces + 1, max_size=n_pieces + 1)))
    windows = split_windows(allowed, welcome, window=window, overlap=overlap)
    owned = np.concatenate(
        [np.arange(*ends) for ends in zip(windows.own_starts, windows.own_ends, strict=True)]
    )
    assert np.array_equal(owned, np.arange(n_pieces))
    assert (windows.ends - windows.starts <= window).all()
    assert (windows.starts <= windows.own_starts).all()
    assert (windows.own_ends <= windows.ends).all()
    assert len(windows) <= 2 * n_pieces
    for start, end in zip(windows.starts, windows.ends, strict=True):
        if allowed[start + 1 : start + window + 1].any() and end < n_pieces:
            assert allowed[end], "a cut within a token although the window has a border"


def test_a_text_that_fits_is_one_window():
    windows = split([1] * 10, window=10, overlap=4)
    assert (len(windows), windows.starts[0], windows.ends[0]) == (1, 0, 10)


def test_windows_overlap_and_part_in_the_middle():
    windows = split([1] * 20, window=10, overlap=4)
    assert windows.starts.tolist() == [0, 6, 12]
    assert windows.ends.tolist() == [10, 16, 20]
    assert windows.own_starts.tolist() == [0, 8, 14]


@pytest.mark.parametrize("overlap", [0, 2, 4, 5])
def test_each_token_is_read_where_it_has_most_context(overlap):
    windows = split([1] * 50, window=10, overlap=overlap)
    for piece in range(50):
        here = np.flatnonzero((windows.starts <= piece) & (piece < windows.ends))
        context = np.minimum(piece - windows.starts[here], windows.ends[here] - 1 - piece)
        # at the two ends of a text nothing is missing
        context = np.where(windows.starts[here] == 0, windows.ends[here] - 1 - piece, context)
        context = np.where(windows.ends[here] == 50, piece - windows.starts[here], context)
        owner = np.flatnonzero((windows.own_starts <= piece) & (piece < windows.own_ends))[0]
        assert context[here == owner][0] >= context.max() - 1


def test_a_near_sentence_border_is_preferred():
    assert split([1] * 30, window=16, overlap=0, welcome=[15]).ends[0] == 15
    assert split([1] * 30, window=16, overlap=0, welcome=[5]).ends[0] == 16


def test_a_welcome_cut_within_a_token_is_not_taken():
    assert split([5, 5, 5, 5], window=16, overlap=0, welcome=[14]).ends[0] == 15


def test_two_long_tokens_are_not_split_without_overlap():
    """Six pieces, then nine: the first window ends early, and the second token stays whole."""
    windows = split([6, 9, 5], window=10, overlap=0)
    assert list(zip(windows.starts.tolist(), windows.ends.tolist(), strict=True)) == [
        (0, 6),
        (6, 15),
        (15, 20),
    ]


def test_borders_are_where_no_token_is_split():
    tokens = TokenPieces(np.array([0, 2, 3, 0]), np.array([2, 4, 5, 0]))
    assert token_borders(tokens, 6).tolist() == [True, False, True, False, False, True, True]


def test_covered_places_lie_in_a_stretch():
    found = covered(np.array([1, 2, 6]), np.array([3, 4, 6]), 8)
    assert np.flatnonzero(found).tolist() == [1, 2, 3]


def test_a_border_is_told_for_each_piece_and_for_the_end():
    pieces = Pieces(np.arange(2), np.array([0, 2]), np.array([1, 3]))
    assert sentence_borders("a b", pieces).tolist() == [False] * 3


def borders_of(text):
    """The pieces, each a word or a mark, that a sentence begins with."""
    found = list(re.finditer(r"\w+|[^\w\s]", text))
    pieces = Pieces(np.arange(len(found)), *np.array([piece.span() for piece in found]).T)
    return [found[i].group() for i in np.flatnonzero(sentence_borders(text, pieces))]


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("Elle riait. Oui\nnon 3.5 a", ["Oui", "non"]),
        ("Elle riait.Oui, non", []),
        ("Va ! Qui ? Personne… Rien", ["Qui", "Personne", "Rien"]),
        ("Le Dr. Roux, M. Bouc et le Prof. Tournesol partent. Haddock reste.", ["Haddock"]),
        ("J. K. Rowling went to the U.S. Army. Then home", []),
        ("Dr. Roux", []),
        ("Elle rit. Elle dort", []),  # too short to tell
    ],
)
def test_sentence_borders_are_line_breaks_and_marks_with_a_space_that_abbreviate_nothing(text, begin):
    assert borders_of(text) == begin


@pytest.mark.parametrize("before", ["", "Il y a longtemps "])
@pytest.mark.parametrize(
    ("word", "begin"),
    [("M", []), ("Dr", []), ("Chr", []), ("Prof", []), ("Marie", ["Next"]), ("Michel", ["Next"])],
)
def test_a_full_stop_after_up_to_four_letters_may_abbreviate(before, word, begin):
    assert borders_of(f"{before}{word}. Next") == begin
    assert borders_of(f"{before}{word}! Next") == ["Next"]


def test_a_line_break_counts_wherever_it_stands_between_two_pieces():
    assert borders_of("a b \n c\nd \t e") == ["c", "d"]


def test_a_place_to_cut_is_the_nearest_to_the_middle():
    """Pieces 6 to 9 are in both windows: of the token borders 6, 7 and 10 the second is nearest to 8."""
    windows = split([1, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], window=10, overlap=4)
    assert windows.starts.tolist() == [0, 6, 12]
    assert windows.ends.tolist() == [10, 16, 20]
    assert windows.own_ends.tolist() == [7, 14, 20]


def test_of_two_places_as_near_to_the_piece_in_the_middle_the_first_is_taken():
    """Pieces 5 to 9 are in both windows, and the middle of 5 to 10 is piece 7: 6 and 8 are as near."""
    windows = split([1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1], window=10, overlap=5)
    assert (windows.starts[1], windows.ends[0], windows.own_ends[0]) == (5, 10, 6)


def test_without_a_border_a_token_is_cut_where_the_window_ends():
    windows = split([12], window=5, overlap=2)
    assert [array.tolist() for array in windows.arrays] == [[0, 5, 10], [5, 10, 12], [0, 5, 10], [5, 10, 12]]


@pytest.mark.parametrize(("n", "starts"), [(16, [0]), (17, [0, 9])])
def test_a_sentence_border_is_looked_for_in_the_second_half_of_a_window(n, starts):
    assert split([1] * n, window=16, overlap=0, welcome=[8, 9]).starts.tolist() == starts


def test_a_sentence_that_ends_with_the_window_is_taken():
    assert split([1] * 30, window=16, overlap=4, welcome=[16, 17]).starts.tolist() == [0, 16]


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_sentence_borders_of_a_long_text_are_found_part_by_part(at_once, monkeypatch):
    """Abbreviations, line breaks and sentence ends on both sides of every part."""
    text = "Il y a\nM. Dr. Bo! Ah? (ça.) L'U.S. Air\n\nFin... Oui. e. Non" * 3
    expected = borders_of(text)
    assert len(expected) > 12
    monkeypatch.setattr("spacy_bertfam.encoder.pieces.windows.GAPS_AT_ONCE", at_once)
    assert borders_of(text) == expected


def test_between_sentences_nothing_is_read_twice():
    windows = split([1] * 30, window=16, overlap=4, welcome=[9, 12, 22])
    assert list(zip(windows.starts.tolist(), windows.ends.tolist(), strict=True)) == [
        (0, 12),
        (12, 22),
        (22, 30),
    ]


def test_a_sentence_that_ends_too_early_is_cut_with_overlap():
    windows = split([1] * 30, window=16, overlap=4, welcome=[8])
    assert windows.ends[0] == 16
    assert windows.starts[1] == 12


def test_of_a_long_token_the_first_pieces_stay():
    tokens = tokens_of(2, 10, 3)
    kept = keep_first_pieces(tokens, 15, 4)
    assert kept.tolist() == [0, 1, 2, 3, 4, 5, 12, 13, 14]
    renumbered = renumber(tokens, kept, 15)
    assert renumbered.firsts.dtype == np.int64  # they are indices
    assert [(int(a), int(b)) for a, b in zip(*renumbered, strict=True)] == [(0, 2), (2, 6), (6, 9)]


def test_what_stays_of_texts_is_counted_text_by_text():
    """A token of five pieces, a text without any, two tokens of one."""
    pieces = Pieces(np.arange(10, 17), np.arange(0, 14, 2), np.arange(1, 15, 2))
    tokens = TokenPieces(np.array([0, 5, 6]), np.array([5, 6, 7]))
    found, counts, tokens = without_the_rest(pieces, np.array([5, 0, 2]), tokens, 3)
    assert [found.ids.tolist(), found.starts.tolist(), found.ends.tolist()] == [
        [10, 11, 12, 15, 16],
        [0, 2, 4, 10, 12],
        [1, 3, 5, 11, 13],
    ]
    assert counts.tolist() == [3, 0, 2]
    assert [tokens.firsts.tolist(), tokens.lasts.tolist()] == [[0, 3, 4], [3, 4, 5]]


def test_a_piece_that_a_neighbor_shares_with_a_long_token_stays():
    tokens = TokenPieces(np.array([0, 9]), np.array([10, 12]))
    assert keep_first_pieces(tokens, 12, 4).tolist() == [0, 1, 2, 3, 9, 10, 11]


def test_windows_of_a_long_text_are_as_many_as_needed():
    windows = split([1] * 10_000, window=100, overlap=20)
    assert len(windows) == 125
    assert all(b - a == 80 for a, b in pairwise(windows.starts.tolist()))
