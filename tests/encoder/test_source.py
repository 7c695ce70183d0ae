"""Where an encoder comes from, and what is said when it is not there."""

import socket
import time

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import filter_repo_objects

from spacy_bertfam.encoder.checkpoint.source import find_checkpoint, hub_answers
from spacy_bertfam.gate import CheckpointError


@pytest.fixture
def silent_hub(monkeypatch, tmp_path):
    """A hub at a port where nobody listens, an empty cache, and no word of being offline."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for name in ("HF_HUB_OFFLINE", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return port


def test_a_folder_is_itself(tiny_encoder):
    assert find_checkpoint(str(tiny_encoder("bert"))) == tiny_encoder("bert")


@pytest.mark.parametrize("name", ["/nowhere/bert", "./bert", "a/b/c", "~/no-such-bert", r"C:\models\bert"])
def test_a_path_where_nothing_is_gives_one_sentence(name):
    with pytest.raises(CheckpointError, match=r"No folder .*expected a Hugging Face checkpoint on this disk"):
        find_checkpoint(name)


def test_a_silent_hub_is_found_in_seconds(silent_hub):
    start = time.monotonic()
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint("camembert-base")
    assert time.monotonic() - start < 8
    message = str(caught.value)
    assert "'camembert-base' is not a folder, not in the hub's cache, and the hub does not answer" in message
    assert "Give a folder" in message and "--paths.encoder FOLDER" in message and "with a network" in message
    assert "HF_HUB_OFFLINE" not in message


def test_offline_by_choice_is_said(silent_hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE is set"):
        find_checkpoint("some/encoder")


def test_a_name_that_no_hub_could_have_is_refused(silent_hub):
    with pytest.raises(CheckpointError, match="neither a folder nor a name on the hub"):
        find_checkpoint("not a name")


def test_a_hub_that_listens_answers(silent_hub, monkeypatch):
    assert not hub_answers(1.0)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert hub_answers(1.0)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not hub_answers(1.0)


REPOSITORY = [
    "config.json", "config.4.0.0.json", "tokenizer.json", "tokenizer.4.0.0.json", "vocab.txt", "modeling.py",
    "model-00001-of-00002.safetensors", "pytorch_model.bin", "onnx/runtime.json", "onnx/model.safetensors",
    "weights.pkl", "generation_config.json",
]  # fmt: skip


def test_the_revision_reaches_the_hub(silent_hub, monkeypatch, tmp_path):
    import huggingface_hub

    asked = {}

    def snapshot_download(name, **options):
        asked.update(options, name=name)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert find_checkpoint("some/encoder", "v2") == tmp_path
    assert (asked["name"], asked["revision"], asked["local_files_only"]) == ("some/encoder", "v2", True)
    fetched = list(
        filter_repo_objects(
            REPOSITORY, allow_patterns=asked["allow_patterns"], ignore_patterns=asked["ignore_patterns"]
        )
    )
    assert fetched == ["config.json", "tokenizer.json", "vocab.txt", "model-00001-of-00002.safetensors"]
