"""Questions -> `.spacy` files: every form that is read, answers that are mended, and what is left out."""

import json
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.cli.convert_qa import format_questions
from spacy_bertfam.data.pairs import first_length
from spacy_bertfam.data.questions import MOVED, NOT_THERE, PLACED, WIDENED, convert_qa
from spacy_bertfam.errors import DataError

TEXT = "Anne préside la séance à Rennes, et Anne vote à 14 h."
QUESTION = "Qui préside ?"


def squad(*entries, title="Séance", text=TEXT):
    qas = [{"question": question, "id": str(i), **rest} for i, (question, rest) in enumerate(entries)]
    return {"title": title, "paragraphs": [{"context": text, "qas": qas}]}


def answer(text, start=None):
    return {"text": text} if start is None else {"text": text, "answer_start": start}


def convert(tmp_path: Path, content: str, **options):
    path, out = tmp_path / "in.json", tmp_path / "out.spacy"
    path.write_text(content, encoding="utf8")
    report = convert_qa(path, out, lang="fr", **options)
    docs = list(DocBin().from_disk(out).get_docs(spacy.blank("fr").vocab))
    return report, docs


def found(doc):
    return [(span.text, span.start_char - doc[first_length(doc)].idx) for span in doc.spans["answers"]]


FORMS = {
    "squad": json.dumps({"version": "1.1", "data": [squad((QUESTION, {"answers": [answer("Anne", 0)]}))]}),
    "indented": json.dumps({"data": [squad((QUESTION, {"answers": [answer("Anne", 0)]}))]}, indent=1),
    "lines": json.dumps({"context": TEXT, "question": QUESTION, "answers": [answer("Anne", 0)]}),
    "huggingface": json.dumps(
        {"context": TEXT, "question": QUESTION, "answers": {"text": ["Anne"], "answer_start": [0]}}
    ),
    "words": json.dumps({"context": TEXT, "question": QUESTION, "answers": ["Anne"]}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_pair(form, tmp_path):
    report, [doc] = convert(tmp_path, FORMS[form])
    assert (doc.text, first_length(doc), found(doc)) == (f"{QUESTION} {TEXT}", 3, [("Anne", 0)])
    assert (report.n_questions, report.n_answers, report.n_unanswerable) == (1, 1, 0)


@pytest.mark.parametrize(
    "rest", [{"answers": []}, {"answers": None}, {"is_impossible": True}, {"answers": [], "is_impossible": True},
             {"answers": [answer("Anne", 0)], "is_impossible": True}],
)  # fmt: skip
def test_a_question_without_an_answer_has_an_empty_group(rest, tmp_path):
    report, [doc] = convert(tmp_path, json.dumps({"data": [squad((QUESTION, rest))]}))
    assert found(doc) == [] and (report.n_unanswerable, report.n_unannotated) == (1, 0)


def test_a_question_of_a_test_file_without_answers_has_no_annotation_and_is_counted(tmp_path):
    entries = [(QUESTION, {}), (QUESTION, {"answers": [answer("Anne", 0)]}), (QUESTION, {"id": "a"})]
    report, docs = convert(tmp_path, json.dumps({"data": [squad(*entries)]}))
    assert ["answers" in doc.spans for doc in docs] == [False, True, False]
    assert (report.n_questions, report.n_unanswerable, report.n_unannotated) == (3, 0, 2)
    assert '2 without "answers" in the file' in format_questions(report)


@pytest.mark.parametrize(
    "given, expected, what",
    [
        (answer("Anne", 1), ("Anne", 0), MOVED),
        (answer("Anne", 34), ("Anne", 36), MOVED),
        (answer("Anne", -3), ("Anne", 0), MOVED),
        (answer("Rennes"), ("Rennes", 25), PLACED),
        (answer("éance", 17), ("séance", 16), WIDENED),
        (answer(" Rennes", 24), ("Rennes", 25), None),
    ],
)
def test_an_answer_off_its_place_is_mended_where_the_text_shows_how(given, expected, what, tmp_path):
    report, [doc] = convert(tmp_path, json.dumps({"data": [squad((QUESTION, {"answers": [given]}))]}))
    assert found(doc) == [expected]
    assert dict(report.changed) == ({what: 1} if what else {})


@pytest.mark.parametrize("words, expected", [("an", 7), ("Je", 0), ("5 ans", 20)])
def test_an_answer_without_a_place_is_put_where_it_is_whole_tokens(words, expected, tmp_path):
    given = {"context": "Jean a an 25 ans et 5 ans.", "question": QUESTION, "answers": [words]}
    _, [doc] = convert(tmp_path, json.dumps(given))
    [(_, start)] = found(doc)
    assert start == expected


def test_several_answers_are_kept_and_the_same_one_once(tmp_path):
    given = {"answers": [answer("Anne", 0), answer("Anne", 0), answer("Anne", 36), answer("Zoé", 3)]}
    report, [doc] = convert(tmp_path, json.dumps({"data": [squad((QUESTION, given))]}))
    assert found(doc) == [("Anne", 0), ("Anne", 36)]
    assert report.n_answers == 2 and report.changed[NOT_THERE] == 1


def test_a_question_without_words_or_with_a_lost_answer_is_left_out(tmp_path):
    entries = [
        (QUESTION, {"answers": [answer("Anne", 0)]}),
        (" ", {}),
        (QUESTION, {"answers": [answer("Zoé", 0)]}),
    ]
    report, docs = convert(tmp_path, json.dumps({"data": [squad(*entries)]}))
    assert len(docs) == 1
    assert dict(report.left_out) == {"without words": 1, "of which no answer is left": 1}


@pytest.mark.parametrize(
    "content, reason",
    [
        ("", "holds no question"),
        ('{"data": [{"title": "a", "paragraphs": [{"qas": []}]}]}', 'no "context"'),
        ('{"context": "a"}', 'no "question"'),
        ('{"context": "a", "question": "b", "answers": [3]}', "found the answer '3'"),
        ('{"context": "a", "question": "b", "answers": {"text": ["a"], "answer_start": []}}', "as many places"),
        ('{"data": [3]}', "expected"),
        ('{"data": [{"paragraphs": 3}]}', "expected a list"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused_with_file_and_line(content, reason, tmp_path):
    with pytest.raises(DataError, match=reason) as caught:
        convert(tmp_path, content)
    assert "in.json" in str(caught.value) and not (tmp_path / "out.spacy").exists()


def test_an_article_never_goes_to_two_parts(tmp_path):
    articles = [
        squad(*[(f"{QUESTION} {i}", {"answers": [answer("Anne", 0)]}) for i in range(3)], title=title)
        for title in "abcdef"
    ]
    (tmp_path / "in.json").write_text(json.dumps({"data": articles}), encoding="utf8")
    report = convert_qa(tmp_path / "in.json", tmp_path / "out", lang="fr", split={"train": 0.5, "dev": 0.5})
    assert report.parts == {"train.spacy": 9, "dev.spacy": 9}


def test_lines_about_one_text_go_to_one_part(tmp_path):
    lines = [{"context": text, "question": QUESTION, "answers": []} for text in (TEXT, TEXT, "Zoé.", TEXT)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    report = convert_qa(tmp_path / "in.jsonl", tmp_path / "out", lang="fr", split={"train": 0.5, "dev": 0.5})
    assert sorted(report.parts.values()) == [1, 3]


def test_the_command_prints_what_came_of_it(tmp_path):
    (tmp_path / "in.json").write_text(FORMS["words"], encoding="utf8")
    arguments = ["convert-qa", str(tmp_path / "in.json"), str(tmp_path / "out.spacy"), "--lang", "fr"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert "questions  1, 0 without an answer" in result.output and PLACED in result.output
