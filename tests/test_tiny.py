"""The tiny encoders are what the other tests take them for."""

import json

import pytest
import torch
from tiny.folder import make_tiny_encoder
from tiny.kinds import BY_NAME, KINDS
from tiny.texts import TEXTS
from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

TEXT = "L'élève Zoé  habite à Saint-Étienne, depuis 2019."
OTHER = "Zoé left London on Monday."
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
FILES = {
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
}
WORDPIECE = ("bert", "bert-uncased", "distilbert", "electra", "convbert", "mobilebert")
BYTE_BPE = ("roberta", "deberta", "modernbert")
UNIGRAM = ("camembert", "xlm-roberta", "deberta-v2", "deberta-v3", "albert", "nystromformer")


def vectors(path, text):
    """The last hidden state of the one text, without its special tokens (n_pieces, hidden_size)."""
    pieces = AutoTokenizer.from_pretrained(path)(text, return_tensors="pt")
    with torch.no_grad():
        return AutoModel.from_pretrained(path)(**pieces).last_hidden_state[0, 1:-1]


@pytest.mark.parametrize("kind", KINDS)
def test_folder_holds_just_what_a_checkpoint_needs(tiny_encoder, kind):
    assert {path.name for path in tiny_encoder(kind).iterdir()} == FILES


@pytest.mark.parametrize("kind", KINDS)
def test_weights_load_without_missing_or_unexpected_keys(tiny_encoder, kind):
    _, report = AutoModel.from_pretrained(tiny_encoder(kind), output_loading_info=True)
    assert not any(report.values()), report


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_finite_and_differ_from_piece_to_piece(tiny_encoder, kind):
    rows = vectors(tiny_encoder(kind), TEXT)
    assert rows.shape[1] == 32
    assert torch.isfinite(rows).all()
    assert rows.std(dim=0).mean() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_vector_of_a_piece_depends_on_its_context(tiny_encoder, kind):
    path = tiny_encoder(kind)
    alone, followed = vectors(path, "Zoé"), vectors(path, OTHER)
    assert (alone[0] - followed[0]).abs().mean() > 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_offsets_cover_all_but_white_space(tiny_encoder, kind):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    assert tokenizer.is_fast
    covered = set()
    for start, end in tokenizer(TEXT, return_offsets_mapping=True)["offset_mapping"]:
        covered.update(range(start, end))
    assert covered >= {i for i, character in enumerate(TEXT) if not character.isspace()}


@pytest.mark.parametrize("kind", ["deberta", "deberta-v2", "deberta-v3", "modernbert"])
def test_offsets_include_the_leading_space_where_real_ones_do(tiny_encoder, kind):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    offsets = tokenizer(TEXT, return_offsets_mapping=True)["offset_mapping"]
    assert any(TEXT[start:end].startswith(" ") for start, end in offsets)


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta", "albert"])
def test_offsets_exclude_the_leading_space_where_real_ones_do(tiny_encoder, kind):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    offsets = tokenizer(TEXT, return_offsets_mapping=True)["offset_mapping"]
    assert not any(TEXT[start:end].startswith(" ") for start, end in offsets)


@pytest.mark.parametrize("kind", KINDS)
def test_own_texts_have_no_unknown_piece(tiny_encoder, kind):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    assert tokenizer.unk_token_id not in {i for ids in tokenizer(list(TEXTS))["input_ids"] for i in ids}


@pytest.mark.parametrize(
    ("model", "kinds"), [("WordPiece", WORDPIECE), ("BPE", BYTE_BPE), ("Unigram", UNIGRAM)]
)
def test_tokenizer_is_of_the_family_of_its_kind(model, kinds):
    for kind in kinds:
        tokenizer = BY_NAME[kind].build_tokenizer()
        assert json.loads(tokenizer.to_str())["model"]["type"] == model
        assert 300 <= tokenizer.get_vocab_size() <= 600


def test_each_kind_has_a_family():
    assert sorted(WORDPIECE + BYTE_BPE + UNIGRAM) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_of_special_tokens_agree_between_config_and_tokenizer(tiny_encoder, kind):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    config = AutoModel.from_pretrained(tiny_encoder(kind)).config
    assert len(tokenizer) == config.vocab_size
    assert tokenizer.pad_token_id == config.pad_token_id
    ids = tokenizer("Zoé")["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_of_the_greatest_length_runs(tiny_encoder, kind):
    path = tiny_encoder(kind)
    tokenizer, network = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path)
    pieces = tokenizer(" ".join(TEXTS), truncation=True, return_tensors="pt")
    assert pieces["input_ids"].shape == (1, 64)
    with torch.no_grad():
        assert torch.isfinite(network(**pieces).last_hidden_state).all()


@pytest.mark.parametrize("kind", ["bert", "distilbert", "electra", "roberta", "camembert", "albert"])
def test_a_longer_window_fails(tiny_encoder, kind):
    network = AutoModel.from_pretrained(tiny_encoder(kind))
    with pytest.raises((IndexError, RuntimeError)):
        network(input_ids=torch.full((1, 65), 9), attention_mask=torch.ones((1, 65), dtype=torch.long))


@pytest.mark.parametrize("kind", KINDS)
def test_seed_decides_the_weights_and_leaves_the_generator_alone(tmp_path, tiny_encoder, kind):
    tiny_encoder(kind)  # skips what the installed transformers lacks
    before = torch.random.get_rng_state()
    same, again, other = (
        make_tiny_encoder(kind, tmp_path / name, n_layers=1, seed=seed)
        for name, seed in (("same", 1), ("again", 1), ("other", 2))
    )
    assert torch.equal(before, torch.random.get_rng_state())
    assert (same / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
    assert (same / "model.safetensors").read_bytes() != (other / "model.safetensors").read_bytes()
    assert (same / "tokenizer.json").read_bytes() == (other / "tokenizer.json").read_bytes()


def test_sizes_are_as_asked(tmp_path):
    path = make_tiny_encoder("camembert", tmp_path / "wide", hidden_size=48, n_layers=3, max_positions=20)
    config = AutoModel.from_pretrained(path).config
    assert (config.hidden_size, config.num_hidden_layers, config.max_position_embeddings) == (48, 3, 22)
    assert AutoTokenizer.from_pretrained(path).model_max_length == 20


@pytest.mark.parametrize("kind", KINDS)
def test_token_classifier_has_its_labels_and_prefers_several(tiny_token_classifier, kind):
    path = tiny_token_classifier(kind, LABELS)
    tokenizer = AutoTokenizer.from_pretrained(path)
    network, report = AutoModelForTokenClassification.from_pretrained(path, output_loading_info=True)
    assert not any(report.values()), report
    assert network.config.id2label == dict(enumerate(LABELS))
    assert network.config.label2id == {label: i for i, label in enumerate(LABELS)}
    with torch.no_grad():
        logits = network(**tokenizer(list(TEXTS), padding=True, truncation=True, return_tensors="pt")).logits
    assert len(logits.argmax(dim=-1).unique()) >= 3
