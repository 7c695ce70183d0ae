"""`bertfam report`: every kind of input and of comparison, and what is said where it cannot be done."""

import json
import sys

import pytest
import spacy
from spacy.tokenizer import Tokenizer
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.cli.report import distinct_names

TEXTS = [
    {"text": "Anne vit à Rennes.", "entities": [[0, 4, "PER"], [11, 17, "LOC"]], "meta": {"genre": "roman"}},
    {"text": "Paul voit Anne.", "entities": [[0, 4, "PER"], [10, 14, "PER"]], "meta": {"genre": "presse"}},
    {"text": "Rennes gagne.", "entities": [[0, 6, "ORG"]], "meta": {"genre": "presse"}},
]


def ruler(folder, **labels):
    nlp = spacy.blank("fr")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": y, "pattern": x} for x, y in labels.items()])
    nlp.to_disk(folder)
    return folder


def lines(path, entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf8")
    return path


@pytest.fixture
def place(tmp_path):
    ruler(tmp_path / "model", Anne="PER", Rennes="LOC")
    ruler(tmp_path / "other", Paul="PERSON", Rennes="LOC")
    lines(tmp_path / "dev.jsonl", TEXTS)
    return tmp_path


def report(place, *arguments):
    words = ["report", place / "model", place / "dev.jsonl", "-o", place / "out", *arguments]
    result = CliRunner().invoke(app, list(map(str, words)))
    done = place / "out" / "report.json"
    return result, json.loads(done.read_text(encoding="utf8")) if done.exists() else None


def test_three_files_tell_the_same(place):
    result, found = report(place, "--by", "genre", "--train", place / "dev.jsonl")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (place / "out").iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
    ]
    everything = found["scores"]["all"]["all"]
    assert (everything["right"], everything["predicted"], everything["gold"]) == (3, 4, 5)
    assert "all" in result.stdout and "0.667" in result.stdout
    assert '<html lang="fr">' in (place / "out" / "report.html").read_text(encoding="utf8")
    assert found["kinds"] == {"PER": {"right": 2, "missed": 1}, "LOC": {"right": 1}, "ORG": {"type": 1}}
    genres = {name: [row["right"], row["gold"]] for name, row in found["scores"]["field"].items()}
    assert genres == {"roman": [2, 2], "presse": [1, 3]}
    assert set(found["scores"]["training"]) == {"seen"}
    assert [error["kind"] for error in found["errors"]] == ["missed", "type"]
    assert found["errors"][0]["gold"]["text"] == "Paul" and "calibration" not in found


def test_a_pipeline_with_other_labels_is_compared(place):
    result, found = report(place, "--compare", place / "other", "--map", "PERSON=PER")
    assert result.exit_code == 0, result.output
    all_labels = found["comparison"]["f"]["all"]
    assert all_labels["model"] == pytest.approx(2 / 3) and all_labels["other"] == pytest.approx(0.5)
    states = sorted(error["state"] for error in found["errors"])
    assert states == ["mended", "mended", "new", "shared"]
    assert found["comparison"]["other"]["bytes"] > 0 < found["model"]["seconds"]


def test_a_file_of_predictions_is_matched_by_its_texts(place):
    entries = [{**TEXTS[2], "entities": [[0, 6, "ORG"]]}, TEXTS[0]]
    lines(place / "predicted.jsonl", entries)
    result, found = report(place, "--compare", place / "predicted.jsonl")
    assert result.exit_code == 0, result.output
    assert found["comparison"]["texts"] == 2 and found["comparison"]["f"]["all"]["other"] == 1
    page = (place / "out" / "report.md").read_text(encoding="utf8")
    assert "predicted.jsonl n’a pas de prédiction pour 1 textes" in page
    lines(place / "predicted.jsonl", [{"text": "Ailleurs.", "entities": [[0, 8, "LOC"]]}])
    result, _ = report(place, "--compare", place / "predicted.jsonl")
    assert result.exit_code == 1 and "has predictions for none of the 3 texts" in result.output


def test_spacy_files_give_the_same_figures_and_their_user_data(place):
    nlp = spacy.blank("fr")
    docs = []
    for entry in TEXTS:
        doc = nlp(entry["text"])
        doc.set_ents([doc.char_span(start, end, label=label) for start, end, label in entry["entities"]])
        doc.user_data["genre"] = entry["meta"]["genre"]
        docs.append(doc)
    _, before = report(place, "--by", "genre")
    DocBin(docs=[*docs, nlp("Rien.")], store_user_data=True).to_disk(place / "dev.spacy")
    words = ["report", place / "model", place / "dev.spacy", "-o", place / "out", "--by", "genre"]
    assert CliRunner().invoke(app, list(map(str, words))).exit_code == 0
    after = json.loads((place / "out" / "report.json").read_text(encoding="utf8"))
    assert after["scores"] == before["scores"] and after["texts_without_annotation"] == 1


