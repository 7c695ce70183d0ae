"""Attention from word to word is that of `transformers`, and looking at it changes nothing."""

import numpy as np
import pytest
import spacy
import torch
from small_corpus import TEXTS, all_scores, encoder_config, head_config, make_examples, own_pipeline
from tiny.kinds import KINDS
from transformers import AutoModel

from spacy_bertfam.encoder.attention import piece_attention
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.errors import UserError
from spacy_bertfam.visual.attention import MAX_WORDS, attention_of, word_attention

TEXT = "Marie Vasseur a travaillé  à Saint-Étienne.\nHier, (Paul) d'Avignon a dit oui."


def shim_of(nlp):
    return encoder_shim(nlp.get_pipe("encoder").model)


def of_transformers(folder, tokenizer, text):
    """The weights for the special pieces and those of the text, as `transformers` gives them itself."""
    network = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = tokenizer.backend.encode(text, add_special_tokens=True).ids
    with torch.no_grad():
        output = network(input_ids=torch.tensor([ids]), output_attentions=True)
    return torch.cat(output.attentions).numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_of_transformers_on_the_same_pieces(kind, tiny_encoder, pipeline_of):
    nlp = pipeline_of(kind)
    found = attention_of(nlp, nlp.make_doc(TEXT))
    expected = of_transformers(tiny_encoder(kind), shim_of(nlp).loaded.tokenizer, TEXT)
    n_layers, n_heads, n_pieces, _ = expected.shape
    n_words = len(found.words)
    assert found.weights.dtype == np.float32
    assert found.weights.shape == (n_layers, n_heads, n_words, n_words) and n_words < n_pieces
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-4)
    # the special pieces are words of their own: their weights to each other are those of the pieces
    ends = [0, -1]
    np.testing.assert_allclose(
        found.weights[..., ends, :][..., ends], expected[..., ends, :][..., ends], atol=1e-6
    )
    np.testing.assert_allclose(
        piece_attention(shim_of(nlp).loaded.network, ids_of(nlp, TEXT)), expected, atol=1e-6
    )


def ids_of(nlp, text):
    return np.array(shim_of(nlp).loaded.tokenizer.backend.encode(text, add_special_tokens=True).ids)


@pytest.mark.parametrize("kind", ["bert", "electra", "roberta"])
def test_words_are_the_tokens_between_special_pieces(kind, pipeline_of):
    nlp = pipeline_of(kind)
    doc = nlp.make_doc("Anne vit à Rennes.")
    found = attention_of(nlp, doc)
    first, last = ("[CLS]", "[SEP]") if kind != "roberta" else ("<s>", "</s>")
    assert found.words == [first, "Anne", "vit", "à", "Rennes", ".", last]
    assert found.tokens.tolist() == [-1, 0, 1, 2, 3, 4, -1]
    assert (found.n_tokens, found.n_shown, found.n_without, found.n_left) == (5, 5, 0, 0)


def test_a_word_sums_what_its_pieces_get_and_averages_what_they_give():
    owned = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    pieces = np.array(
        [[0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.2, 0.2], [0.1, 0.3, 0.4, 0.2], [1.0, 0.0, 0.0, 0.0]],
        dtype=np.float32,
    )
    words = [[0.1, 0.5, 0.4], [0.3, 0.5, 0.2], [1.0, 0.0, 0.0]]
    np.testing.assert_allclose(word_attention(pieces[None, None], owned)[0, 0], words, atol=1e-6)


def test_what_a_piece_of_two_words_gets_is_parted_between_them():
    owned = np.array([[1, 0], [1, 0], [0, 1]], dtype=bool)
    pieces = np.array([[0.6, 0.4], [0.2, 0.8]], dtype=np.float32)
    words = [[0.3, 0.3, 0.4], [0.3, 0.3, 0.4], [0.1, 0.1, 0.8]]
    np.testing.assert_allclose(word_attention(pieces[None, None], owned)[0, 0], words, atol=1e-6)


