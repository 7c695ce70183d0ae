"""The cut of the vocabulary by script."""

import json

import pytest
from encoder_sources.errors import EncoderError
from encoder_sources.vocabulary import alphabet, cut, is_needed, needed_ids
from tiny_unigram import SPECIAL, tiny_unigram
from tokenizers import Tokenizer


def cut_tiny(*languages: str) -> dict:
    tokenizer = tiny_unigram()
    return cut(tokenizer, needed_ids(tokenizer, languages))


@pytest.mark.parametrize(
    ("piece", "needed"),
    [
        ("▁été", True), ("▁ÉTÉ", True), ("cœur", True), ("▁straße", False), ("▁García", False),
        ("▁дом", False),
        ("ł", True), ("▁ł", True), ("α", True), ("αβ", False), ("д", False), ("中", False), ("é", True),
        ("▁1998", True), ("2.5", True), ("२", False), ("€", True), ("▁«", True), ("’", True), ("。", True),
        ("▁", True), ("▁▁", True), ("🙂", True), ("\ufe0f", True), ("\u0301", True), ("का", False),
    ],
)  # fmt: skip
def test_piece_is_needed_by_french_and_english(piece, needed):
    assert is_needed(piece, alphabet(["fr", "en"])) is needed


def test_languages_add_their_letters():
    assert is_needed("▁straße", alphabet(["de"]))
    assert is_needed("▁García", alphabet(["fr", "es"]))


@pytest.mark.parametrize("languages", [["fr", "xx"], []])
def test_unknown_language_is_told_with_the_known_ones(languages):
    with pytest.raises(EncoderError, match=r"(xx|none).*expected some of .*fr"):
        alphabet(languages)


def test_special_tokens_stay_and_every_id_is_remapped():
    tokenizer = cut_tiny("fr", "en")
    pieces = [piece for piece, _ in tokenizer["model"]["vocab"]]
    assert pieces[:4] == SPECIAL
    assert pieces[-1] == "<mask>"
    assert {token["content"]: token["id"] for token in tokenizer["added_tokens"]} == {
        text: pieces.index(text) for text in [*SPECIAL, "<mask>"]
    }
    assert tokenizer["post_processor"]["special_tokens"]["<mask>"]["ids"] == [len(pieces) - 1]
    assert tokenizer["model"]["unk_id"] == pieces.index("<unk>")


def test_everything_but_pieces_and_ids_is_untouched():
    before, after = tiny_unigram(), cut_tiny("fr")
    for key in ("normalizer", "pre_tokenizer", "decoder", "truncation", "padding"):
        assert after[key] == before[key]
    scores = dict(map(tuple, before["model"]["vocab"]))
    assert all(scores[piece] == score for piece, score in after["model"]["vocab"])


def test_cut_leaves_its_argument_alone():
    tokenizer = tiny_unigram()
    cut(tokenizer, needed_ids(tokenizer, ["fr"]))
    assert tokenizer == tiny_unigram()


@pytest.mark.parametrize("text", ["le été fin.", "l été", "fin 12 2 €", "ＦＩＮ fin", "α fin”", "", "ł z"])
def test_text_of_kept_pieces_is_cut_as_before(text):
    full = Tokenizer.from_str(json.dumps(tiny_unigram()))
    small = Tokenizer.from_str(json.dumps(cut_tiny("fr", "en")))
    assert small.encode(text).tokens == full.encode(text).tokens
    assert small.encode(text).offsets == full.encode(text).offsets


def test_foreign_script_becomes_unknown_and_its_neighbors_stay():
    small = Tokenizer.from_str(json.dumps(cut_tiny("fr", "en")))
    ids = small.encode("le 中 fin", add_special_tokens=False).ids
    assert [small.id_to_token(i) for i in ids] == ["▁le", "▁", "<unk>", "▁fin"]


def test_ids_lead_to_the_same_pieces():
    tokenizer = tiny_unigram()
    ids = needed_ids(tokenizer, ["fr", "en"])
    small = Tokenizer.from_str(json.dumps(cut(tokenizer, ids)))
    full = Tokenizer.from_str(json.dumps(tokenizer))
    text = "le été fin. 12"
    assert [ids[i] for i in small.encode(text).ids] == full.encode(text).ids


def test_other_models_are_refused():
    with pytest.raises(EncoderError, match="'BPE', expected 'Unigram'"):
        needed_ids({"model": {"type": "BPE"}, "added_tokens": []}, ["fr"])
