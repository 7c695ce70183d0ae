"""Exact match and F1 of answers, against values worked out by hand from SQuAD's rules."""

import pytest
import spacy
from spacy.training import Example

from spacy_bertfam.data.pairs import make_pair
from spacy_bertfam.evaluation.answers import make_qa_scorer, normalize, token_f1

FR, EN = spacy.blank("fr"), spacy.blank("en")


@pytest.mark.parametrize(
    "text, lang, expected",
    [
        ("The  Cat's, a hat.", "en", "cats hat"),
        ("L'École « la » plus grande", "fr", "école plus grande"),
        ("aux États-Unis", "fr", "étatsunis"),
        ("The cat", "fr", "the cat"),
        ("la table", "en", "la table"),
        ("l’eau", "fr", "eau"),
    ],
)
def test_an_answer_is_normalized_as_its_language_wants_it(text, lang, expected):
    assert normalize(text, lang) == expected


@pytest.mark.parametrize(
    "found, gold, expected",
    [("Anne Petit", "Anne", 2 / 3), ("Anne", "Anne", 1), ("Zoé", "Anne", 0), ("", "", 1), ("le", "", 1),
     ("Anne", "", 0), ("a a b", "a a c", 2 / 3)],
)  # fmt: skip
def test_f1_counts_words_in_common(found, gold, expected):
    assert token_f1(found, gold, "fr") == pytest.approx(expected)


def example(nlp, gold, found):
    docs = []
    for answers in (found, gold):
        doc = make_pair(nlp("Qui ?"), nlp("Anne Petit et Paul."))
        if answers is not None:
            doc.spans["answers"] = [
                doc.char_span(doc.text.index(a), doc.text.index(a) + len(a)) for a in answers
            ]
        docs.append(doc)
    return Example(*docs)


def test_the_best_of_several_gold_answers_counts_and_no_answer_too():
    examples = [
        example(FR, ["Paul", "Anne Petit"], ["Anne"]),
        example(FR, [], []),
        example(FR, [], ["Paul"]),
        example(FR, ["Paul"], ["Anne"]),
        example(FR, None, ["Paul"]),
    ]
    scores = make_qa_scorer()(examples)
    assert scores["qa_em"] == pytest.approx(1 / 4)
    assert scores["qa_f1"] == pytest.approx((2 / 3 + 1) / 4)
    assert scores["qa_no_answer"] == 0.5


def test_a_gold_answer_without_words_counts_only_where_there_is_no_other():
    nlp = spacy.blank("en")
    scores = make_qa_scorer()([example(nlp, [".", "Paul"], []), example(nlp, ["."], [])])
    assert (scores["qa_em"], scores["qa_f1"], scores["qa_no_answer"]) == (0.5, 0.5, 1)


def test_without_questions_there_is_no_score():
    eg = Example(EN("Anne"), EN("Anne"))
    assert make_qa_scorer()([eg]) == {"qa_em": None, "qa_f1": None, "qa_no_answer": None}
