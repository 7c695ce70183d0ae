"""A folder's vocabulary cut to some languages: their texts are read as before."""

import json

import pytest
import torch
from get_encoder import get_encoder
from tiny_unigram import tiny_unigram
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "whole"
    tokenizer = tiny_unigram()
    n_pieces = len(tokenizer["model"]["vocab"])
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertModel(
        BertConfig(vocab_size=n_pieces, pad_token_id=1, **sizes), add_pooling_layer=False
    ).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf8")
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast"}', encoding="utf8"
    )
    (folder / "sentencepiece.bpe.model").write_bytes(b"all pieces")
    return folder


def vectors(folder, text):
    encoded = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    ids = encoded["input_ids"]
    return AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()(input_ids=ids).last_hidden_state


def test_texts_of_the_languages_have_the_same_vectors(folder, tmp_path):
    out = tmp_path / "cut"
    done = get_encoder(str(folder), out, languages=["fr"], cut=True)
    n_all = len(tiny_unigram()["model"]["vocab"])
    config = json.loads((out / "config.json").read_text(encoding="utf8"))
    assert f"of its {n_all} pieces are kept, those of fr" in done
    assert config["vocab_size"] < n_all
    assert config["pad_token_id"] == 1
    assert not list(out.glob("*.model"))
    for text in ("le été fin.", "l été 12 α ł”"):
        torch.testing.assert_close(vectors(out, text), vectors(folder, text), rtol=0, atol=0)
    unknown = AutoTokenizer.from_pretrained(out)("дом")["input_ids"]
    assert 3 in unknown
    assert 3 not in AutoTokenizer.from_pretrained(folder)("дом")["input_ids"]


def test_the_same_wish_is_kept_and_another_one_is_made_anew(folder, tmp_path):
    get_encoder(str(folder), tmp_path / "out", languages=["fr"], cut=True)
    assert get_encoder(str(folder), tmp_path / "out", languages=["fr"], cut=True).endswith("kept.")
    assert "now holds" in get_encoder(str(folder), tmp_path / "out", languages=["fr"])


def test_a_vocabulary_of_another_kind_stays_whole_and_that_is_said(folder, tmp_path):
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))
    tokenizer["model"]["type"] = "WordPiece"
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf8")
    done = get_encoder(str(folder), tmp_path / "out", languages=["fr"], cut=True)
    assert "stays whole" in done
    assert "'WordPiece'" in done
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (
        folder / "model.safetensors"
    ).read_bytes()
