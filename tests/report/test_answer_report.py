"""A report of answers: each question is judged as the scorer judges it, and stands in the rows that it belongs to."""

import json

import pytest
import spacy
from spacy.training import Example

from spacy_bertfam.data.pairs import first_length, make_pair
from spacy_bertfam.decoding.answers import ScoredAnswer
from spacy_bertfam.evaluation.answer_recording import Reading
from spacy_bertfam.evaluation.answers import make_qa_scorer
from spacy_bertfam.report import answers
from spacy_bertfam.report.writing import written

NLP = spacy.blank("fr")
TEXT = "Anne préside la longue séance à Rennes"  # tokens 0 to 6
# question, gold answer in tokens of the text, answer given, its score
CASES = [
    ("Qui préside ?", (0, 1), (0, 1), 0.9),  # right
    ("Que préside Anne ?", (2, 5), (3, 5), 0.8),  # right but for the article
    ("Quelle séance ?", (2, 5), (4, 5), 0.7),  # a part of it
    ("<b>Où ?", (6, 7), (0, 1), 0.6),  # elsewhere
    ("Où dort-elle ?", (6, 7), None, 0.5),  # missed
    ("Qui dort ?", None, None, 0.4),  # rightly none
    ("Quand ?", None, (6, 7), 0.3),  # where there is none
    ("Dis-le.", (0, 1), (0, 1), 0.2),
]


def question(text, place):
    pair = make_pair(NLP.make_doc(text), NLP.make_doc(TEXT))
    shift = first_length(pair)
    pair.spans["answers"] = [pair[shift + place[0] : shift + place[1]]] if place else []
    return pair


@pytest.fixture
def asked(monkeypatch):
    """`asked(*given)` RETURNS (Prediction): of the questions, with these answers in the place of those of a model."""

    def ask(docs, given):
        def read(qa, some, references):
            for doc, (place, score) in zip(docs, given, strict=True):
                shift = first_length(doc)
                span = doc[shift + place[0] : shift + place[1]] if place else None
                yield Reading(doc, None, None, ScoredAnswer(*(place or (0, 0)), score), span)

        monkeypatch.setattr(answers, "find_qa", lambda nlp: None)
        monkeypatch.setattr(answers, "read_questions", read)
        return answers.predict_answers(NLP, docs, "model")

    return ask


@pytest.fixture
def report(asked):
    docs = [question(text, gold) for text, gold, _, _ in CASES]
    found = asked(docs, [(place, score) for _, _, place, score in CASES])
    return answers.make_answer_report(docs, found, key="answers", data="dev")


def test_each_question_counts_as_the_scorer_counts_it(report):
    examples = []
    for doc, (_, _, place, _) in zip(report.docs, CASES, strict=True):
        examples.append(Example(question(doc[: first_length(doc)].text, place), doc))
    wanted = make_qa_scorer()(examples)
    everything = json.loads(written(report, lang="en", n_shown=9)["report.json"])["scores"]["all"]["all"]
    assert everything["questions"] == len(CASES)
    assert everything["exact_match"][0] == pytest.approx(wanted["qa_em"]) == 4 / 8
    assert everything["f1"][0] == pytest.approx(wanted["qa_f1"])
    assert wanted["qa_em"] < wanted["qa_f1"] < 1


def test_what_became_of_an_answer_is_told_by_its_place(report):
    kinds = [[one.kind for one in of_doc] for of_doc in report.outcomes]
    assert kinds == [
        ["right"],
        ["right"],
        ["boundary"],
        ["spurious"],
        ["missed"],
        [],
        ["spurious"],
        ["right"],
    ]
    assert [error.outcome.kind for error in report.errors] == ["boundary", "spurious", "spurious", "missed"]
    # no answer has a probability too, and is right or wrong
    assert report.scored.right.tolist() == [True, True, False, False, False, True, False, True]


def test_questions_stand_in_the_rows_of_their_word_length_and_place(report):
    found = json.loads(written(report, lang="en", n_shown=9)["report.json"])["scores"]
    sizes = {name: {row: one["questions"] for row, one in rows.items()} for name, rows in found.items()}
    assert sizes["label"] == {"qui": 2, "où": 2, "que": 1, "quel": 1, "quand": 1, "…": 1}
    assert sizes["length"] == {"1": 4, "3": 2, "no_answer": 2}
    assert sizes["place"] == {"beginning": 4, "end": 2, "no_answer": 2}
    assert found["label"]["qui"]["exact_match"][0] == 1.0 and found["label"]["où"]["f1"][0] == 0.0


def test_the_first_word_that_asks_names_a_question():
    words = {
        "Qu'est-ce que c'est ?": "que",
        "En quelle année ?": "quel",
        "QUI ?": "qui",
        "In which year?": "which",
    }
    words |= {"Équipe ?": "…", "Quoique ?": "…"}
    assert {text: answers.asking_word(question(text, None)) for text in words} == words


def test_the_page_shows_the_question_above_and_not_in_the_text(report):
    page = written(report, lang="fr", n_shown=9)["report.html"]
    assert page.count("Question : ") == 4 and "<p>Question : &lt;b&gt;Où ?</p>" in page and "<b>" not in page
    # only above, on neither side
    assert page.count("Quelle séance ?") == 1
    assert "les réponses oubliées" in page and "entité" not in page


def test_another_pipeline_is_compared_question_by_question(asked, report):
    given = [(gold, 0.5) for _, gold, _, _ in CASES]
    other = asked(report.docs, given)
    compared = answers.make_answer_report(
        report.docs, report.model, other=other, key="answers", data="dev", by=None
    )
    mine, theirs, paired = compared.comparison.scores["all"]
    assert theirs == 1.0 and paired.difference == pytest.approx(mine - 1.0)
    assert {error.state for error in compared.errors} == {"new"}
