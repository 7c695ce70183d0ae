"""Models that are no checkpoints of transformers: each is told what it is and which way there is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checkpoint_edits import set_fields

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError, check_folder, describe_foreign

NO_CONFIG = [
    (["pytorch_model.bin"], "flair.models.SequenceTagger.load"),
    (["final-model.pt", "loss.tsv"], "flair.models.SequenceTagger.load"),
    (["pytorch_model.bin", "gliner_config.json"], "gliner-spacy"),
    (["meta.json", "config.cfg", "vocab/strings.json"], "spacy.load"),
    (["adapter_config.json", "adapter_model.safetensors"], "merge_and_unload"),
    (["model-q4.gguf"], "GGUF"),
    (["model.onnx", "tokenizer.json"], "ONNX"),
    (["README.md"], "has no config.json; expected a Hugging Face checkpoint."),
    ([], "has no config.json"),
    (["encoder/config.json", "encoder/model.safetensors"], "give "),
]
WITH_CONFIG = [
    (["tf_model.h5"], "from_tf=True"),
    (["flax_model.msgpack"], "from_flax=True"),
    (["model.Q8_0.gguf"], "llama.cpp"),
    (["onnx/model.onnx"], "cannot be trained"),
    (["model.fp16.safetensors"], "weights under another name (model.fp16.safetensors)"),
    ([], "has no weights; expected model.safetensors"),
    (["gliner_config.json"], "GLiNER"),
    (["adapter_config.json"], "an adapter"),
]


def write_files(folder: Path, names: list[str]) -> Path:
    """Make files whose content does not matter."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\x80\x02not to be opened")
    return folder


@pytest.mark.parametrize("door", [check_folder, read_checkpoint])
@pytest.mark.parametrize("names, reason", NO_CONFIG)
def test_folder_without_config_is_told_its_kind(
    door: Callable, names: list[str], reason: str, tmp_path: Path
):
    with pytest.raises(CheckpointError) as caught:
        door(write_files(tmp_path, names))
    assert reason in str(caught.value) and str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("door", [check_folder, read_checkpoint])
@pytest.mark.parametrize("names, reason", WITH_CONFIG)
def test_config_without_weights_is_told_its_kind(
    door: Callable, names: list[str], reason: str, tiny_encoder: Callable[[str], Path], tmp_path: Path
):
    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "model")
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError) as caught:
        door(write_files(folder, names))
    assert reason in str(caught.value)


def test_adapter_beside_whole_weights_is_refused(tiny_encoder: Callable[[str], Path], tmp_path: Path):
    """With peft installed, transformers would follow it to another model."""
    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "model")
    set_fields(folder / "adapter_config.json", base_model_name_or_path="someone/else")
    with pytest.raises(CheckpointError, match="merge it in peft"):
        check_folder(folder)


def test_span_marker_is_told_by_its_model_type(tiny_encoder: Callable[[str], Path], tmp_path: Path):
    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "model")
    set_fields(folder / "config.json", model_type="span-marker")
    with pytest.raises(CheckpointError, match="component `span_marker`"):
        check_folder(folder)


@pytest.mark.parametrize("name", ["absent", "model.safetensors"])
def test_no_folder_is_told(name: str, tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="expected the folder of a Hugging Face checkpoint"):
        check_folder(tmp_path / name)


def test_kind_of_a_repository_is_told_by_its_file_names():
    assert "Flair" in describe_foreign(["README.md", "pytorch_model.bin"])
    assert describe_foreign(["README.md", "config.json", "pytorch_model.bin"]) is None
