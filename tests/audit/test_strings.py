"""Strings that are annotated in one way nearly everywhere."""

import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_bertfam.audit.strings import Usage, find_usages

VOCAB = spacy.blank("fr").vocab


def doc_of(words, *ents):
    doc = Doc(VOCAB, words=words.split())
    doc.set_ents([Span(doc, *ent) for ent in ents])
    return doc


def deviations(docs):
    return [[one for one in own if one.deviates] for own in find_usages(docs)]


USUAL = [doc_of("vers Vix .", (1, 2, "LOC"))] * 4


@pytest.mark.parametrize(
    ("odd", "label"), [(doc_of("vers Vix .", (1, 2, "PER")), "PER"), (doc_of("vers Vix ."), "")]
)
def test_another_label_or_none_deviates(odd, label):
    assert deviations([*USUAL, odd]) == [[], [], [], [], [Usage(1, 2, label, "LOC", (4, 1))]]


def test_an_entity_deviates_whose_string_is_mostly_none():
    docs = [doc_of("le Monde est") for _ in range(5)] + [doc_of("le Monde est", (1, 2, "ORG"))]
    assert deviations(docs)[5] == [Usage(1, 2, "ORG", "", (5, 1))]


def test_the_other_places_are_as_mostly():
    assert find_usages([*USUAL, doc_of("vers Vix .")])[0] == [Usage(1, 2, "LOC", "LOC", (4, 1))]


def test_few_or_undecided_strings_say_nothing():
    odd = doc_of("Vix", (0, 1, "PER"))
    assert deviations([*USUAL[:2], odd]) == [[]] * 3
    assert deviations([*USUAL, odd, odd]) == [[]] * 6
    assert find_usages([]) == []


def test_a_place_in_a_longer_entity_or_without_annotation_says_nothing():
    longer = doc_of("Pont de Vix", (0, 3, "LOC"))
    unknown = doc_of("Vix")
    unknown.set_ents([], missing=[unknown[0:1]])
    assert [len(own) for own in find_usages([*USUAL, longer, unknown])] == [1, 1, 1, 1, 0, 0]


def test_white_space_is_no_string():
    blanks = [Doc(VOCAB, words=["a", "\n"]) for _ in range(5)]
    for doc in blanks:
        doc.set_ents([], default="outside")
    blanks[0].set_ents([Span(blanks[0], 1, 2, "PER")])
    assert deviations(blanks) == [[]] * 5
