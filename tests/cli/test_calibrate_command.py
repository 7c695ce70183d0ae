"""`bertfam calibrate`: what is written, printed and refused."""

import re
from pathlib import Path

import pytest
import spacy
from sampled import draw_examples, random_pipeline, scale
from small_corpus import CNN, head_config
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.evaluation.calibration import calibrate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pipeline that is too sure, `model`, with a file that saving it would not write; and annotated texts, `data`,
    `data/one.spacy`."""
    folder = tmp_path_factory.mktemp("overconfident")
    nlp = random_pipeline()
    examples = draw_examples(nlp)
    scale(nlp, 3.0)
    nlp.config["paths"]["train"] = str(folder / "data")
    nlp.to_disk(folder / "model")
    (folder / "model" / "ner" / "onnx").mkdir()
    (folder / "model" / "ner" / "onnx" / "graph.onnx").write_bytes(b"\x00graph")
    (folder / "data").mkdir()
    DocBin(docs=[eg.reference for eg in examples[:150]]).to_disk(folder / "data" / "one.spacy")
    DocBin(docs=[eg.reference for eg in examples[150:]]).to_disk(folder / "data" / "two.spacy")
    return folder


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    """Runs `bertfam calibrate` beside the pipeline and its texts; writes into an empty folder."""
    monkeypatch.chdir(folder)
    return lambda *args: CliRunner().invoke(app, ["calibrate", *map(str, args)])


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def scores(nlp, texts):
    return [(e.start, e.end, e.label_, e._.score) for doc in nlp.pipe(texts) for e in doc.ents]


def test_only_the_temperature_of_the_config_is_another(run, tmp_path):
    result = run("model", "data", tmp_path / "out" / "new")
    assert result.exit_code == 0, result.output
    before, after = files_of(Path("model")), files_of(tmp_path / "out" / "new")
    assert before.keys() == after.keys() and "ner/onnx/graph.onnx" in after
    assert [name for name in before if before[name] != after[name]] == ["config.cfg"]
    lines = zip(*(files["config.cfg"].decode("utf8").splitlines() for files in (before, after)), strict=True)
    (changed,) = [pair for pair in lines if pair[0] != pair[1]]
    assert changed[0] == "temperature = 1.0"
    assert float(changed[1].removeprefix("temperature = ")) == pytest.approx(3.0, rel=0.15)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new"]


def test_the_written_pipeline_has_the_calibrated_scores(run, tmp_path):
    assert run("model", "data", tmp_path / "out").exit_code == 0
    texts = [doc.text for doc in DocBin().from_disk("data/one.spacy").get_docs(spacy.blank("fr").vocab)][:20]
    nlp = spacy.load("model")
    before = scores(nlp, texts)
    calibrate(nlp, list(spacy.training.Corpus(Path("data"))(nlp)))
    expected, found = scores(nlp, texts), scores(spacy.load(tmp_path / "out"), texts)
    assert found == expected
    assert [row[:3] for row in found] == [row[:3] for row in before] and found != before


def test_both_tables_are_printed(run, tmp_path):
    result = run("model", "data/one.spacy", tmp_path / "out")
    assert result.exit_code == 0, result.output
    before, after, held = re.search(r"calibration error \(ECE\) +(\S+) +(\S+) +(\S+)", result.stdout).groups()
    assert float(after) < 0.5 * float(before) and float(held) < 0.5 * float(before)
    assert re.search(r"(?m)^entities +([\d,]+) +\1 *$", result.stdout)
    assert re.search(r"(?m)^F1 +(\S+) +\1 *$", result.stdout)
    rows = re.findall(r"(?m)^ +([\d.]+) +([\d,]+) +([\d.]+) +([\d.]+) +([\d.]+)", result.stdout)
    assert [float(row[0]) for row in rows] == [0, 0.5, 0.7, 0.8, 0.9, 0.95]
    recalls = [float(row[3]) for row in rows]
    assert recalls == sorted(recalls, reverse=True) and recalls[0] > recalls[-1]
    assert "0.000" not in rows[0]


def test_texts_of_the_training_are_warned_of(run, tmp_path):
    assert "is what the pipeline was trained on" in run("model", "data", tmp_path / "one").stderr
    assert "Warning" not in run("model", "data/one.spacy", tmp_path / "two").stderr


def test_the_page_shows_both_diagrams_and_fetches_nothing(run, tmp_path):
    result = run("model", "data", tmp_path / "out", "--page", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page.html").read_text(encoding="utf8")
    assert page.count("<svg") == 2 and page.count("<table") == 2
    assert "default-src 'none'" in page and "<script" not in page
    assert not re.findall(r"(?:src|href)=|url\(", page)
    assert "Before, temperature 1.00" in page and "After, temperature " in page


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["model", "data", "model"], "model exists already; expected a new folder"),
        (["model", "nothing.spacy", "OUT"], "DATA is nothing.spacy; expected a .spacy file"),
        (["model", "model/config.cfg", "OUT"], "DATA is model/config.cfg; expected a .spacy file"),
        (["nobody", "data", "OUT"], "The pipeline 'nobody' cannot be loaded"),
        (["model", "data", "OUT", "--component", "other"], "Expected one bertfam_ner, 'other' was asked for"),
        (["model", "data", "OUT", "--page", "data"], "data is a folder and cannot be written"),
    ],
)
def test_what_the_user_can_mend_is_told_and_nothing_is_written(run, tmp_path, args, sentence):
    result = run(*(str(tmp_path / "out") if arg == "OUT" else arg for arg in args))
    assert result.exit_code == 1
    assert f"Error: {sentence}" in result.stderr
    assert not (tmp_path / "out").exists() and list(tmp_path.iterdir()) == []


def test_one_of_several_recognisers_is_calibrated(run, tmp_path):
    nlp = spacy.load("model")
    nlp.add_pipe("bertfam_ner", name="other", config={"model": head_config(CNN)})
    nlp.get_pipe("other").add_label("X")
    nlp.get_pipe("other").initialize(lambda: draw_examples(nlp, n_texts=20), fit_words=0)
    nlp.to_disk(tmp_path / "two")
    result = run(tmp_path / "two", "data", tmp_path / "out")
    assert "Expected one bertfam_ner, the pipeline has ner, other" in result.stderr
    assert run(tmp_path / "two", "data", tmp_path / "out", "--component", "ner").exit_code == 0
    config = spacy.load(tmp_path / "out").config["components"]
    assert config["ner"]["temperature"] > 2 and config["other"]["temperature"] == 1.0
