"""What the gate lets through: checkpoints of every kind, the hub's cache, and oddities that harm nobody."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from checkpoint_edits import pickle_weights, set_fields, split_weights, write_index, write_python
from tiny.kinds import KINDS

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError, check_folder

LABELS = ["O", "B-PER", "I-PER"]
MAX_SECONDS = 0.05
needs_links = pytest.mark.skipif(os.name != "posix", reason="links are for administrators on Windows")


@pytest.fixture
def sound(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder of its own that the gate lets through."""
    return shutil.copytree(tiny_encoder("bert"), tmp_path / "model")


def as_cache(folder: Path, root: Path) -> Path:
    """RETURNS (Path): the folder laid out as the hub's cache has it, contents in blobs and links to them."""
    repository = root / "models--someone--model"
    snapshot = repository / "snapshots" / "0123abcd"
    blobs = repository / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, path in enumerate(sorted(folder.iterdir())):
        shutil.copyfile(path, blobs / f"{number:040x}")
        (snapshot / path.name).symlink_to(Path("..", "..", "blobs", f"{number:040x}"))
    return snapshot


@pytest.mark.parametrize("kind", KINDS)
def test_encoder_of_every_kind_passes(kind: str, tiny_encoder: Callable[[str], Path]):
    check_folder(tiny_encoder(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_token_classifier_of_every_kind_passes(kind: str, tiny_token_classifier: Callable[..., Path]):
    check_folder(tiny_token_classifier(kind, LABELS))


@needs_links
@pytest.mark.parametrize("kind", KINDS)
def test_hub_cache_with_links_to_blobs_passes(kind: str, tiny_encoder: Callable[[str], Path], tmp_path: Path):
    check_folder(as_cache(tiny_encoder(kind), tmp_path))


@needs_links
def test_hub_cache_opens_through_a_linked_home(sound: Path, tmp_path: Path):
    snapshot = as_cache(sound, tmp_path / "disk")
    (tmp_path / "home").symlink_to(tmp_path / "disk", target_is_directory=True)
    assert read_checkpoint(tmp_path / "home" / snapshot.relative_to(tmp_path / "disk")).width == 32


@needs_links
@pytest.mark.parametrize(
    "goal",
    [
        Path("..", "..", "..", "models--someone--other", "blobs", "0"),
        Path("..", "..", "refs", "main"),
        Path("..", "0"),
    ],
)
def test_hub_cache_may_link_to_its_own_blobs_only(goal: Path, sound: Path, tmp_path: Path):
    snapshot = as_cache(sound, tmp_path)
    (snapshot / goal).parent.mkdir(parents=True, exist_ok=True)
    (snapshot / goal).write_bytes((snapshot / "config.json").read_bytes())
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(goal)
    with pytest.raises(CheckpointError, match="leads out of the folder"):
        check_folder(snapshot)


@needs_links
def test_blobs_that_are_a_link_themselves_are_refused(sound: Path, tmp_path: Path):
    snapshot = as_cache(sound, tmp_path)
    blobs = snapshot.parent.parent / "blobs"
    blobs.rename(tmp_path / "elsewhere")
    blobs.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(CheckpointError, match="leads out of the folder"):
        check_folder(snapshot)


@needs_links
def test_links_within_the_folder_pass(sound: Path):
    (sound / "weights").mkdir()
    (sound / "model.safetensors").rename(sound / "weights" / "last.safetensors")
    (sound / "model.safetensors").symlink_to(Path("weights", "last.safetensors"))
    assert read_checkpoint(sound).width == 32


def test_shards_pass(sound: Path):
    write_index(sound, split_weights(sound))
    assert read_checkpoint(sound).width == 32


def test_pickle_beside_safetensors_is_never_opened(sound: Path):
    (sound / "pytorch_model.bin").write_bytes(b"no pickle at all")
    assert read_checkpoint(sound).width == 32


@pytest.mark.parametrize(
    "file, settings",
    [
        ("config.json", {"_attn_implementation_autoset": True}),
        ("config.json", {"_attn_implementation": "sdpa"}),
        ("config.json", {"attn_implementation": "eager"}),
        ("config.json", {"_attn_implementation_internal": None}),
        ("config.json", {"auto_map": {}, "trust_remote_code": False, "use_kernels": False}),
        ("config.json", {"_name_or_path": "/home/someone/models/train.py"}),
        (
            "config.json",
            {"label2id": {"auto_map": 0, "use_kernels": 1}, "id2label": {"0": "auto_map", "1": "x.py"}},
        ),
        ("config.json", {"conv_kernel_size": 3, "classifier_dropout": None, "max_relative_positions": -1}),
        ("tokenizer_config.json", {"special_tokens_map_file": "/root/.cache/huggingface/0a1b"}),
        ("tokenizer_config.json", {"name_or_path": "../old/model", "vocab_file": None, "init_inputs": []}),
        ("tokenizer_config.json", {"vocab_file": "vocab.txt", "model_max_length": 10**30}),
        ("tokenizer_config.json", {"chat_template": "{% set x = 'a.py' %}" + "y" * 600 + ".py"}),
        ("generation_config.json", {"max_length": 20}),
    ],
)
def test_harmless_settings_pass(file: str, settings: dict, sound: Path):
    set_fields(sound / file, **settings)
    check_folder(sound)


def test_python_file_that_nothing_names_is_let_be(sound: Path, tmp_path: Path):
    write_python(sound, "train.py", tmp_path / "canary")
    read_checkpoint(sound)
    assert not (tmp_path / "canary").exists()


def test_check_is_fast(sound: Path):
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        check_folder(sound)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < MAX_SECONDS


def test_gate_needs_neither_torch_nor_transformers(sound: Path):
    code = (
        "import sys; from pathlib import Path; from spacy_bertfam.gate import check_folder; "
        f"check_folder(Path({str(sound)!r})); "
        "print(sorted({'torch', 'transformers', 'numpy', 'safetensors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf8", timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_pickle_passes_where_it_is_allowed_and_its_settings_do_not(sound: Path):
    pickle_weights(sound)
    check_folder(sound, allow_pickle=True)
    set_fields(sound / "config.json", auto_map={"AutoModel": "m.Model"})
    with pytest.raises(CheckpointError, match="auto_map"):
        check_folder(sound, allow_pickle=True)
