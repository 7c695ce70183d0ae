"""A report of answers: each question is scored as `evaluate` does it, and stands in the rows that it belongs to."""

import json
from types import SimpleNamespace

import pytest
import spacy
from spacy.training import Example

from spacy_bertfam.data.pairs import first_length, make_pair
from spacy_bertfam.decoding.answers import ScoredAnswer
from spacy_bertfam.evaluation.answer_recording import ScoredQuestion
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
    """`asked(docs, given)` RETURNS (Prediction): with these answers in the place of those of a model."""

    def ask(docs, given, *, min_score=0.0):
        def read(qa, some, references):
            for doc, (place, score) in zip(some, given[: len(some)], strict=True):
                shift = first_length(doc)
                span = doc[shift + place[0] : shift + place[1]] if place else None
                yield ScoredQuestion(doc, None, None, ScoredAnswer(*(place or (0, 0)), score), span)

        monkeypatch.setattr(answers, "read_questions", read)
        return answers.predict_answers(NLP, SimpleNamespace(min_score=min_score), docs, "model")

    return ask


@pytest.fixture
def report(asked):
    docs = [question(text, gold) for text, gold, _, _ in CASES]
    found = asked(docs, [(place, score) for _, _, place, score in CASES])
    return answers.make_answer_report(docs, [found], key="answers", data="dev")


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
    assert [error.outcome.kind for error in report.errors] == ["boundary", "spurious", "missed", "spurious"]
    found = json.loads(written(report, lang="en", n_shown=9)["report.json"])
    assert (
        found["kinds"]["qui"] == {"right": 2}
        and not {"confusion", "overlap", "repeated_names"} & found.keys()
    )
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
    words |= {
        "Équipe ?": "…",
        "Quoique ?": "…",
        "Ou\u0300 ?": "où",
        "Dans lesquels ?": "quel",
        "Est-ce que Paul dort ?": "…",
    }
    words |= {"Depuis que Paris existe, combien ?": "combien", "Est-ce qu'il dort quand ?": "quand"}
    assert {text: answers.question_word(question(text, None)) for text in words} == words


def test_the_page_shows_the_question_above_and_not_in_the_text(report):
    page = written(report, lang="fr", n_shown=9)["report.html"]
    assert page.count("Question : ") == 4 and "&lt;b&gt;Où ?</span></p>" in page and "<b>" not in page
    # only above, on neither side
    assert page.count("Quelle séance ?") == 1
    assert (
        "selon sa probabilité" in page
        and "entité" not in page
        and "document" not in page.partition("<body")[2].partition("<script")[0]
    )


def test_another_pipeline_is_compared_question_by_question(asked, report):
    given = [(gold, 0.5) for _, gold, _, _ in CASES]
    other = asked(report.docs, given)
    compared = answers.make_answer_report(report.docs, [report.model, other], key="answers", data="dev")
    mine, theirs, paired = compared.comparison.scores["all"]
    assert theirs == 1.0 and paired.difference == pytest.approx(mine - 1.0)
    assert {error.state for error in compared.errors} == {"new"}


def test_errors_of_both_are_told_by_the_question(asked, report):
    docs = [question("Qui dort ?", None)] * 12
    mine, theirs = (asked(docs, [(place, 0.5)] * 12) for place in ((0, 1), (6, 7)))
    compared = answers.make_answer_report(docs, [mine, theirs], key="answers", data="dev")
    assert [error.state for error in compared.errors] == ["shared"] * 12


def test_an_answer_below_min_score_is_none_and_its_probability_still_counts(asked):
    docs = [question("Qui préside ?", (0, 1)), question("Qui dort ?", None)]
    found = asked(docs, [((0, 1), 0.4), ((6, 7), 0.3)], min_score=0.5)
    assert [one.exact for one in found.answer_scores] == [0.0, 1.0]
    assert [one.kind for one in found.answer_scores] == ["missed", "right"]
    assert [(one.score, one.is_right) for one in found.answer_scores] == [(0.4, True), (0.3, False)]


def test_of_several_gold_answers_the_one_that_is_overlapped_is_shown(asked):
    doc = question("Que préside Anne ?", (0, 1))
    shift = first_length(doc)
    doc.spans["answers"] = [doc[shift : shift + 1], doc[shift + 3 : shift + 5]]
    [[outcome]] = asked([doc], [((4, 5), 0.5)]).outcomes
    assert outcome.kind == "boundary" and outcome.gold[1:3] == (shift + 3, shift + 5)
