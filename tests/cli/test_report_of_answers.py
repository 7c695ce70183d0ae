"""`bertfam report` on a pipeline that answers questions: the figures of `evaluate`, and what is refused."""

import json

import pytest
import spacy
from spacy.tokens import DocBin, Span
from spacy.training import Example
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.data.pairs import first_length, make_pair
from spacy_bertfam.hub.card import model_card, read_report

NLP = spacy.blank("fr")
TEXT = "Anne préside la longue séance à Rennes"  # tokens 0 to 6
CASES = [
    ("Qui préside ?", (0, 1)),
    ("Que préside Anne ?", (2, 5)),
    ("Où dort-elle ?", (6, 7)),
    ("Qui dort ?", None),
] * 2


def question(nlp, text, place):
    pair = make_pair(nlp.make_doc(text), nlp.make_doc(TEXT))
    shift = first_length(pair)
    pair.spans["answers"] = [pair[shift + place[0] : shift + place[1]]] if place else []
    return pair


@pytest.fixture(scope="module")
def pipeline(tiny_encoder, tmp_path_factory):
    folder, nlp = tmp_path_factory.mktemp("qa"), spacy.blank("fr")
    encoder = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder("bert"))}
    model = {"@architectures": "spacy-bertfam.SpanAnswerer.v1", "tok2vec": encoder}
    nlp.add_pipe("bertfam_qa", name="qa", config={"model": model})
    docs = [question(nlp, *case) for case in CASES]
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc) for doc in docs])
    nlp.to_disk(folder / "model")
    DocBin(docs=[*docs, NLP("Un texte.")]).to_disk(folder / "dev.spacy")
    return folder


def run(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_the_command_reports_what_evaluate_measures(pipeline, tmp_path):
    model, data = pipeline / "model", pipeline / "dev.spacy"
    done = run(model, data, "-o", tmp_path, "--compare", model)
    assert done.exit_code == 0, done.output
    assert "8 questions" in done.stdout and "1 texts that are not annotated questions" in done.stdout
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf8"))
    nlp = spacy.load(model)
    docs = DocBin().from_disk(data).get_docs(nlp.vocab)
    scores = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in docs])
    everything = found["scores"]["all"]["all"]
    assert (everything["exact_match"][0], everything["f1"][0]) == pytest.approx(
        (scores["qa_em"], scores["qa_f1"])
    )
    assert found["comparison"]["f"]["all"]["difference"] == 0.0
    card = model_card(nlp, nlp.get_pipe("qa"), report=read_report(tmp_path))
    assert "| exact match | F1 |" in card


@pytest.mark.parametrize("option, value", [("--train", "dev.spacy"), ("--map", "A=B")])
def test_options_of_entities_are_refused(pipeline, tmp_path, option, value):
    more = ["--compare", pipeline / "model"] if option == "--map" else []
    value = pipeline / value if option == "--train" else value
    done = run(pipeline / "model", pipeline / "dev.spacy", "-o", tmp_path / "out", option, value, *more)
    assert done.exit_code == 1 and f"{option} with questions and answers" in done.output
    assert not (tmp_path / "out").exists()


def test_texts_without_questions_are_refused(pipeline, tmp_path):
    DocBin(docs=[NLP("Un texte.")]).to_disk(tmp_path / "texts.spacy")
    done = run(pipeline / "model", tmp_path / "texts.spacy", "-o", tmp_path / "out")
    assert done.exit_code == 1 and "no question with its answers" in done.output


def test_a_file_or_a_pipeline_that_answers_nothing_is_no_other_one(pipeline, tmp_path):
    spacy.blank("fr").to_disk(tmp_path / "blank")
    for other, said in (
        (pipeline / "dev.spacy", "found a file"),
        (tmp_path / "blank", "blank has no bertfam_qa"),
    ):
        done = run(pipeline / "model", pipeline / "dev.spacy", "-o", tmp_path / "out", "--compare", other)
        assert done.exit_code == 1 and said in done.output


def test_entities_of_a_pipeline_that_answers_too_are_reported(pipeline, tmp_path):
    nlp = spacy.load(pipeline / "model")
    nlp.add_pipe("entity_ruler", first=True).add_patterns([{"label": "PER", "pattern": "Anne"}])
    nlp.to_disk(tmp_path / "both")
    doc = nlp.make_doc("Anne préside.")
    doc.set_ents([Span(doc, 0, 1, label="PER")])
    pair = question(nlp, "Où vit Anne ?", None)
    pair.set_ents([Span(pair, 2, 3, label="LOC")])
    del pair.spans["answers"]
    DocBin(docs=[doc, pair]).to_disk(tmp_path / "ents.spacy")
    done = run(tmp_path / "both", tmp_path / "ents.spacy", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf8"))
    assert found["scores"]["all"]["all"]["gold"] == 2
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf8")
    assert "Question :" not in page and "Où vit" in page
