"""What only transformers and the tokenizers library can refuse: their errors come as one of the project's."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checkpoint_edits import set_fields, write_json

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError, check_folder

PANICS = {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////wECAwQFBgcICQ=="}}


@pytest.fixture
def sound(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder of its own that opens."""
    return shutil.copytree(tiny_encoder("bert"), tmp_path / "model")


@pytest.mark.parametrize(
    "fields",
    [
        PANICS,
        {"model": {"type": "Evil"}},
        {"normalizer": {"type": "Evil"}},
        {
            "pre_tokenizer": {
                "type": "Split",
                "pattern": {"Regex": "("},
                "behavior": "Removed",
                "invert": False,
            }
        },
    ],
    ids=["panic", "model", "normalizer", "regex"],
)
def test_tokenizer_that_the_library_cannot_read_is_refused(fields: dict, sound: Path):
    set_fields(sound / "tokenizer.json", **fields)
    check_folder(sound)
    with pytest.raises(CheckpointError, match="cannot be read by the tokenizers library") as caught:
        read_checkpoint(sound)
    assert str(sound / "tokenizer.json") in str(caught.value)


@pytest.mark.parametrize(
    "padding, truncation",
    [({"strategy": {"Fixed": 10**12}, "direction": "Right", "pad_to_multiple_of": None}, None), (None, 0)],
    ids=["padding", "truncation"],
)
def test_lengths_that_the_tokenizer_asks_for_are_not_obeyed(padding: dict, truncation: int, sound: Path):
    settings = {**padding, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"} if padding else None
    cut = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    set_fields(sound / "tokenizer.json", padding=settings, truncation=cut if truncation is not None else None)
    assert json.loads((sound / "tokenizer.json").read_text(encoding="utf8"))["model"]
    pieces = read_checkpoint(sound).tokenizer(["Hélène Marchand a quitté Rouen lundi matin."])[0]
    assert 7 < len(pieces.ids) < 40


@pytest.mark.parametrize(
    "fields",
    [
        {"model_type": "no-such-architecture"},
        {"vocab_size": 10},
        {"hidden_size": 64},
        {"num_attention_heads": 7},
        {"hidden_act": "evil"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_settings_from_which_no_network_can_be_built_are_refused(fields: dict, sound: Path):
    set_fields(sound / "config.json", **fields)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(sound)
    assert str(sound) in str(caught.value)


def test_settings_in_another_file_are_not_those_of_the_network(sound: Path):
    other = {**json.loads((sound / "config.json").read_text(encoding="utf8")), "hidden_act": "relu"}
    write_json(sound / "config.4.0.0.json", {**other, "_attn_implementation": "evil/kernel:foo"})
    set_fields(sound / "config.json", configuration_files=["config.4.0.0.json"])
    assert read_checkpoint(sound).network.config.hidden_act == "gelu"


@pytest.mark.parametrize(
    "files", [{}, {"vocab.txt": b"\xff\xfe"}, {"spiece.model": b"\x0a\xff"}], ids=["none", "bytes", "spiece"]
)
def test_folder_without_a_tokenizer_is_refused(files: dict, sound: Path):
    (sound / "tokenizer.json").unlink()
    for name, content in files.items():
        (sound / name).write_bytes(content)
    if "spiece.model" in files:
        set_fields(sound / "tokenizer_config.json", tokenizer_class="AlbertTokenizer")
    with pytest.raises(CheckpointError, match="tokenizer") as caught:
        read_checkpoint(sound)
    assert str(sound) in str(caught.value)
