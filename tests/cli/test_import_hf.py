"""`bertfam import-hf`."""

import shutil

import huggingface_hub
import pytest
import spacy
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.encoder.checkpoint import source

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
TEXT = "Marie Vasseur est allée à Rouen."


@pytest.fixture
def folder(tiny_token_classifier):
    return tiny_token_classifier("bert", TAGS)


@pytest.fixture
def pickled(folder, tmp_path):
    """The same weights, as a pickle only."""
    path = shutil.copytree(folder, tmp_path / "pickled")
    torch.save(load_file(path / "model.safetensors"), path / "pytorch_model.bin")
    (path / "model.safetensors").unlink()
    return path


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["import-hf", *map(str, args)])


def ents(path):
    return [(ent.text, ent.label_) for ent in spacy.load(path)(TEXT).ents]


def test_a_pipeline_is_written_that_spacy_load_opens(run, folder, tmp_path):
    result = run(folder, "out", "--lang", "fr", "--component", "noms", "--map", "PER=personne nommée")
    assert result.exit_code == 0, result.output
    assert "out: encoder, noms; scheme IOB; labels personne nommée, LOC" in result.stdout
    nlp = spacy.load(tmp_path / "out")
    assert (nlp.lang, nlp.pipe_names) == ("fr", ["encoder", "noms"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_the_user_beside_it_is_left_alone(run, folder, tmp_path):
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "mine.txt").write_text("mine", encoding="utf8")
    result = run(folder, "out")
    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "out.part").iterdir()] == ["mine.txt"]
    assert not (tmp_path / "out" / "mine.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.part"]


def test_nothing_is_left_where_the_pipeline_cannot_be_written(run, folder, tmp_path, monkeypatch):
    def fail(nlp, path):
        (path / "half").write_text("half", encoding="utf8")
        raise ValueError("no")

    monkeypatch.setattr(spacy.Language, "to_disk", fail)
    result = run(folder, "out")
    assert (result.exit_code, "Error: no" in result.output) == (1, True)
    assert list(tmp_path.iterdir()) == []


ERRORS = {
    "the name is no folder": (["./nowhere", "out"], "Error: No folder ./nowhere"),
    "the output is there": (["FOLDER", "."], "Error: . exists already"),
    "--map without =": (["FOLDER", "out", "--map", "PER"], "Error: --map: found 'PER'; expected OLD=NEW"),
    "--map of an unknown label": (["FOLDER", "out", "--map", "X=Y"], "Error: --map names 'X'"),
    "an unknown scheme": (["FOLDER", "out", "--scheme", "BIO"], "Error: Unknown tag scheme 'BIO'"),
    "an unknown language": (["FOLDER", "out", "--lang", "zz"], "Error: "),
}


@pytest.mark.parametrize(("args", "sentence"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_a_sentence_and_exit_code_one(run, folder, tmp_path, args, sentence):
    result = run(*[folder if arg == "FOLDER" else arg for arg in args])
    assert result.exit_code == 1
    assert result.stderr.startswith(sentence) and "Traceback" not in result.output
    assert not list(tmp_path.iterdir()), "nothing half-written is left"


def test_a_pickle_is_read_only_when_asked_for(run, pickled, folder, tmp_path):
    refused = run(pickled, "out")
    assert refused.exit_code == 1 and "--allow-pickle" in refused.stderr
    allowed = run(pickled, "out", "--allow-pickle", "--lang", "fr")
    assert allowed.exit_code == 0, allowed.output
    assert run(folder, "plain", "--lang", "fr").exit_code == 0
    assert ents(tmp_path / "out") == ents(tmp_path / "plain") != []
    assert (tmp_path / "out" / "encoder" / "model.safetensors").is_file()
    assert not list((tmp_path / "out").rglob("pytorch_model*"))


@pytest.fixture
def hub(monkeypatch, pickled):
    """A hub with the one repository me/ner, pickled. RETURNS (list): the patterns of each download."""
    downloads = []

    class HfApi:
        def list_repo_files(self, name, **options):
            return sorted(path.name for path in pickled.iterdir())

    def snapshot_download(name, *, allow_patterns, **options):
        downloads.append(allow_patterns)
        return str(pickled)

    monkeypatch.setattr(source, "hub_answers", lambda: True)
    monkeypatch.setattr(huggingface_hub, "HfApi", HfApi)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return downloads


def test_a_repository_with_pickles_alone_is_not_downloaded(run, hub):
    result = run("me/ner", "out")
    assert result.exit_code == 1 and hub == []
    assert "me/ner has its weights only as a pickle" in result.stderr and "--allow-pickle" in result.stderr


def test_a_repositorys_pickle_is_fetched_only_when_asked_for(run, hub, tmp_path):
    result = run("me/ner", "out", "--allow-pickle")
    assert result.exit_code == 0, result.output
    (patterns,) = hub
    assert "pytorch_model*.bin" in patterns and not [p for p in patterns if p in ("*.bin", "*.py", "*.pkl")]
    assert spacy.load(tmp_path / "out").config["components"]["encoder"]["model"]["name"] == "ner"


def test_a_repository_of_another_library_is_named_before_any_download(run, hub, monkeypatch):
    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", lambda *_, **__: ["pytorch_model.bin"])
    result = run("flair/ner-french", "out")
    assert result.exit_code == 1 and hub == []
    assert "flair/ner-french has no config.json" in result.stderr and "Flair" in result.stderr
