"""Vectors of a very long text are kept in a file, and are the same array to whoever reads them."""

import gc
import tempfile

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from spacy_bertfam.encoder.model import build_encoder
from spacy_bertfam.files import mapped_rows as file_rows
from spacy_bertfam.files.mapped_rows import let_go, new_rows

TEXT = "Zoé habite à Rouen, sans lever les yeux. " * 40


def is_in_file(rows):
    return file_rows._find_mapping(rows) is not None


@pytest.fixture
def in_files(monkeypatch, tmp_path):
    """Everything is kept in files, in a folder of the test."""
    monkeypatch.setattr(file_rows, "MIN_BYTES", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_few_rows_are_kept_in_memory():
    rows = new_rows(10, 4)
    assert rows.shape == (10, 4)
    assert rows.dtype == np.float32
    assert not rows.any()
    assert not is_in_file(rows)


def test_rows_in_a_file_begin_as_zeros_and_keep_what_is_written(in_files):
    rows = new_rows(3000, 4)
    assert is_in_file(rows)
    assert not rows.any()
    expected = np.random.default_rng(0).normal(size=rows.shape).astype("float32")
    for start in range(0, 3000, 500):
        rows[start : start + 500] = expected[start : start + 500]
        let_go(rows[start : start + 500])
    np.testing.assert_array_equal(rows, expected)
    assert type(rows) is np.ndarray


def test_let_go_leaves_an_array_in_memory_as_it_is():
    rows = np.arange(6.0).reshape(2, 3)
    let_go(rows)
    assert rows.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_nothing_is_left_in_the_folder_once_the_array_is_gone(in_files):
    rows = new_rows(3000, 4)
    del rows
    gc.collect()
    assert list(in_files.iterdir()) == []


def test_where_there_is_no_room_memory_is_taken_with_a_warning(in_files, monkeypatch):
    def no_room(descriptor, n_bytes):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_rows, "_reserve", no_room)
    with pytest.warns(UserWarning, match=r"3,000 tokens take 0 MB.*No space left.*TMPDIR"):
        rows = new_rows(3000, 4)
    assert rows.shape == (3000, 4)
    assert not is_in_file(rows)


@pytest.mark.skipif(not hasattr(file_rows.os, "posix_fallocate"), reason="the system reserves no room")
def test_more_than_the_disk_has_is_refused_before_anything_is_written(in_files):
    with pytest.warns(UserWarning, match="kept in memory"), pytest.raises(MemoryError):
        new_rows(2**40, 2**10)  # four petabytes: more than any memory, too


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_an_encoder_gives_the_same_vectors(pooling, tiny_encoder, in_files, monkeypatch):
    model = build_encoder(str(tiny_encoder("bert")), window=12, overlap=4, pooling=pooling)
    model.initialize()
    nlp = spacy.blank("fr")
    docs = [nlp(TEXT)]
    (found,) = model.predict(docs)
    monkeypatch.setattr(file_rows, "MIN_BYTES", 2**40)
    (expected,) = model.predict(docs)
    assert is_in_file(found)
    assert not is_in_file(expected)
    np.testing.assert_array_equal(found, expected)


def test_several_docs_together_are_kept_in_memory(tiny_encoder, in_files):
    model = build_encoder(str(tiny_encoder("bert")))
    model.initialize()
    nlp = spacy.blank("fr")
    assert not any(map(is_in_file, model.predict([nlp("Zoé habite à Rouen."), nlp("Rouen.")])))


def test_a_pipeline_finds_the_same_and_its_doc_can_be_saved(tiny_encoder, in_files, monkeypatch):
    from spacy_bertfam.heads import rows as head_rows

    monkeypatch.setattr(head_rows, "MAX_ROWS", 50)
    nlp = spacy.blank("fr")
    model = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder("bert"))}
    nlp.add_pipe("bertfam_encoder", config={"model": model})
    nlp.add_pipe("bertfam_ner")
    gold = nlp.make_doc("Zoé habite à Rouen.")
    gold.set_ents([gold.char_span(0, 3, label="PER"), gold.char_span(13, 18, label="LOC")])
    nlp.initialize(lambda: [spacy.training.Example(nlp.make_doc(gold.text), gold)])
    found = nlp(TEXT)
    assert is_in_file(found.tensor)
    monkeypatch.setattr(file_rows, "MIN_BYTES", 2**40)
    expected = nlp(TEXT)
    assert not is_in_file(expected.tensor)
    spans = [(ent.start, ent.end, ent.label_, ent._.score) for ent in expected.ents]
    assert len(spans) > 0
    assert [(ent.start, ent.end, ent.label_, ent._.score) for ent in found.ents] == spans
    np.testing.assert_array_equal(Doc(nlp.vocab).from_bytes(found.to_bytes()).tensor, expected.tensor)
    np.testing.assert_array_equal(found.copy().tensor, expected.tensor)
