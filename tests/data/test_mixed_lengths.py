"""Long texts that teach whole and sentence by sentence."""

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry


@pytest.fixture
def augment():
    return registry.augmenters.get("spacy-bertfam.mixed_lengths.v1")()


def texts(nlp, doc, augment):
    return [eg.reference.text for eg in augment(nlp, Example(nlp.make_doc(doc.text), doc))]


def test_a_text_of_two_sentences_and_a_headline_teaches_four_times(augment):
    nlp = spacy.blank("fr")
    doc = nlp("Crue à Angers\nClaire Morel habite Angers. Elle y reste.")
    doc.ents = [doc.char_span(7, 13, "LOC"), doc.char_span(14, 26, "PER"), doc.char_span(34, 40, "LOC")]
    whole, *parts = augment(nlp, Example(nlp.make_doc(doc.text), doc))
    assert whole.reference is doc
    found = [[(ent.text, ent.label_) for ent in eg.reference.ents] for eg in parts]
    assert found == [[("Angers", "LOC")], [("Claire Morel", "PER"), ("Angers", "LOC")], []]
    assert [eg.predicted.text for eg in parts] == [eg.reference.text for eg in parts]
    assert not any(eg.predicted.has_annotation("ENT_IOB") for eg in parts)


def test_missing_annotation_stays_missing_and_no_entity_is_cut(augment):
    nlp = spacy.blank("fr")
    doc = nlp("Il lit Oui ! Non de Jean. Il rit.")
    doc.set_ents([Span(doc, 2, 5, "MISC")], missing=[doc[6:7]], default="outside")
    _, first, second = augment(nlp, Example(nlp.make_doc(doc.text), doc))
    assert first.reference.text.strip() == "Il lit Oui ! Non de Jean."
    assert [token.ent_iob_ for token in first.reference] == ["O", "O", "B", "I", "I", "O", "", "O"]
    assert second.reference.text == "Il rit."


def test_sentences_are_those_of_the_annotation_where_there_are_some(augment):
    nlp = spacy.blank("fr")
    words = ["Un", "mot", ".", "deux", "trois"]
    doc = Doc(nlp.vocab, words=words, sent_starts=[True, False, False, False, True])
    assert [text.strip() for text in texts(nlp, doc, augment)] == [
        "Un mot . deux trois",
        "Un mot . deux",
        "trois",
    ]


@pytest.mark.parametrize("annotation", ["cats", "spans"])
def test_what_is_annotated_as_a_whole_stays_whole(augment, annotation):
    nlp = spacy.blank("fr")
    doc = nlp("Il pleut. Il vente.")
    if annotation == "cats":
        doc.cats = {"météo": 1.0}
    else:
        doc.spans["sc"] = [doc[0:2]]
    assert texts(nlp, doc, augment) == [doc.text]
