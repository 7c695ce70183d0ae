"""Texts as windows: every piece in one of them, batches of bounded size, words where they were."""

import numpy as np
import pytest
import spacy
from small_corpus import PAIRS

from spacy_bertfam.training.pretraining.network import MaskedLanguageModel
from spacy_bertfam.training.pretraining.texts import WindowTexts


def test_every_piece_of_the_texts_is_in_one_window(model: MaskedLanguageModel, texts: WindowTexts) -> None:
    expected = np.concatenate([pieces.ids for pieces in model.tokenizer(PAIRS)])
    assert texts.ids.tolist() == expected.tolist()
    assert texts.starts.tolist() == [0, *texts.ends[:-1].tolist()]
    assert texts.ends[-1] == len(expected)
    assert (texts.ends - texts.starts).max() <= 20


def test_texts_of_many_batches_stand_end_to_end(
    model: MaskedLanguageModel, monkeypatch: pytest.MonkeyPatch, texts: WindowTexts
) -> None:
    monkeypatch.setattr("spacy_bertfam.training.pretraining.texts.DOCS_AT_ONCE", 5)
    parted = WindowTexts.from_docs(map(spacy.blank("fr").make_doc, PAIRS), model.tokenizer, 20)
    for name in ("ids", "starts", "ends", "firsts", "lasts"):
        assert (getattr(parted, name) == getattr(texts, name)).all()


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_a_round_reads_each_window_once_in_bounded_batches(texts: WindowTexts, seed: int | None) -> None:
    rng = None if seed is None else np.random.default_rng(seed)
    batches = list(texts.draw(64, n_special=2, rng=rng))
    assert all(len(batch.ids) + 2 * len(batch.windows) <= 64 for batch in batches)
    assert len(batches) > 3
    read = sorted(
        batch.ids[start:end].tolist()
        for batch in batches
        for start, end in zip(batch.windows.starts, batch.windows.ends, strict=True)
    )
    whole = sorted(texts.ids[start:end].tolist() for start, end in zip(texts.starts, texts.ends, strict=True))
    assert read == whole


def test_another_round_has_another_order(texts: WindowTexts) -> None:
    rng = np.random.default_rng(0)
    first, second = ([batch.ids.tolist() for batch in texts.draw(64, n_special=2, rng=rng)] for _ in range(2))
    assert first != second


def test_the_words_of_a_batch_are_those_of_its_windows(texts: WindowTexts) -> None:
    windows = np.array([1, 4, 7])
    batch = texts.batch(windows)
    expected = [
        texts.ids[first:last].tolist()
        for window in windows
        for first, last in zip(texts.firsts, texts.lasts, strict=True)
        if texts.starts[window] <= first < texts.ends[window]
    ]
    found = [batch.ids[f:e].tolist() for f, e in zip(batch.firsts, batch.lasts, strict=True)]
    assert found == expected


def test_a_window_larger_than_a_batch_is_a_batch_of_its_own(texts: WindowTexts) -> None:
    assert len(list(texts.draw(1, n_special=2))) == len(texts)


def test_no_texts_are_no_windows(model: MaskedLanguageModel) -> None:
    nothing = WindowTexts.from_docs([], model.tokenizer, 20)
    assert len(nothing) == 0
    assert list(nothing.draw(64, n_special=2)) == []
