"""Scores of a recognizer that stands beside another one."""

import spacy
from spacy.tokens import Span
from spacy.training import Example

from spacy_bertfam.evaluation.own_labels import make_own_labels_scorer


def example(gold: list[tuple[int, int, str]], found: list[tuple[int, int, str]]) -> Example:
    nlp = spacy.blank("en")
    docs = [nlp.make_doc("Aspirin by Bayer in Berlin") for _ in range(2)]
    for doc, spans in zip(docs, (found, gold), strict=True):
        doc.set_ents([Span(doc, start, end, label) for start, end, label in spans])
    return Example(*docs)


def test_labels_that_the_corpus_does_not_have_are_no_mistakes():
    eg = example([(0, 1, "DRUG")], [(0, 1, "DRUG"), (2, 3, "ORG"), (4, 5, "GPE")])
    scores = make_own_labels_scorer()([eg])
    assert (scores["ents_p"], scores["ents_r"], scores["ents_f"]) == (1.0, 1.0, 1.0)
    assert set(scores["ents_per_type"]) == {"DRUG"}


def test_its_own_labels_count_everywhere():
    eg = example([(0, 1, "DRUG")], [(0, 1, "DRUG"), (2, 3, "DRUG")])
    assert make_own_labels_scorer()([eg])["ents_p"] == 0.5
    missed = example([(0, 1, "DRUG")], [(0, 1, "ORG")])
    assert make_own_labels_scorer()([missed])["ents_r"] == 0.0


def test_spacy_finds_the_scorer_by_its_name():
    assert callable(spacy.registry.scorers.get("spacy-bertfam.own_labels_scorer.v1")())
