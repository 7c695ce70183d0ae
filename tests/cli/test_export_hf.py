"""`bertfam export-hf`."""

import huggingface_hub
import pytest
import spacy
from small_corpus import encoder_config
from transformers import AutoModel, AutoModelForTokenClassification
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.hub.import_hf import import_hf


@pytest.fixture(scope="module")
def model(tiny_token_classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "ner"
    import_hf(str(tiny_token_classifier("bert", ["O", "B-PER", "I-PER"])), lang="fr").to_disk(path)
    return path


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["export-hf", *map(str, args)])


def test_a_folder_is_written_that_transformers_opens(run, model):
    result = run(model, "deep/out")
    assert result.exit_code == 0, result.output
    assert "written" in result.stdout and not result.stderr
    assert AutoModelForTokenClassification.from_pretrained("deep/out").config.id2label[1] == "B-PER"


def test_the_encoder_alone(run, model):
    assert run(model, "out", "--encoder-only").exit_code == 0
    assert AutoModel.from_pretrained("out").config.model_type == "bert"


def test_what_does_not_travel_is_noted(run, model, tmp_path):
    nlp = spacy.load(model, config={"components.encoder.model.pooling": "mean"})
    nlp.to_disk(tmp_path / "mean")
    assert "Note: The encoder pools by 'mean'" in run("mean", "out").stderr


def test_push_uploads_the_folder(run, model, monkeypatch):
    uploaded = []

    class HfApi:
        def create_repo(self, *_, **__):
            pass

        def upload_folder(self, *, repo_id, folder_path, **_):
            uploaded.append((repo_id, folder_path.name, (folder_path / "model.safetensors").is_file()))
            return "https://hub/commit/1"

    monkeypatch.setattr(huggingface_hub, "HfApi", HfApi)
    result = run(model, "out", "--push", "me/ner")
    assert result.exit_code == 0 and "https://hub/commit/1" in result.stdout
    assert uploaded == [("me/ner", "out", True)]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["nowhere", "out"], "Error: "),
        (["MODEL", "."], "Error: . exists already"),
        (
            ["MODEL", "out", "--component", "nar"],
            "Error: Expected one bertfam_ner, bertfam_qa or textcat, 'nar' was asked for",
        ),
    ],
)
def test_an_error_is_a_sentence_and_exit_code_one(run, model, tmp_path, args, sentence):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf8")
    result = run(*[model if arg == "MODEL" else arg for arg in args])
    assert result.exit_code == 1
    assert result.stderr.startswith(sentence) and "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_pipeline_of_an_encoder_alone_has_a_card(tiny_encoder, tmp_path):
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", config={"model": encoder_config(tiny_encoder("bert"))})
    nlp.initialize()
    nlp.to_disk(tmp_path / "encoder")
    result = CliRunner().invoke(app, ["card", str(tmp_path / "encoder")])
    assert result.exit_code == 0, result.output
    assert "feature-extraction" in (tmp_path / "encoder" / "README.md").read_text(encoding="utf8")


def test_temperature_and_bound_of_the_scores_are_told_to_stay_behind(run, model, tmp_path):
    nlp = spacy.load(model, config={"components.ner.temperature": 2.0, "components.ner.min_score": 0.25})
    nlp.to_disk(tmp_path / "calibrated")
    notes = run(tmp_path / "calibrated", "out").output
    assert "temperature 2.00" in notes and "min_score, 0.25" in notes
