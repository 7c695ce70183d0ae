"""Batches: windows of all Docs in chunks of like length, each token found again in its cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_docs import examples, free_docs
from spacy.tokens import Doc
from tokenizer_of import tokenizer_of

from spacy_bertfam.encoder.pieces.batch import PieceBatch, WindowSize

SIZES = (WindowSize(4, 0), WindowSize(7, 3), WindowSize(12, 6), WindowSize(62, 8))
FAMILIES = ("bert", "roberta", "camembert")


@pytest.fixture(scope="module")
def tokenizers(tiny_encoder):
    return {kind: tokenizer_of(tiny_encoder(kind), pad_id=1) for kind in FAMILIES}


def check_windows(windows, n_pieces, size):
    owned = [np.arange(*ends) for ends in zip(windows.own_starts, windows.own_ends, strict=True)]
    assert np.array_equal(np.concatenate([*owned, []]), np.arange(n_pieces))
    assert (windows.ends - windows.starts <= size.window).all()
    assert (windows.starts <= windows.own_starts).all()
    assert (windows.own_ends <= windows.ends).all()


@pytest.mark.parametrize("kind", FAMILIES)
@examples(40)
@given(docs=st.lists(free_docs(), max_size=4), size=st.sampled_from(SIZES), max_cells=st.integers(1, 300))
def test_every_piece_is_owned_once_and_every_token_is_in_one_chunk(tokenizers, kind, docs, size, max_cells):
    tokenizer = tokenizers[kind]
    batch = PieceBatch.from_docs(docs, tokenizer, size)
    check_windows(batch.windows, len(batch.ids), size)
    assert batch.n_tokens == sum(batch.lengths) == sum(len(doc) for doc in docs)
    chunks = list(batch.chunks(tokenizer, max_cells))
    tokens = np.concatenate([*(chunk.tokens for chunk in chunks), np.zeros(0, dtype=int)])
    assert np.array_equal(np.sort(tokens), np.flatnonzero(batch.lasts > batch.firsts))
    for chunk in chunks:
        assert chunk.ids.size <= max_cells or len(chunk.ids) == 1
        for token, first, count in zip(chunk.tokens, chunk.firsts, chunk.counts, strict=True):
            expected = batch.ids[batch.firsts[token] : batch.lasts[token]]
            assert np.array_equal(chunk.ids.ravel()[first : first + count], expected)


def test_a_chunk_has_special_pieces_around_each_window_and_padding_behind(tokenizers, fr):
    tokenizer = tokenizers["bert"]
    batch = PieceBatch.from_docs([fr("Zoé"), fr("Zoé habite à Rouen.")], tokenizer, WindowSize(62, 8))
    (chunk,) = batch.chunks(tokenizer, 1000)
    pieces = tokenizer(["Zoé habite à Rouen.", "Zoé"])
    for row, length, expected in zip(chunk.ids, chunk.lengths, pieces, strict=True):
        assert length == len(expected) + 2
        assert row[:length].tolist() == [*tokenizer.prefix, *expected.ids, *tokenizer.suffix]
        assert (row[length:] == tokenizer.pad_id).all()


def test_windows_are_sorted_by_length(tokenizers, fr):
    texts = ["Zoé rit. " * n for n in (1, 9, 3, 7, 2)]
    batch = PieceBatch.from_docs([fr(text) for text in texts], tokenizers["bert"], WindowSize(62, 8))
    widths = [chunk.ids.shape[1] for chunk in batch.chunks(tokenizers["bert"], 60)]
    assert len(widths) > 1
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_token_longer_than_a_window_keeps_its_first_pieces_and_is_counted(tokenizers, en, kind):
    tokenizer, size = tokenizers[kind], WindowSize(10, 4)
    doc = Doc(en.vocab, words=["London", "x-" * 250, "Cardiff"])
    batch = PieceBatch.from_docs([doc], tokenizer, size)
    n_all = len(tokenizer([doc.text])[0])
    counts = (batch.lasts - batch.firsts).tolist()
    assert counts[1] == size.window
    assert counts[0] == len(tokenizer(["London"])[0])
    assert 1 <= counts[2] <= size.window
    assert batch.n_cut == n_all - len(batch.ids) > 400


def test_nothing_is_cut_from_two_tokens_that_fit_one_window_each(tokenizers, en):
    """A cut at the end of a full window would split the second token, one before it does not."""
    tokenizer = tokenizers["bert"]
    words = ["a" * 6, "b" * 9, "c" * 5]
    n_pieces = [len(tokenizer([word])[0]) for word in words]
    assert sum(n_pieces) > max(n_pieces) + 1
    size = WindowSize(max(n_pieces) + 1, 0)
    batch = PieceBatch.from_docs([Doc(en.vocab, words=words)], tokenizer, size)
    assert batch.n_cut == 0
    assert (batch.lasts - batch.firsts).tolist() == n_pieces


@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_no_tokens_make_no_chunk(tokenizers, fr, lengths):
    batch = PieceBatch.from_docs([fr("") for _ in lengths], tokenizers["bert"], WindowSize(10, 4))
    assert (batch.n_tokens, batch.lengths, len(batch.windows)) == (0, lengths, 0)
    assert list(batch.chunks(tokenizers["bert"], 100)) == []


@pytest.mark.parametrize("kind", ["bert", "camembert", "roberta"])
def test_a_batch_has_the_windows_and_pieces_of_each_doc_alone(kind, tiny_encoder, fr):
    """Tokenised, aligned and cut as one text, the Docs do not touch each other."""
    tokenizer = tokenizer_of(tiny_encoder(kind))
    texts = [
        " Zoé  vit à\n\nRouen. ",
        "",
        "mot " * 40,
        " \t",
        "anticonstitution" * 30,
        "👩‍👩‍👧 !\u200b",
        "Fin. " * 20,
    ]
    docs = [fr.make_doc(text) for text in texts]
    size = WindowSize(12, 4)
    together = PieceBatch.from_docs(docs, tokenizer, size)
    n_tokens = n_pieces = n_cut = 0
    for doc in docs:
        alone = PieceBatch.from_docs([doc], tokenizer, size)
        here = slice(n_tokens, n_tokens + len(doc))
        windows = together.windows
        mine = (windows.starts >= n_pieces) & (windows.starts < n_pieces + len(alone.ids))
        for found, expected in zip(windows.arrays, alone.windows.arrays, strict=True):
            assert (found[mine] - n_pieces).tolist() == expected.tolist()
        counts = together.lasts[here] - together.firsts[here]
        assert counts.tolist() == (alone.lasts - alone.firsts).tolist()
        assert (together.firsts[here][counts > 0] - n_pieces).tolist() == alone.firsts[counts > 0].tolist()
        assert together.ids[n_pieces : n_pieces + len(alone.ids)].tolist() == alone.ids.tolist()
        n_tokens, n_pieces, n_cut = n_tokens + len(doc), n_pieces + len(alone.ids), n_cut + alone.n_cut
    assert (n_tokens, n_pieces, n_cut) == (together.n_tokens, len(together.ids), together.n_cut)
