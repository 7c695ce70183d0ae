"""The entity scorer: spaCy's figures, and a calibration error that is right by hand."""

import pytest
import spacy
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry

from spacy_bertfam.evaluation.scorer import calibration_error, make_ner_scorer


@pytest.fixture
def example():
    """`example(gold, found)`: a text of ten words; found is {(start, end): score}, gold a list of (start, end)."""
    vocab = spacy.blank("xx").vocab
    if not Span.has_extension("score"):
        Span.set_extension("score", default=None)

    def make(gold, found, *, missing=()):
        predicted, reference = Doc(vocab, words=["w"] * 10), Doc(vocab, words=["w"] * 10)
        spans = [Span(reference, start, end, label="PER") for start, end in gold]
        reference.set_ents(spans, missing=[reference[i : i + 1] for i in missing], default="outside")
        predicted.ents = [Span(predicted, start, end, label="PER") for start, end in found]
        for ent in predicted.ents:
            ent._.score = found[ent.start, ent.end]
        return Example(predicted, reference)

    return make


def test_entities_as_often_right_as_their_score_says_have_no_error(example):
    found = {(0, 1): 0.75, (1, 2): 0.75, (2, 3): 0.75, (3, 4): 0.75}
    assert calibration_error([example([(0, 1), (1, 2), (2, 3)], found)]) == pytest.approx(0.0)


def test_the_error_is_the_mean_distance_over_the_bins(example):
    # bin of .9: one right of two, 0.4 too sure; bin of .2: one right of one, 0.8 too modest
    eg = example([(0, 1), (4, 6)], {(0, 1): 0.9, (2, 3): 0.9, (4, 6): 0.2})
    assert calibration_error([eg]) == pytest.approx((2 * 0.4 + 1 * 0.8) / 3)


def test_unannotated_tokens_and_entities_without_a_score_do_not_count(example):
    eg = example([(0, 1)], {(0, 1): 1.0, (2, 3): 0.9, (5, 6): None}, missing=[2])
    assert calibration_error([eg]) == 0.0
    assert calibration_error([example([], {(5, 6): None})]) is None


def test_the_other_figures_are_those_of_spacy(example):
    examples = [example([(0, 1), (4, 6)], {(0, 1): 0.9, (2, 3): 0.9})]
    scores = make_ner_scorer()(examples)
    assert {name: scores[name] for name in get_ner_prf(examples)} == get_ner_prf(examples)
    assert scores["ents_ece"] == pytest.approx(0.4)


def test_a_config_may_name_it():
    assert registry.scorers.get("spacy-bertfam.ner_scorer.v1") is make_ner_scorer
