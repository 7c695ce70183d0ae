"""What is hidden: whole words, a set share of the pieces, most of them by the mask."""

import numpy as np
import pytest

from spacy_bertfam.encoder.pieces.batch import Chunk
from spacy_bertfam.training.pretraining.masking import Vocabulary, mask_words

MASK, PAD, SPECIAL = 4, 0, 2
VOCABULARY = Vocabulary(MASK, np.arange(10, 100))


def chunk(n_windows: int = 1, n_words: int = 6) -> Chunk:
    """Windows of words of one, two and three pieces in turn, a special piece before and one after, padding."""
    counts = np.tile(np.resize([1, 2, 3], n_words), n_windows)
    n_pieces = int(counts.sum()) // n_windows
    width = n_pieces + 5
    ids = np.full((n_windows, width), PAD)
    ids[:, 0] = ids[:, n_pieces + 1] = SPECIAL
    ids[:, 1 : n_pieces + 1] = 10 + np.arange(n_pieces)
    within = np.cumsum(counts.reshape(n_windows, -1), axis=1) - counts.reshape(n_windows, -1)
    firsts = (within + 1 + width * np.arange(n_windows)[:, None]).ravel()
    return Chunk(ids, np.full(n_windows, n_pieces + 2), np.arange(len(counts)), firsts, counts)


def mask(part: Chunk, rate: float = 0.15, seed: int = 0):
    return mask_words(part, VOCABULARY, np.random.default_rng(seed), rate=rate)


@pytest.mark.parametrize("seed", range(5))
def test_words_are_hidden_as_a_whole(seed: int) -> None:
    part = chunk(n_windows=3)
    hidden = set(mask(part, 0.3, seed).cells.tolist())
    words = [set(range(f, f + n)) for f, n in zip(part.firsts, part.counts, strict=True)]
    assert all(not word & hidden or word <= hidden for word in words)
    assert set().union(*(word for word in words if word & hidden)) == hidden


def test_special_pieces_and_padding_are_never_hidden() -> None:
    part = chunk(n_windows=4)
    masked = mask(part, 0.9)
    assert not np.isin(part.ids.ravel()[masked.cells], [SPECIAL, PAD]).any()
    kept = np.setdiff1d(np.arange(part.ids.size), masked.cells)
    assert (masked.ids.ravel()[kept] == part.ids.ravel()[kept]).all()


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.4])
def test_the_share_of_pieces_is_the_rate(rate: float) -> None:
    part = chunk(n_windows=100, n_words=12)
    assert len(mask(part, rate).cells) / part.counts.sum() == pytest.approx(rate, abs=0.003)


def test_at_least_one_word_is_hidden() -> None:
    assert len(mask(chunk(n_words=1), 0.01).cells) == 1


def test_a_chunk_without_words_hides_nothing() -> None:
    part = chunk()
    empty = Chunk(part.ids, part.lengths, *(np.zeros(0, dtype=np.int64) for _ in range(3)))
    assert len(mask(empty).cells) == 0


def test_most_are_masked_some_replaced_some_shown() -> None:
    part = chunk(n_windows=500)
    masked = mask(part, 0.5)
    shown = masked.ids.ravel()[masked.cells]
    assert (shown == MASK).mean() == pytest.approx(0.8, abs=0.02)
    assert (shown == masked.expected).mean() == pytest.approx(0.1, abs=0.02)
    assert np.isin(shown[shown != MASK], VOCABULARY.plain).all()


def test_what_is_expected_stood_there_and_the_chunk_stays() -> None:
    part = chunk(n_windows=3)
    before = part.ids.copy()
    masked = mask(part)
    assert (masked.expected == before.ravel()[masked.cells]).all()
    assert (part.ids == before).all()


def test_the_same_seed_hides_the_same() -> None:
    part = chunk(n_windows=3)
    assert (mask(part, seed=3).ids == mask(part, seed=3).ids).all()
    assert (mask(part, seed=3).cells.tolist()) != mask(part, seed=4).cells.tolist()
