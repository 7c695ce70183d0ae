"""`optimize` and `bertfam optimize`: what is refused, what is said, what is written."""

import shutil

import pytest
import spacy
from optimized import TEXTS, found, shim_of
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError
from spacy_bertfam.optimize import optimize as module
from spacy_bertfam.optimize.optimize import Plan, optimize
from spacy_bertfam.optimize.parity import Run

needs_onnx = pytest.mark.usefixtures("onnx_folder")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["optimize", *map(str, args)])


@pytest.fixture
def dev(plain, tmp_path):
    """Annotated as the pipeline itself finds it."""
    DocBin(docs=list(plain.pipe(TEXTS))).to_disk(tmp_path / "dev.spacy")
    return tmp_path / "dev.spacy"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"runtime": "tensorrt"}, "Runtime is 'tensorrt': expected one of torch, onnxruntime, openvino"),
        (
            {"precision": "bf16"},
            "onnxruntime does not compute in 'bf16' here: .*another runtime .torch, openvino.",
        ),
        ({"runtime": "torch", "precision": "int8"}, "torch does not compute in 'int8'.*onnxruntime"),
        ({"precision": "fp32", "sensitivity": True}, "Sensitivity is measured for int8"),
        ({"runtime": "torch", "precision": "bf16", "drop_torch": True}, "leave --drop-torch out"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        Plan(**settings)


def test_a_pipeline_without_an_encoder_of_ours_is_refused():
    nlp = spacy.blank("fr")
    nlp.add_pipe("sentencizer")
    with pytest.raises(UserError, match=r"\(sentencizer\) has no encoder of its own kind"):
        optimize(nlp, Plan())


@needs_onnx
def test_int8_is_written_with_its_figures(run, plain_folder, dev, tmp_path, engine_calls):
    result = run(
        plain_folder,
        "out",
        "--precision",
        "int8",
        "--check",
        dev,
        "--max-drop",
        100,
        "--sensitivity",
        "--threads",
        1,
    )
    assert result.exit_code == 0, result.output
    for word in (
        "vectors   largest difference",
        "entities  ",
        "F1        100.00 in torch",
        "layer 1",
        "out: written",
    ):
        assert word in result.output
    nlp = spacy.load(tmp_path / "out")
    assert shim_of(nlp).loaded.graph.precision == "int8"
    assert nlp.config["components"]["encoder"]["model"]["threads"] == 1
    assert "onnxruntime" in nlp.meta["requirements"]
    engine_calls.clear()
    assert any(found(nlp)) and engine_calls
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@needs_onnx
def test_a_folder_of_files_is_checked_on(run, plain_folder, dev, tmp_path):
    (tmp_path / "parts" / "more").mkdir(parents=True)
    shutil.copy(dev, tmp_path / "parts" / "more" / "dev.spacy")
    result = run(plain_folder, "out", "--check", tmp_path / "parts")
    assert result.exit_code == 0, result.output
    assert "F1" in result.output


def test_nothing_is_written_where_f1_falls_too_far(run, plain_folder, dev, tmp_path, monkeypatch):
    scores = iter([90.0, 89.4])
    made = module.run

    def scored(*args, **options):
        done = made(*args, **options)
        return Run(done.entities, next(scores), done.words_per_second)

    monkeypatch.setattr(module, "run", scored)
    result = run(plain_folder, "out", "--precision", "int8", "--check", dev)
    assert result.exit_code == 1
    assert "F1 fell by 0.60 points, more than --max-drop 0.5: nothing is written" in result.output
    assert not (tmp_path / "out").exists()


@needs_onnx
def test_with_sensitivity_layers_return_to_float32_until_f1_is_back(plain, monkeypatch):
    scores = iter([90.0, 80.0, 89.9])
    made = module.run

    def scored(*args, **options):
        done = made(*args, **options)
        return Run(done.entities, next(scores), done.words_per_second)

    monkeypatch.setattr(module, "run", scored)
    monkeypatch.setattr(module, "outliers", lambda costs: [])
    report = optimize(plain, Plan("onnxruntime", "int8", sensitivity=True))
    assert report.is_acceptable
    assert report.encoders[0].kept == list(report.encoders[0].costs)[:1]


@needs_onnx
def test_the_torch_weights_may_be_left_out(run, plain_folder, plain, tmp_path):
    result = run(plain_folder, "out", "--drop-torch")
    assert result.exit_code == 0, result.output
    assert not list((tmp_path / "out").rglob("*.safetensors"))
    assert found(spacy.load(tmp_path / "out")) == found(plain)


@needs_onnx
def test_back_to_torch(run, onnx_folder, plain, tmp_path):
    assert run(onnx_folder, "out", "--runtime", "torch", "--precision", "fp32").exit_code == 0
    again = spacy.load(tmp_path / "out")
    assert shim_of(again).loaded.graph is None
    assert "onnxruntime" not in again.meta["requirements"]
    assert found(again) == found(plain)


def test_torch_in_bf16_needs_nothing_more(run, plain_folder, tmp_path):
    assert run(plain_folder, "out", "--runtime", "torch", "--precision", "bf16").exit_code == 0
    config = spacy.load(tmp_path / "out").config["components"]["encoder"]["model"]
    assert config["precision"] == "bf16"


def test_force_replaces_a_pipeline_and_nothing_else(run, plain_folder, tmp_path):
    options = ("--runtime", "torch", "--precision")
    assert run(plain_folder, "out", *options, "fp32").exit_code == 0
    assert run(plain_folder, "out", *options, "bf16").exit_code == 1
    assert run(plain_folder, "out", *options, "bf16", "--force").exit_code == 0
    assert spacy.load(tmp_path / "out").config["components"]["encoder"]["model"]["precision"] == "bf16"
    (tmp_path / "notes").mkdir()
    refused = run(plain_folder, "notes", *options, "bf16", "--force")
    assert refused.exit_code == 1 and "exists already" in refused.output


@needs_onnx
def test_an_encoder_that_a_head_owns_is_optimized_where_it_is(plain, tmp_path):
    plain.replace_listeners("encoder", "ner", ["model.tok2vec"])
    plain.remove_pipe("encoder")
    expected = found(plain)
    report = optimize(plain, Plan("onnxruntime", "fp32", threads=1))
    assert [encoder.component for encoder in report.encoders] == ["ner"]
    assert report.before.entities == report.after.entities
    plain.to_disk(tmp_path / "own")
    again = spacy.load(tmp_path / "own")
    assert again.config["components"]["ner"]["model"]["tok2vec"]["threads"] == 1
    assert shim_of(again).loaded.graph is not None and found(again) == expected


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["nowhere", "out"], "The pipeline 'nowhere' cannot be loaded"),
        (["MODEL", "."], ". exists already; expected a new folder"),
        (["MODEL", "out", "--check", "dev.iob"], "--check is dev.iob; expected a .spacy file"),
        (["MODEL", "out", "--check", "."], "holds no Docs; expected annotated ones, in .spacy files"),
        (["MODEL", "out", "--precision", "fp4"], "expected one of fp32, int8"),
    ],
)
def test_an_error_is_a_sentence_and_exit_code_one(run, plain_folder, tmp_path, args, sentence):
    result = run(*[plain_folder if arg == "MODEL" else arg for arg in args])
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert result.stderr.startswith("Error: ") and sentence in result.stderr
    assert not (tmp_path / "out").exists()
