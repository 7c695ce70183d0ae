"""Mentions of one name that disagree."""

import spacy

from spacy_bertfam.evaluation.mentions import Repeated, repeated_names


def doc_with(text, *entities):
    doc = spacy.blank("fr").make_doc(text)
    doc.ents = [doc.char_span(start, end, label) for start, end, label in entities]
    return doc


def test_a_name_that_is_missed_once_or_has_two_labels_disagrees():
    missed = doc_with(
        "Lyon dort. Anne rit. Lyon rit. Anne dort.", (0, 4, "LOC"), (11, 15, "PER"), (31, 35, "PER")
    )
    two = doc_with("Orange brille, Orange recrute.", (0, 6, "LOC"), (15, 21, "ORG"))
    assert repeated_names([missed]) == Repeated(2, 1)
    assert repeated_names([two]) == Repeated(1, 1)
    assert repeated_names([missed, two]) == Repeated(3, 2)


def test_a_part_of_a_longer_entity_or_of_a_word_is_no_mention():
    doc = doc_with("Lyon perd : Olympique de Lyon, Lyonnais.", (0, 4, "LOC"), (12, 29, "ORG"))
    assert repeated_names([doc]) == Repeated(0, 0)
