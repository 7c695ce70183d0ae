"""Batches are bounded in words: order, number and results stay what they were."""

import pytest
import spacy
from small_corpus import TEXTS
from spacy.tokens import Doc

from spacy_bertfam.pipeline import batching, ner
from spacy_bertfam.pipeline.batching import batches
from spacy_bertfam.pipeline.ner import BertfamNER


def make_docs(*lengths):
    vocab = spacy.blank("xx").vocab
    return [Doc(vocab, words=["mot"] * n) for n in lengths]


@pytest.mark.parametrize(
    ("lengths", "batch_size", "max_words", "expected"),
    [
        ((3, 3, 3), 10, 6, [2, 1]),
        ((3, 3, 3), 1, 100, [1, 1, 1]),
        ((1, 50, 1, 1), 10, 6, [1, 1, 2]),
        ((0, 0, 7, 0), 10, 6, [2, 1, 1]),
        ((), 10, 6, []),
    ],
)
def test_a_batch_ends_at_so_many_docs_or_words(lengths, batch_size, max_words, expected):
    docs = make_docs(*lengths)
    found = list(batches(docs, batch_size=batch_size, max_words=max_words))
    assert [len(batch) for batch in found] == expected
    assert [doc for batch in found for doc in batch] == docs


def test_no_more_of_a_stream_is_taken_than_a_batch_and_the_next_doc():
    taken = []
    stream = (taken.append(doc) or doc for doc in make_docs(*[5] * 100))
    next(batches(stream, batch_size=1000, max_words=20))
    assert len(taken) == 5


@pytest.mark.parametrize("bound", ["words", "scores"])
def test_small_batches_find_what_one_batch_finds(reader, monkeypatch, bound):
    texts = [*TEXTS, "", " "] * 3

    def read(docs):
        return [
            [(e.start, e.end, e.label_, pytest.approx(e._.score, abs=1e-5)) for e in doc.ents] for doc in docs
        ]

    expected = read(reader.pipe(texts))
    assert any(expected)
    if bound == "words":
        monkeypatch.setattr(batching, "MAX_WORDS", 7)
    else:
        monkeypatch.setattr(ner, "MAX_SCORES", 7 * len(reader.get_pipe("ner").tag_set))
    n_words, predict = [], BertfamNER.predict
    counting = lambda self, docs: n_words.append(sum(map(len, docs))) or predict(self, docs)  # noqa: E731
    monkeypatch.setattr(BertfamNER, "predict", counting)
    assert read(reader.pipe(texts)) == expected
    assert len(n_words) > 5 and max(n_words) <= max(7, *(len(reader.make_doc(text)) for text in texts))


def test_a_failing_batch_goes_to_the_error_handler(trained, monkeypatch):
    failed = []
    trained.set_error_handler(lambda name, pipe, docs, error: failed.append((name, len(docs))))
    monkeypatch.setattr(type(trained.get_pipe("ner")), "predict", lambda self, docs: 1 / 0)
    assert list(trained.pipe(["Marie vit à Lyon."] * 3)) == []
    assert failed == [("ner", 3)]
