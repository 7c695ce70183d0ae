"""A batch over words of a few pieces, by hand: windows, chunks, and the cell in which each token is found again."""

import numpy as np
import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit

from spacy_bertfam.encoder.pieces.alignment import TokenPieces
from spacy_bertfam.encoder.pieces.batch import PieceBatch, WindowSize, _within_windows, ranges
from spacy_bertfam.encoder.pieces.chunking import Calls
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer
from spacy_bertfam.types import Windows

SPECIAL = PieceTokenizer(backend=None, prefix=(1, 2), suffix=(3,), pad_id=9)


def by_hand(**changes):
    """Seven pieces in two windows, five tokens: of one piece, two and two; one has none; the last has two."""
    starts, ends = np.array([0, 3]), np.array([3, 7])
    fields = {
        "ids": np.arange(10, 17),
        "windows": Windows(starts, ends, starts, ends),
        "firsts": np.array([0, 1, 3, 0, 5]),
        "lasts": np.array([1, 3, 5, 0, 7]),
        "lengths": [2, 3],
        "n_cut": 0,
        "window_counts": [1, 1],
    }
    return PieceBatch(**{**fields, **changes})


def as_lists(chunk):
    return [array.tolist() for array in (chunk.ids, chunk.lengths, chunk.tokens, chunk.firsts, chunk.counts)]


def test_a_chunk_by_hand():
    [chunk] = by_hand().chunks(SPECIAL, 1000)
    assert as_lists(chunk) == [
        [[1, 2, 13, 14, 15, 16, 3], [1, 2, 10, 11, 12, 3, 9]],  # the longer window first
        [7, 6],
        [2, 4, 0, 1],
        [2, 4, 9, 10],  # cells, counted row by row
        [2, 2, 1, 2],
    ]


def test_where_documents_are_read_the_first_special_piece_of_each_window_is_a_row_more():
    batch = by_hand(with_documents=True)
    [chunk] = batch.chunks(SPECIAL, 1000)
    assert (batch.n_tokens, batch.n_rows, by_hand().n_rows) == (5, 7, 5)
    assert as_lists(chunk)[2:] == [[2, 4, 0, 1, 6, 5], [2, 4, 9, 10, 0, 7], [2, 2, 1, 2, 1, 1]]
    again = list(batch.chunks(SPECIAL, 7))
    assert [as_lists(chunk)[2:] for chunk in again] == [
        [[2, 4, 6], [2, 4, 0], [2, 2, 1]],
        [[0, 1, 5], [2, 3, 0], [1, 2, 1]],
    ]


def test_chunks_are_bounded_by_what_the_engine_knows_where_no_bound_is_given():
    assert len(list(by_hand().chunks(SPECIAL, calls=Calls(4096, max_cells=13)))) == 2
    assert len(list(by_hand().chunks(SPECIAL, calls=Calls(4096, max_cells=14)))) == 1
    assert len(list(by_hand().chunks(SPECIAL, 13, calls=Calls(4096, max_cells=14)))) == 2


def test_windows_are_as_wide_as_the_engine_likes_them():
    one, other = by_hand().chunks(SPECIAL, 7, calls=Calls(0, width=7))
    assert one.ids.shape == other.ids.shape == (1, 7)
    assert other.ids.tolist() == [[1, 2, 10, 11, 12, 3, 9]]
    assert [len(chunk.ids) for chunk in by_hand().chunks(SPECIAL)] == [2]


def test_a_token_is_read_from_the_window_that_owns_its_first_piece():
    """Two windows with two pieces in common, of which each owns one."""
    windows = Windows(np.array([0, 3]), np.array([5, 7]), np.array([0, 4]), np.array([4, 7]))
    batch = by_hand(windows=windows, firsts=np.array([0, 3, 4, 0]), lasts=np.array([3, 4, 7, 0]))
    [chunk] = batch.chunks(SPECIAL, 1000)
    assert as_lists(chunk) == [
        [[1, 2, 10, 11, 12, 13, 14, 3], [1, 2, 13, 14, 15, 16, 3, 9]],
        [8, 7],
        [0, 1, 2],
        [2, 5, 8 + 2 + 1],
        [3, 1, 3],
    ]


def test_pieces_of_a_token_outside_of_its_window_are_cut_and_counted():
    tokens = TokenPieces(np.array([0, 2, 6, 0]), np.array([2, 6, 7, 0]))
    assert _within_windows(tokens, by_hand().windows).tolist() == [2, 3, 7, 0]


@pytest.mark.parametrize(
    ("starts", "counts", "expected"),
    [
        ([5, 0, 7], [2, 3, 1], [5, 6, 0, 1, 2, 7]),
        ([5, 0, 7], [0, 2, 0], [0, 1]),
        ([4], [0], []),
        ([], [], []),
    ],
)
def test_ranges_stand_end_to_end(starts, counts, expected):
    found = ranges(np.array(starts, dtype=np.int64), np.array(counts, dtype=np.int64))
    assert found.tolist() == expected


