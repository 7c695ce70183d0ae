"""`bertfam calibrate`: what is written, printed and refused."""

import re
import shutil
from pathlib import Path

import pytest
import spacy
from sampled import draw_examples, random_pipeline, scale
from small_corpus import CNN, head_config
from spacy.tokens import Doc, DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError
from spacy_bertfam.evaluation.calibration import calibrate, calibrate_in_place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pipeline that is too sure, `model`, with a file that saving it would not write; and annotated texts, `data`,
    `data/one.spacy`."""
    folder = tmp_path_factory.mktemp("overconfident")
    spacy.util.fix_random_seed(0)
    nlp = random_pipeline()
    examples = draw_examples(nlp, n_texts=80)
    scale(nlp, 3.0)
    nlp.config["paths"]["train"] = str(folder / "data")
    nlp.to_disk(folder / "model")
    (folder / "model" / "ner" / "onnx").mkdir()
    (folder / "model" / "ner" / "onnx" / "graph.onnx").write_bytes(b"\x00graph")
    (folder / "data").mkdir()
    DocBin(docs=[eg.reference for eg in examples[:60]]).to_disk(folder / "data" / "one.spacy")
    DocBin(docs=[eg.reference for eg in examples[60:]]).to_disk(folder / "data" / "two.spacy")
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
    before, after = re.search(r"expected calibration error +(\S+) +(\S+) *\n", result.stdout).groups()
    assert float(after) < 0.5 * float(before)
    assert re.search(r"(?m)^entities +([\d,]+) +\1 *$", result.stdout)
    assert re.search(r"(?m)^F1 +(\S+) +\1 *$", result.stdout)
    rows = re.findall(r"(?m)^ +([\d.]+) +([\d,]+) +([\d.]+) +([\d.]+) +([\d.]+)", result.stdout)
    assert [float(row[0]) for row in rows] == [0, 0.5, 0.7, 0.8, 0.9, 0.95]
    recalls = [float(row[3]) for row in rows]
    assert recalls == sorted(recalls, reverse=True) and recalls[0] > recalls[-1]
    assert "0.000" not in rows[0]


def test_in_place_only_the_config_is_written_and_written_whole(run, tmp_path, monkeypatch):
    model = shutil.copytree("model", tmp_path / "model")
    before, inode = files_of(model), (model / "config.cfg").stat().st_ino
    result = run(model, "data/one.spacy", "--in-place")
    assert result.exit_code == 0, result.output
    after = files_of(model)
    assert [name for name in before | after if before.get(name) != after.get(name)] == ["config.cfg"]
    assert (model / "config.cfg").stat().st_ino != inode  # another file was moved there
    temperature = spacy.load(model).get_pipe("ner").temperature
    assert temperature == pytest.approx(3.0, rel=0.2)
    assert f"{model}: written, temperature {temperature:g}" in result.stdout
    # stopped while it writes: the old one
    monkeypatch.setattr(Path, "replace", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    run(model, "data/one.spacy", "--in-place")
    assert files_of(model) == after


def test_in_place_a_pipeline_without_mistakes_or_entities_stays_as_it_is(run, tmp_path):
    model = shutil.copytree("model", tmp_path / "model")
    before, nlp = files_of(model), spacy.load("model")
    texts = DocBin().from_disk("data/one.spacy").get_docs(nlp.vocab)
    DocBin(docs=[nlp(Doc(nlp.vocab, [token.text for token in doc])) for doc in texts]).to_disk(
        tmp_path / "own.spacy"
    )
    result = run(model, tmp_path / "own.spacy", "--in-place")
    assert result.exit_code == 0, result.output
    assert "Warning: " in result.stderr and "keeps its temperature. All " in result.stderr
    assert "Error" not in result.stderr
    assert files_of(model) == before
    assert run(model, tmp_path / "own.spacy", tmp_path / "out").exit_code == 1


def test_texts_of_the_training_are_warned_of(run, tmp_path):
    assert "is what the pipeline was trained on" in run("model", "data", tmp_path / "one").stderr
    shutil.copy("data/one.spacy", tmp_path / "other.spacy")
    assert "is what the pipeline was trained on" in run("model", "data/one.spacy", tmp_path / "two").stderr
    assert "Warning" not in run("model", tmp_path / "other.spacy", tmp_path / "three").stderr


def test_a_temperature_of_few_entities_is_warned_of(run, tmp_path):
    docs = list(DocBin().from_disk("data/one.spacy").get_docs(spacy.blank("fr").vocab))
    DocBin(docs=docs[:4]).to_disk(tmp_path / "few.spacy")
    result = run("model", tmp_path / "few.spacy", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (
        "Warning: Only " in result.stderr and "is mostly chance: give more annotated texts" in result.stderr
    )


def test_the_page_shows_both_diagrams_and_fetches_nothing(run, tmp_path):
    result = run("model", "data", tmp_path / "out", "--page", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page.html").read_text(encoding="utf8")
    assert page.count("<svg") == 2 and page.count("<table") == 2
    assert "default-src 'none'" in page and "<script" not in page
    assert not re.findall(r"(?:src|href)=|url\(", page)
    assert "Avant, température 1.00" in page and "Après, température " in page


def test_page_and_terminal_show_the_same_cross_fitted_figures(run, tmp_path):
    nlp, few = spacy.load("model"), tmp_path / "few.spacy"
    DocBin(docs=list(DocBin().from_disk("data/one.spacy").get_docs(nlp.vocab))[:12]).to_disk(few)
    result = run("model", few, tmp_path / "out", "--page", tmp_path / "page.html")
    names = {
        "Perte logarithmique": "log loss",
        "Score de Brier": "Brier score",
        "Erreur de calibration attendue": "expected calibration error",
        "Entités": "entities",
        "Entités justes": "entities that are right",
        "F1": "F1",
    }
    page = (tmp_path / "page.html").read_text(encoding="utf8").replace("\u202f", ",")
    for french, english in names.items():
        shown = re.search(rf"{french}</th><td>(\S+)</td><td>(\S+)</td>", page).groups()
        assert shown == re.search(rf"(?m)^{english} +(\S+) +(\S+)$", result.stdout).groups()
    found = calibrate(nlp, list(spacy.training.Corpus(few)(nlp)))
    error = found.held_out.entities.calibration_error()
    assert f"{error:.3f}" != f"{found.entities_after.calibration_error():.3f}"
    assert re.search(rf"(?m)^expected calibration error +\S+ +{error:.3f}$", result.stdout)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["model", "data", "model"], "model exists already; expected a new folder"),
        (["model", "nothing.spacy", "OUT"], "DATA is nothing.spacy; expected a .spacy file"),
        (["model", "model/config.cfg", "OUT"], "DATA is model/config.cfg; expected a .spacy file"),
        (["nobody", "data", "OUT"], "The pipeline 'nobody' cannot be loaded"),
        (
            ["model", "data", "OUT", "--component", "other"],
            "Expected one bertfam_ner or bertfam_qa, 'other' was asked for",
        ),
        (["model", "data", "OUT", "--page", "data"], "data is a folder and cannot be written"),
        (["model", "data"], "No folder for the calibrated pipeline; expected OUT, or --in-place"),
        (["model", "data", "new", "--in-place"], "new and --in-place exclude each other"),
        (["nobody", "data", "--in-place"], "'nobody' is no folder; expected one with --in-place"),
        (["model", "data", "OUT", "--recall", ".9", "--precision", ".9"], "--precision and --recall exclude"),
        (
            ["model", "data", "OUT", "--by-label"],
            "--by-label, --labels and --confidence say how something is promised",
        ),
        (
            ["model", "data", "OUT", "--confidence", "0.95"],
            "--by-label, --labels and --confidence say how something",
        ),
        (["model", "data", "OUT", "--recall", "0.9", "--page", "page"], "--page shows a temperature without"),
        (["model", "data", "OUT", "--recall", "0.9", "--labels", " ,"], "--labels is ' ,'; expected names"),
        (
            ["model", "data", "OUT", "--recall", "0.9", "--labels", "PER", "--by-label"],
            "--by-label and --labels exclude each other",
        ),
        (["model", "data", "OUT", "--recall", "0.9", "--labels", "X"], "No label X; 'ner' has"),
        (
            ["model", "data", "OUT", "--precision", "0.99"],
            "A precision of 0.99 cannot be promised with a confidence",
        ),
    ],
)
def test_what_the_user_can_mend_is_told_and_nothing_is_written(run, tmp_path, args, sentence):
    result = run(*(str(tmp_path / "out") if arg == "OUT" else arg for arg in args))
    assert result.exit_code == 1
    assert f"Error: {sentence}" in result.stderr
    assert not (tmp_path / "out").exists() and list(tmp_path.iterdir()) == []


def test_one_of_several_recognizers_is_calibrated(run, tmp_path):
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


def test_a_promise_is_printed_and_written_into_the_config(run, tmp_path, folder):
    nlp, data = spacy.load("model"), tmp_path / "many.spacy"
    scale(nlp, 1 / 3)
    DocBin(docs=[eg.reference for eg in draw_examples(nlp, n_texts=200)]).to_disk(data)
    result = run("model", data, tmp_path / "out", "--precision", "0.85")
    assert result.exit_code == 0, result.output
    assert "a precision of at least 0.85, with a confidence of 0.9." in result.stdout
    assert re.search(r"(?m)^all +0\.\d+ +\d+ +0\.(8[5-9]|9)\d* +0\.\d+ +\d+ +0\.\d+ +0\.\d+$", result.stdout)
    before, after = files_of(Path("model")), files_of(tmp_path / "out")
    assert [name for name in before if before[name] != after[name]] == ["config.cfg"]
    settings = spacy.load(tmp_path / "out").get_pipe_config("ner")
    assert settings["temperature"] > 2 and 0 < settings["min_score"] < 1
    assert re.search(rf"(?m)^all +{settings['min_score']:g} ", result.stdout)
    model = shutil.copytree("model", tmp_path / "model")
    result = run(model, data, "--in-place", "--recall", "0.7", "--by-label")
    assert result.exit_code == 0, result.output
    assert all(re.search(rf"(?m)^{label} +0", result.stdout) for label in ("LOC", "ORG", "PER"))
    ner = spacy.load(model).get_pipe("ner")
    assert ner.min_score.keys() == set(ner.labels)


def test_a_label_that_no_config_can_hold_is_refused(tmp_path):
    nlp = random_pipeline()
    nlp.to_disk(tmp_path / "model")
    for label in ("a:b", "#c", "[d]"):
        with pytest.raises(UserError, match="A label of 'ner' cannot stand in a config"):
            calibrate_in_place(tmp_path / "model", component="ner", min_score={label: 0.5})
    calibrate_in_place(tmp_path / "model", component="ner", min_score={"A b.é": 0.5})
    assert spacy.util.load_config(tmp_path / "model/config.cfg")["components"]["ner"]["min_score"] == {
        "A b.é": 0.5
    }