def test_without_nervaluate_the_report_says_what_is_missing(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "nervaluate", None)
    result, found = report(place)
    assert result.exit_code == 0 and found["overlap"] == {}
    assert 'pip install "spacy-bertfam[report]"' in result.output
    assert "Tableau absent : il demande le paquet nervaluate" in (place / "out" / "report.md").read_text(
        "utf8"
    )


def test_a_pipeline_without_a_recognizer_and_texts_without_entities_are_refused(place):
    spacy.blank("fr").to_disk(place / "model")
    result, found = report(place)
    assert result.exit_code == 1 and found is None
    assert "sets entities (it is empty)" in result.output
    lines(place / "dev.jsonl", [{"text": "Il pleut.", "entities": []}])
    result, _ = report(place)
    assert result.exit_code == 1 and "1 texts and no entity" in result.output


def test_equal_texts_take_their_predictions_in_order_and_the_last_one_stays(place):
    lines(place / "dev.jsonl", [{"text": "Anne vit.", "entities": [[0, 4, "PER"]]}] * 3)
    predicted = [{"text": "Anne vit.", "entities": spans} for spans in ([[0, 4, "PER"]], [])]
    _, found = report(place, "--compare", lines(place / "predicted.jsonl", predicted))
    assert found["comparison"]["texts"] == 3
    assert found["comparison"]["f"]["all"]["other"] == pytest.approx(0.5)  # 1 of 3 found


def test_predictions_within_a_token_count_once_and_what_has_no_place_is_told(place):
    text = "New-York dort, New-York rit."  # four entities, two of them in one token
    gold = {"text": text, "entities": [[0, 8, "LOC"], [15, 23, "LOC"], [16, 18, "PER"]]}
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab)
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "New-York"}])
    nlp.to_disk(place / "model")
    lines(place / "dev.jsonl", [gold])
    predicted = {"text": text, "entities": [[4, 8, "LOC"], [15, 18, "PER"], [19, 23, "LOC"]]}
    lines(place / "predicted.jsonl", [predicted])
    result, found = report(place, "--compare", place / "predicted.jsonl")
    assert result.exit_code == 0, result.output
    assert found["gold_lost"] == 1 and found["comparison"]["other"]["lost"] == 1
    for name in ("report.md", "report.html"):
        written = (place / "out" / name).read_text(encoding="utf8")
        assert (
            "1 gold entities are left out" in written
            and "1 entities of predicted.jsonl do not count" in written
        )


def test_a_field_that_no_text_has_is_refused_and_values_are_no_built_in_rows(place):
    result, found = report(place, "--by", "author")
    assert result.exit_code == 1 and found is None and "has a field 'author'" in result.output
    values = ("others", "end", "no_value", None)
    entries = [{**TEXTS[0], "meta": {"genre": value}} for value in values]
    lines(place / "dev.jsonl", [{"examples": entries, "meta": {"source": "x"}}])
    _, found = report(place, "--by", "genre")
    assert set(found["scores"]["field"]) == {'"others"', "end", '"no_value"', "no_value"}
    assert "| end | 2 |" in (place / "out" / "report.md").read_text(encoding="utf8")
    assert set(report(place, "--by", "source")[1]["scores"]["field"]) == {"x"}


def test_files_of_the_same_name_in_two_folders_are_two(place):
    doc = spacy.blank("fr")("Anne")
    doc.set_ents([doc.char_span(0, 4, label="PER")])
    for folder in "ab":
        (place / "data" / folder).mkdir(parents=True)
        DocBin(docs=[doc]).to_disk(place / "data" / folder / "x.spacy")
    words = ["report", place / "model", place / "data", "-o", place / "out", "--by", "file"]
    assert CliRunner().invoke(app, list(map(str, words))).exit_code == 0
    found = json.loads((place / "out" / "report.json").read_text(encoding="utf8"))
    assert set(found["scores"]["field"]) == {"a/x.spacy", "b/x.spacy"}


def test_pipelines_have_names_that_tell_them_apart(place, monkeypatch):
    monkeypatch.chdir(place / "model")
    assert distinct_names(["."]) == ["model"]
    assert distinct_names(["../a/model-best", "../b/model-best"]) == ["a/model-best", "b/model-best"]
    assert distinct_names([".", "."]) == ["model", "model"]
    words = ["report", ".", "../dev.jsonl", "-o", "../out"]
    assert CliRunner().invoke(app, words).exit_code == 0
    page = (place / "out" / "report.html").read_text(encoding="utf8")
    assert "<h4>model</h4>" in page and "<h4>annotation</h4>" in page


def test_a_map_that_changes_nothing_is_refused(place):
    result, found = report(place, "--map", "PERSON=PER")
    assert result.exit_code == 1 and found is None and "expected --compare OTHER" in result.output
    result, found = report(place, "--compare", place / "other", "--map", "PERSON=PER,Lieu=LOC")
    assert result.exit_code == 1 and found is None
    assert "other has no label Lieu; expected one of LOC, PERSON" in " ".join(result.output.split())
