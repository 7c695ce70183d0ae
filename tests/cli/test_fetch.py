"""`bertfam fetch`: an encoder as a folder with safetensors and a tokenizer.json, whatever it was before."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.encoder.model import build_encoder
from spacy_bertfam.hub import fetch

TEXT = "Marie Vasseur est allée à Rouen."


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["fetch", *map(str, args)])


def vectors(folder: Path) -> np.ndarray:
    model = build_encoder(str(folder))
    model.initialize()
    return model.predict([spacy.blank("fr")(TEXT)])[0]


def pickle_weights(folder: Path, names=lambda name: name) -> None:
    weights = {names(name): tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    torch.save(weights, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize("kind", ["bert", "camembert", "roberta"])
def test_a_folder_is_carried_over_with_the_same_vectors(run, tiny_encoder, kind, tmp_path):
    result = run(tiny_encoder(kind), "out")
    assert result.exit_code == 0, result.output
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }
    np.testing.assert_allclose(vectors(tmp_path / "out"), vectors(tiny_encoder(kind)), atol=1e-6)


@pytest.mark.parametrize("old_names", [False, True], ids=["names of today", "gamma and beta"])
def test_a_pickle_without_a_head_is_read_where_it_is_asked_for(run, tiny_encoder, tmp_path, old_names):
    """As the BERTs of 2019 are: one pickle, a vocabulary, and the layer norms under old names."""
    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "old")

    def rename(name: str) -> str:
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        return f"bert.{name}"

    pickle_weights(folder, rename if old_names else lambda name: name)
    refused = run("old", "out")
    assert refused.exit_code == 1 and "bertfam fetch NAME OUT --allow-pickle" in refused.stderr
    assert not (tmp_path / "out").exists()
    allowed = run("old", "out", "--allow-pickle")
    assert allowed.exit_code == 0, allowed.output
    assert not list((tmp_path / "out").glob("*.bin"))
    np.testing.assert_allclose(vectors(tmp_path / "out"), vectors(tiny_encoder("bert")), atol=1e-6)


def test_a_head_is_left_out(run, tiny_token_classifier, tmp_path):
    result = run(tiny_token_classifier("bert", ["O", "B-PER"]), "out")
    assert result.exit_code == 0, result.output
    assert not [name for name in load_file(tmp_path / "out" / "model.safetensors") if "classifier" in name]


@pytest.fixture
def without_case(tiny_encoder, tmp_path, monkeypatch):
    """A cased BERT whose files do not say that it is cased."""
    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "cased_bert")
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf8")
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink()
    # a tiny vocabulary has few of them
    monkeypatch.setattr(fetch, "MANY_CAPITALS", 10)
    return folder


def test_capitals_that_would_be_lost_are_told_and_kept_on_demand(run, without_case, tmp_path):
    silent = run(without_case, "lowered")
    assert silent.exit_code == 0 and "fetch it again with --cased" in silent.stderr
    cased = run(without_case, "cased", "--cased")
    assert cased.exit_code == 0 and not cased.stderr
    tokens = {
        name: Tokenizer.from_file(str(tmp_path / name / "tokenizer.json")).encode(TEXT).tokens
        for name in ("lowered", "cased")
    }
    assert not any(t != t.lower() for t in tokens["lowered"] if not t.startswith("["))
    assert any(t != t.lower() for t in tokens["cased"] if not t.startswith("["))
    settings = json.loads((tmp_path / "cased" / "tokenizer_config.json").read_text(encoding="utf8"))
    assert settings["do_lower_case"] is False


@pytest.mark.parametrize("kind", ["bert", "bert-uncased", "roberta", "xlm-roberta"])
def test_no_note_where_nothing_is_lost(run, tiny_encoder, kind, monkeypatch):
    monkeypatch.setattr(fetch, "MANY_CAPITALS", 10)
    assert not run(tiny_encoder(kind), "out").stderr


def test_what_cannot_be_fetched_is_one_sentence(run, tiny_encoder, tmp_path):
    assert "Error: No folder ./nowhere" in run("./nowhere", "out").stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("", encoding="utf8")
    assert "full exists already" in run(tiny_encoder("bert"), "full").stderr
    assert "has no vocab.txt, so --cased" in run(tiny_encoder("roberta"), "out", "--cased").stderr
    assert not (tmp_path / "out").exists()