def test_white_space_without_pieces_is_left_out_and_counted(pipeline_of):
    nlp = pipeline_of("bert")
    found = attention_of(nlp, nlp.make_doc("Anne   rit \n \n fort"))
    assert found.words == ["[CLS]", "Anne", "rit", "fort", "[SEP]"]
    assert (found.n_tokens, found.n_shown, found.n_without) == (5, 3, 2)
    assert found.tokens.tolist() == [-1, 0, 2, 4, -1]


def test_white_space_that_is_a_piece_keeps_its_weight(pipeline_of):
    nlp = pipeline_of("roberta")
    found = attention_of(nlp, nlp.make_doc("Anne rit.\n\nPaul."))
    assert "Ċ" in found.words and found.tokens[found.words.index("Ċ")] == -1
    np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-4)


def test_the_first_window_of_a_long_text_is_shown(pipeline_of):
    nlp = pipeline_of("bert")
    doc = nlp.make_doc("Anne vit à Rennes. " * 40)
    found = attention_of(nlp, doc)
    assert 0 < found.n_shown < len(doc) == found.n_tokens
    assert found.n_shown + found.n_left == found.n_tokens
    assert found.words[1:-1] == [token.text for token in doc[: found.n_shown]]
    assert len(found.words) <= shim_of(nlp).loaded.max_pieces


def test_the_words_behind_two_hundred_are_one(tiny_encoder, tmp_path, pipeline_of):
    from tiny.folder import make_tiny_encoder

    nlp = spacy.blank("fr")
    folder = make_tiny_encoder("bert", tmp_path / "wide", max_positions=512)
    nlp.add_pipe("bertfam_encoder", config={"model": encoder_config(folder, window=None)})
    nlp.initialize()
    doc = nlp.make_doc("a " * 300)
    found = attention_of(nlp, doc)
    assert found.words == ["[CLS]", *["a"] * MAX_WORDS, "…", "[SEP]"]
    assert (found.n_tokens, found.n_shown, found.n_left) == (300, 200, 100)
    whole = of_transformers(
        folder, encoder_shim(nlp.get_pipe("bertfam_encoder").model).loaded.tokenizer, doc.text
    )
    np.testing.assert_allclose(found.weights[..., :201, :201], whole[..., :201, :201], atol=1e-6)
    np.testing.assert_allclose(found.weights[..., 0, -2], whole[..., 0, 201:-1].sum(axis=-1), atol=1e-5)


def test_a_token_longer_than_a_window_is_shown_with_its_first_pieces(pipeline_of):
    nlp = pipeline_of("bert")
    found = attention_of(nlp, nlp.make_doc("x" * 500))
    assert found.words == ["[CLS]", "x" * 500, "[SEP]"]


def test_the_pipeline_predicts_as_before(pipeline_of):
    nlp = pipeline_of("camembert")
    shim = shim_of(nlp)
    network = shim.loaded.network
    before, implementation = all_scores(nlp), network.config._attn_implementation
    parameters = list(network.parameters())
    torch.manual_seed(1)
    attention_of(nlp, nlp.make_doc(TEXT))
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))
    assert shim.loaded.network is network and not network.training
    assert network.config._attn_implementation == implementation
    assert not getattr(network.config, "output_attentions", False)
    assert all(a is b and a.requires_grad for a, b in zip(network.parameters(), parameters, strict=True))
    assert all_scores(nlp) == before


def test_an_encoder_within_a_recognizer_is_found(tiny_encoder):
    nlp = own_pipeline(encoder_config(tiny_encoder("bert")))
    nlp.initialize(lambda: make_examples(nlp))
    assert attention_of(nlp, nlp.make_doc(TEXTS[0])).weights.shape[:2] == (2, 4)