# -- Docs


@pytest.fixture(scope="module")
def letters():
    """RETURNS (PieceTokenizer): a piece for each letter, 0 to 25 at the beginning of a word, 26 to 51 within."""
    names = "abcdefghijklmnopqrstuvwxyz"
    vocab = {name: i for i, name in enumerate([*names, *(f"##{name}" for name in names), ".", "##.", "?"])}
    backend = Tokenizer(WordPiece(vocab, unk_token="?"))
    backend.pre_tokenizer = WhitespaceSplit()
    return PieceTokenizer(backend, (70,), (80,), 99)


def doc_of(text):
    return Doc(Vocab(), words=text.split(), spaces=[True] * len(text.split()))


def fields(batch):
    return [
        batch.ids.tolist(),
        [array.tolist() for array in batch.windows.arrays],
        batch.firsts.tolist(),
        batch.lasts.tolist(),
        batch.lengths,
        batch.n_cut,
        batch.window_counts,
        batch.with_documents,
    ]


def test_docs_that_fit_have_a_window_each(letters):
    docs = [doc_of("ab c"), doc_of(""), doc_of("d"), doc_of("")]
    batch = PieceBatch.from_docs(docs, letters, WindowSize(3, 1))
    places = [[0, 3], [3, 4], [0, 3], [3, 4]]
    assert fields(batch) == [
        [0, 27, 2, 3],
        places,
        [0, 2, 3],
        [2, 3, 4],
        [2, 0, 1, 0],
        0,
        [1, 0, 1, 0],
        False,
    ]
    assert batch.n_tokens == batch.n_rows == 3


@pytest.mark.parametrize("with_documents", [False, True])
def test_docs_without_tokens_have_no_window(letters, with_documents):
    for docs in ([], [doc_of("")], [doc_of("")] * 2):
        batch = PieceBatch.from_docs(docs, letters, WindowSize(3, 1), with_documents=with_documents)
        n = len(docs)
        assert fields(batch) == [[], [[]] * 4, [], [], [0] * n, 0, [0] * n, with_documents]
        assert list(batch.chunks(letters, 100)) == []
        assert (
            batch.ids.dtype == batch.firsts.dtype == np.int64
        )  # as those of others, which stand beside them


def test_windows_of_one_length_stay_in_the_order_of_the_texts(letters):
    batch = PieceBatch.from_docs([doc_of("a"), doc_of("b c")] * 30, letters, WindowSize(3, 1))
    [chunk] = batch.chunks(letters, 1000)
    assert chunk.windows.tolist() == [*range(1, 60, 2), *range(0, 60, 2)]


def test_docs_that_do_not_fit_are_cut_with_overlap_or_where_a_sentence_ends(letters):
    """The first is cut with two pieces in both windows, the last after its sentence; the others are short."""
    docs = [doc_of("a b c d e f g h i j"), doc_of(""), doc_of("k"), doc_of("abcde. f g h i j k"), doc_of("l")]
    batch = PieceBatch.from_docs(docs, letters, WindowSize(8, 2), with_documents=True)
    starts, ends = [0, 6, 10, 11, 17, 23], [8, 10, 11, 17, 23, 24]
    assert fields(batch)[1] == [starts, ends, [0, 7, 10, 11, 17, 23], [7, 10, 11, 17, 23, 24]]
    assert batch.window_counts == [2, 0, 1, 2, 1]
    assert batch.with_documents and batch.n_rows == batch.n_tokens + 6
    assert (batch.lasts - batch.firsts).tolist() == [1] * 11 + [6] + [1] * 7
    assert batch.n_cut == 0


def test_of_a_token_longer_than_a_window_the_first_pieces_stay(letters):
    batch = PieceBatch.from_docs([doc_of("a bcdefg h"), doc_of("ij")], letters, WindowSize(3, 1))
    assert batch.ids.tolist() == [0, 1, 28, 29, 7, 8, 35]
    assert [batch.firsts.tolist(), batch.lasts.tolist()] == [[0, 1, 4, 5], [1, 4, 5, 7]]
    assert batch.n_cut == 3
    assert batch.window_counts == [3, 1]
    whole = PieceBatch.from_docs([doc_of("a bcd h")], letters, WindowSize(3, 0))
    assert (whole.n_cut, whole.ids.tolist()) == (0, [0, 1, 28, 29, 7])


def test_what_a_window_does_not_hold_of_its_tokens_is_counted(letters):
    """Two tokens share a piece, so that nowhere near the end of a window is a border between tokens."""
    words = [("ab", False), ("c", False), ("d", False), ("e", False)]
    doc = Doc(Vocab(), words=[word for word, _ in words], spaces=[space for _, space in words])
    batch = PieceBatch.from_docs([doc], letters, WindowSize(3, 0))
    assert batch.n_cut == int((batch.lasts - batch.firsts < [2, 1, 1, 1]).sum())
    assert batch.ids.tolist() == [0, 27, 28, 29, 30]
