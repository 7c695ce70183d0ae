"""`nlp.memory_zone()`: a service reads texts without end, and keeps nothing of them."""

from collections.abc import Iterable

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_bertfam.listeners.doc_vectors import EXTENSION, find_document_vector

TEXTS = ("Marie vit à Lyon.", "", "Paul attend Marie à Paris. " * 12, "Il pleut.")
N_ZONES = 4
CATEGORISER = {
    "@architectures": "spacy-bertfam.TextCatClassifier.v1",
    "exclusive_classes": True,
    "pooling": "cls",
    "tok2vec": {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "encoder"},
}


@pytest.fixture
def extensions():
    Doc.set_extension("source", default=None)
    Span.set_extension("kind", getter=lambda span: span.label_.lower())
    yield
    Doc.remove_extension("source")
    Span.remove_extension("kind")


@pytest.fixture
def with_documents(trained: Language) -> Language:
    """The recognizer beside a categoriser that reads the vectors of whole documents."""
    trained.add_pipe("textcat", name="cats", config={"model": CATEGORISER})
    cats = trained.get_pipe("cats")
    for label in ("NEWS", "LETTER"):
        cats.add_label(label)
    encoder = trained.get_pipe("encoder")
    encoder.add_listener(cats.model.get_ref("tok2vec"), "cats")
    cats.model.initialize(X=[trained.make_doc("Lyon")])
    return trained


def found(docs: Iterable[Doc]) -> list[list[tuple]]:
    return [[(e.start, e.end, e.label_, round(e._.score, 3)) for e in doc.ents] for doc in docs]


def size(nlp: Language) -> tuple[int, int]:
    """The words and strings that a vocabulary holds; its own len() counts those of past zones too."""
    return sum(1 for _ in nlp.vocab), len(nlp.vocab.strings)


def unseen(number: int) -> list[str]:
    """Texts with words that no other number has."""
    return [f"Marie{number} attend Paul{number}x{i} à Lyon{number} ." for i in range(20)]


@pytest.mark.usefixtures("extensions")
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_zones_find_what_is_found_without_and_the_vocabulary_does_not_grow(trained, trained_folder, own):
    """What is made at the first text is made within a zone, too."""
    if own:
        trained.replace_listeners("encoder", "ner", ["model.tok2vec"])
    expected = found(spacy.load(trained_folder).pipe(TEXTS))
    assert any(expected), "the test compares nothing"
    sizes = {size(trained)}
    for number in range(N_ZONES):
        with trained.memory_zone():
            docs = list(trained.pipe([*TEXTS, *unseen(number)]))
            for doc in docs:
                doc._.source = f"page {number}"
            assert found(docs[: len(TEXTS)]) == expected
            assert {ent._.kind for ent in docs[0].ents} == {ent.label_.lower() for ent in docs[0].ents}
            assert {doc._.source for doc in docs} == {f"page {number}"}
            assert max(sizes) < size(trained)
        sizes.add(size(trained))
    assert len(sizes) == 1
    assert found(trained.pipe(TEXTS)) == expected


def test_a_document_s_own_vector_is_there_within_the_zone(with_documents):
    nlp = with_documents
    expected = [find_document_vector(doc) for doc in nlp.pipe(TEXTS)]
    before = size(nlp)
    for number in range(N_ZONES):
        with nlp.memory_zone():
            docs = list(nlp.pipe([*TEXTS, *unseen(number)]))
            for doc, vector in zip(docs, expected, strict=False):
                np.testing.assert_allclose(doc._.get(EXTENSION), vector, atol=1e-5)
                assert set(doc.cats) == {"NEWS", "LETTER"}
        assert size(nlp) == before


def test_what_is_read_in_a_zone_can_be_written(trained, tmp_path):
    from spacy.tokens import DocBin

    with trained.memory_zone():
        docs = list(trained.pipe(TEXTS))
        expected = [[(e.start, e.end, e.label_) for e in doc.ents] for doc in docs]
        DocBin(docs=docs).to_disk(tmp_path / "docs.spacy")
    read = DocBin().from_disk(tmp_path / "docs.spacy").get_docs(spacy.blank("fr").vocab)
    assert [[(e.start, e.end, e.label_) for e in doc.ents] for doc in read] == expected