def test_of_several_encoders_one_has_to_be_named(tiny_encoder):
    nlp = own_pipeline(encoder_config(tiny_encoder("bert")))
    other = {"model": head_config(encoder_config(tiny_encoder("bert"), n_layers=1))}
    nlp.add_pipe("bertfam_ner", name="other", config=other)
    nlp.initialize(lambda: make_examples(nlp))
    doc = nlp.make_doc(TEXTS[0])
    with pytest.raises(UserError, match=r"Several components have an encoder \(ner, other\)"):
        attention_of(nlp, doc)
    with pytest.raises(UserError, match=r"No component 'tagger' with an encoder .* one of: ner, other"):
        attention_of(nlp, doc, "tagger")
    assert len(attention_of(nlp, doc, component="ner").weights) == 2
    assert len(attention_of(nlp, doc, component="other").weights) == 1


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_text_without_words_is_told(text, pipeline_of):
    nlp = pipeline_of("bert")
    with pytest.raises(UserError, match="no word that the encoder reads"):
        attention_of(nlp, nlp.make_doc(text))


def test_a_pipeline_without_an_encoder_of_ours_is_told():
    nlp = spacy.blank("fr")
    with pytest.raises(UserError, match=r"The pipeline \(no components\) has no encoder"):
        attention_of(nlp, nlp.make_doc("Anne"))
    nlp.add_pipe("sentencizer")
    with pytest.raises(UserError, match=r"The pipeline \(sentencizer\) has no encoder"):
        attention_of(nlp, nlp.make_doc("Anne"))


def test_an_encoder_without_weights_yet_is_told(tiny_encoder):
    nlp = own_pipeline(encoder_config(tiny_encoder("bert")))
    with pytest.raises(UserError, match="no weights yet"):
        attention_of(nlp, nlp.make_doc("Anne"))


def test_bfloat16_shows_the_weights_of_float32(pipeline_of, tmp_path):
    nlp = pipeline_of("bert")
    nlp.to_disk(tmp_path / "pipeline")
    settings = {"components": {"encoder": {"model": {"precision": "bf16"}}}}
    fast = spacy.load(tmp_path / "pipeline", config=settings)
    before = all_scores(fast)
    doc = nlp.make_doc(TEXT)
    np.testing.assert_array_equal(attention_of(fast, doc).weights, attention_of(nlp, doc).weights)
    assert all_scores(fast) == before


def test_a_pipeline_for_another_engine_shows_its_torch_weights(pipeline_of, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from spacy_bertfam.encoder.checkpoint.checkpoint import without_weights
    from spacy_bertfam.optimize.optimize import Plan, optimize

    nlp = pipeline_of("bert")
    expected = attention_of(nlp, nlp.make_doc(TEXT)).weights
    nlp.to_disk(tmp_path / "pipeline")
    fast = spacy.load(tmp_path / "pipeline")
    optimize(fast, Plan("onnxruntime", "fp32"))
    before = all_scores(fast)
    np.testing.assert_array_equal(attention_of(fast, fast.make_doc(TEXT)).weights, expected)
    assert shim_of(fast).loaded.graph is not None and all_scores(fast) == before
    shim_of(fast).take(without_weights(shim_of(fast).loaded))
    with pytest.raises(UserError, match=r"no torch weights: .*\(--drop-torch\)"):
        attention_of(fast, fast.make_doc(TEXT))


@pytest.mark.parametrize(
    ("model_type", "settings"),
    [
        ("fnet", {"hidden_size": 32, "num_hidden_layers": 2}),
        (
            "longformer",
            {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "attention_window": 4},
        ),
    ],
)
def test_an_architecture_without_weights_for_each_pair_is_told(model_type, settings):
    from transformers import AutoConfig

    config = AutoConfig.for_model(model_type, vocab_size=50, **settings)
    network = AutoModel.from_config(config).eval()
    with pytest.raises(UserError, match="shows no attention from piece to piece"):
        piece_attention(network, np.arange(4, 16))
