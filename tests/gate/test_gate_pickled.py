"""Pickled weights that the user allows: turned into safetensors bit for bit, or refused; never run."""

import shutil
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoint_edits import WritesCanary, pickle_weights, set_fields, write_json, write_python
from safetensors.torch import load_file
from tiny.kinds import KINDS

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError, convert_pickle

LABELS = ["O", "B-PER", "I-PER"]


@pytest.fixture
def pickled(tiny_token_classifier: Callable[..., Path], tmp_path: Path) -> Path:
    """A token classifier whose weights are only there as a pickle."""
    folder = shutil.copytree(tiny_token_classifier("bert", LABELS), tmp_path / "pickled")
    pickle_weights(folder)
    return folder


def pickle_of(folder: Path, value: Any) -> Path:
    """Replace the pickle by one of another value."""
    torch.save(value, folder / "pytorch_model.bin")
    return folder


def assert_same(folder: Path, source: Path) -> None:
    """The same names, types and bits."""
    expected, found = load_file(source / "model.safetensors"), load_file(folder / "model.safetensors")
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name].dtype == expected[name].dtype
        assert torch.equal(found[name], expected[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_equal_bit_for_bit(kind: str, tiny_token_classifier: Callable[..., Path], tmp_path: Path):
    source = tiny_token_classifier(kind, LABELS)
    folder = shutil.copytree(source, tmp_path / "pickled")
    pickle_weights(folder)
    out = convert_pickle(folder, tmp_path / "out")
    assert_same(out, source)
    assert {path.name for path in out.iterdir()} == {path.name for path in source.iterdir()}
    assert read_checkpoint(out).width == 32


def test_pickle_from_before_zip_files(tiny_token_classifier: Callable[..., Path], tmp_path: Path):
    source = tiny_token_classifier("bert", LABELS)
    folder = shutil.copytree(source, tmp_path / "pickled")
    pickle_weights(folder, _use_new_zipfile_serialization=False)
    assert_same(convert_pickle(folder, tmp_path / "out"), source)


def test_pickle_in_shards(tiny_token_classifier: Callable[..., Path], tmp_path: Path):
    source = tiny_token_classifier("bert", LABELS)
    folder = shutil.copytree(source, tmp_path / "pickled")
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    weight_map = {name: f"pytorch_model-{i % 2}.bin" for i, name in enumerate(tensors)}
    for shard in set(weight_map.values()):
        torch.save({name: tensors[name] for name in tensors if weight_map[name] == shard}, folder / shard)
    write_json(folder / "pytorch_model.bin.index.json", {"weight_map": weight_map})
    out = convert_pickle(folder, tmp_path / "out")
    assert_same(out, source)
    assert not list(out.glob("*.index.json"))


def test_tied_weights_and_views_are_kept_under_each_name(pickled: Path, tmp_path: Path):
    state = torch.load(pickled / "pytorch_model.bin", weights_only=True)
    name = "bert.embeddings.word_embeddings.weight"
    state["decoder.weight"] = state[name]
    state["turned"] = state[name].T
    pickle_of(pickled, OrderedDict(state))
    found = load_file(convert_pickle(pickled, tmp_path / "out") / "model.safetensors")
    assert torch.equal(found["decoder.weight"], state[name]) and torch.equal(found["turned"], state[name].T)


HOSTILE = {
    "code": (lambda canary: {"a": WritesCanary(canary)}, "cannot be read as weights only"),
    "code_alone": (WritesCanary, "cannot be read as weights only"),
    "network": (lambda canary: torch.nn.Linear(2, 2), "cannot be read as weights only"),
    "number": (lambda canary: {"a": 1}, "holds int under 'a'"),
    "number_as_name": (lambda canary: {1: torch.zeros(2)}, "under 1"),
    "tensor": (lambda canary: torch.zeros(2), "holds Tensor"),
    "nothing": (lambda canary: {}, "holds no tensors"),
    "spread": (lambda canary: {"a": torch.zeros(1).expand(1 << 20, 1 << 20)}, "larger than what is stored"),
    "many": (
        lambda canary: dict.fromkeys(map(str, range(9)), torch.zeros(1 << 14)),
        "several times its size",
    ),
    "sparse": (
        lambda canary: {"a": torch.sparse_coo_tensor(size=(1 << 20, 1 << 20))},
        "expected plain tensors",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_pickle_of_more_than_tensors_is_refused(name: str, pickled: Path, tmp_path: Path):
    build, reason = HOSTILE[name]
    pickle_of(pickled, build(tmp_path / "canary"))
    with pytest.raises(CheckpointError) as caught:
        convert_pickle(pickled, tmp_path / "out")
    assert reason in str(caught.value)
    assert not (tmp_path / "canary").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pickled"]


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x02", b"PK\x05\x06" + b"\0" * 18])
def test_broken_pickle_is_refused(content: bytes, pickled: Path, tmp_path: Path):
    (pickled / "pytorch_model.bin").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin"):
        convert_pickle(pickled, tmp_path / "out")


def test_compressed_archive_is_refused_before_it_unfolds(pickled: Path, tmp_path: Path):
    with zipfile.ZipFile(pickled / "pytorch_model.bin", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", b"\0" * 10_000_000)
    with pytest.raises(CheckpointError, match="compressed parts"):
        convert_pickle(pickled, tmp_path / "out")


def test_own_code_is_refused_all_the_same(pickled: Path, tmp_path: Path):
    write_python(pickled, "evil.py", tmp_path / "canary")
    set_fields(pickled / "config.json", auto_map={"AutoModel": "evil.EvilModel"})
    with pytest.raises(CheckpointError, match="auto_map"):
        convert_pickle(pickled, tmp_path / "out")
    assert not (tmp_path / "canary").exists()


def test_folder_with_safetensors_is_not_converted(tiny_encoder: Callable[[str], Path], tmp_path: Path):
    with pytest.raises(CheckpointError, match="give it as it is"):
        convert_pickle(tiny_encoder("bert"), tmp_path / "out")


def test_nothing_is_overwritten(pickled: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf8")
    with pytest.raises(CheckpointError, match="exists already"):
        convert_pickle(pickled, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


def test_torch_that_runs_code_of_pickles_is_refused(
    pickled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(CheckpointError, match="CVE-2025-32434"):
        convert_pickle(pickled, tmp_path / "out")
