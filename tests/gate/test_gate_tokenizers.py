"""What the tokenizers library gets of a tokenizer.json, and what becomes of its errors and panics."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
from checkpoint_edits import set_fields
from hostile_settings import piece, ten_of_one, tokenizer_after_the_model
from tiny.kinds import KINDS
from tokenizers import Tokenizer

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.model import build_encoder
from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError, check_folder
from spacy_bertfam.gate.tokenizer_json import MAX_GROWTH, growth, seal

TEXTS = ["Zoé Dupont-Durand habite à Saint-Étienne.", "ﷺ ½ İ 漢字 \t", "aaaa" * 50]
PATH = Path("tokenizer.json")
CUT = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
BACKTRACKS = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}


@pytest.fixture
def sound(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder of its own that opens."""
    return shutil.copytree(tiny_encoder("bert"), tmp_path / "model")


@pytest.mark.parametrize("kind", KINDS)
def test_sealed_tokenizer_is_the_same(kind: str, tiny_encoder: Callable[[str], Path]):
    content = (tiny_encoder(kind) / "tokenizer.json").read_bytes()
    expected = Tokenizer.from_buffer(content)
    expected.no_padding()
    expected.no_truncation()
    assert Tokenizer.from_buffer(seal(content, PATH)).to_str() == expected.to_str()


@pytest.mark.parametrize("kind", KINDS)
def test_growth_of_a_sound_tokenizer_is_far_from_the_bound(kind: str, tiny_encoder: Callable[[str], Path]):
    parts = json.loads((tiny_encoder(kind) / "tokenizer.json").read_bytes())
    assert growth([parts["normalizer"], parts["pre_tokenizer"]], PATH) <= MAX_GROWTH / 50


def test_parts_that_stand_again_after_the_model_count_for_nothing(sound: Path, tmp_path: Path):
    expected = read_checkpoint(sound).tokenizer.backend.to_str()
    hostile = tokenizer_after_the_model(
        normalizer=ten_of_one(7),
        added_tokens=[{**piece("a"), "normalized": True}],
        truncation=CUT,
    )
    hostile(sound, tmp_path)
    assert read_checkpoint(sound).tokenizer.backend.to_str() == expected


def test_model_may_stand_first(sound: Path):
    parts = json.loads((sound / "tokenizer.json").read_bytes())
    expected = read_checkpoint(sound).tokenizer.backend.to_str()
    (sound / "tokenizer.json").write_text(json.dumps({"model": parts.pop("model"), **parts}), encoding="utf8")
    assert read_checkpoint(sound).tokenizer.backend.to_str() == expected
    set_fields(sound / "tokenizer.json", normalizer=ten_of_one(8))
    with pytest.raises(CheckpointError, match="characters of one"):
        check_folder(sound)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"type": "NFKC"}, 1),
        ({"type": "Replace", "pattern": {"String": "``"}, "content": '"'}, 1),
        ({"type": "Replace", "pattern": {"String": "a"}, "content": "abc"}, 3),
        ({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, 2),
        ({"type": "Replace", "pattern": {"String": ""}, "content": "ab"}, 2),
        ({"type": "Replace", "pattern": {"String": "a"}, "content": "ﷺ"}, 18),
        ({"type": "Prepend", "prepend": "▁"}, 2),
        ({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}, 2),
        ({"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, 4),
        (
            [
                {"type": "ByteLevel"},
                {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "abc"}]},
            ],
            16,
        ),
    ],
)
def test_growth_of_a_step(step: Any, expected: float):
    assert growth(step, PATH) == expected


def test_word_marks_are_short(sound: Path):
    tokenizer = json.loads((sound / "tokenizer.json").read_bytes())
    tokenizer["model"]["continuing_subword_prefix"] = "#" * 100_000
    (sound / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf8")
    with pytest.raises(CheckpointError, match="continuing_subword_prefix of 100,000 characters"):
        read_checkpoint(sound)


def test_longest_word_that_is_cut_is_bounded(sound: Path):
    tokenizer = json.loads((sound / "tokenizer.json").read_bytes())
    tokenizer["model"]["max_input_chars_per_word"] = 1_000_000
    (sound / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf8")
    with pytest.raises(
        CheckpointError, match=r"max_input_chars_per_word = 1,000,000.*expected at most 1,000"
    ):
        read_checkpoint(sound)


def test_pieces_are_not_left_to_chance(tiny_encoder: Callable[[str], Path], tmp_path: Path):
    folder = shutil.copytree(tiny_encoder("roberta"), tmp_path / "roberta")
    expected = [part.ids.tolist() for part in read_checkpoint(folder).tokenizer(TEXTS * 5)]
    tokenizer = json.loads((folder / "tokenizer.json").read_bytes())
    tokenizer["model"]["dropout"] = 0.9
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf8")
    assert [part.ids.tolist() for part in read_checkpoint(folder).tokenizer(TEXTS * 5)] == expected


@pytest.mark.parametrize("n_processes", [1, 2])
def test_text_at_which_the_library_panics_is_answered_in_a_sentence(n_processes: int, sound: Path):
    set_fields(sound / "tokenizer.json", pre_tokenizer=BACKTRACKS)
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", config={"model": {"name": str(sound)}})
    nlp.initialize()
    assert len(nlp("bon").tensor) == 1
    with pytest.raises(UserError, match=r"tokenizer fails on a text \(.*retry-limit-in-match over.*expected"):
        list(nlp.pipe(["a" * 40 + "c"] * n_processes))


@pytest.mark.parametrize("scheme", [{"by_token": True}, {"space_to_both": True}])
def test_text_at_which_the_library_panics_in_another_piece_scheme(scheme: dict, sound: Path):
    set_fields(sound / "tokenizer.json", pre_tokenizer=BACKTRACKS)
    (sound / "bertfam_pieces.json").write_text(json.dumps(scheme), encoding="utf8")
    model = build_encoder(str(sound))
    model.initialize()
    with pytest.raises(UserError, match="tokenizer fails on a text"):
        model.predict([spacy.blank("fr")("a" * 40 + "c")])


@pytest.mark.parametrize(
    "fields",
    [
        {"model": {"type": "WordLevel", "vocab": {}, "unk_token": "[UNK]"}, "added_tokens": []},
        {"model": {"type": "Unigram", "unk_id": 7, "vocab": [["b", -1.0]], "byte_fallback": False}},
    ],
    ids=["no_unknown_piece", "unknown_piece_outside"],
)
def test_tokenizer_that_cannot_cut_a_letter_is_refused(fields: dict, sound: Path):
    set_fields(sound / "tokenizer.json", post_processor=None, **fields)
    with pytest.raises(CheckpointError, match="cannot be read by the tokenizers library"):
        read_checkpoint(sound)


def test_half_of_a_surrogate_pair_in_a_piece_is_refused(sound: Path):
    content = (sound / "tokenizer.json").read_bytes()
    (sound / "tokenizer.json").write_bytes(content.replace(b'"[MASK]"', b'"\\ud800"'))
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        read_checkpoint(sound)


@pytest.mark.parametrize("texts", [TEXTS])
def test_real_growth_is_within_the_bound(texts: list[str], tiny_encoder: Callable[[str], Path]):
    for kind in KINDS[:4]:
        backend = read_checkpoint(tiny_encoder(kind)).tokenizer.backend
        parts = json.loads(backend.to_str())
        bound = growth([parts["normalizer"], parts["pre_tokenizer"]], PATH) * 18
        for text in texts:
            assert len(backend.normalizer.normalize_str(text) if backend.normalizer else text) <= bound * len(
                text
            )
