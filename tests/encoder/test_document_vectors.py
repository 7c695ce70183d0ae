"""A document's vector is that of the first special piece; of several windows, their mean; gradients go back."""

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import Doc
from transformers import AutoModel

from spacy_bertfam.encoder.model import cut_batch, encoder_shim
from spacy_bertfam.errors import UserError
from spacy_bertfam.listeners.document import EncodedDocs, document_vectors, encode_with_documents

TEXTS = ["Zoé habite à Rouen.", "", "Marie Vasseur travaille à Brest depuis deux ans.", "\n \n", "Oui"]
KINDS = ["bert", "camembert", "roberta", "deberta-v2"]


def first_special_piece(folder, tokenizer, ids):
    """What `transformers` alone has for one window."""
    network = AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        output = network(torch.tensor([[*tokenizer.prefix, *ids, *tokenizer.suffix]]))
    return output.last_hidden_state[0, 0].numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_one_window_has_the_vector_of_the_first_special_piece(build, tiny_encoder, kind, fr):
    model = build(kind)
    found = document_vectors(model).predict([fr(text) for text in TEXTS])
    tokenizer = encoder_shim(model).loaded.tokenizer
    for text, vector, pieces in zip(TEXTS, found, tokenizer(TEXTS), strict=True):
        if text.strip():
            expected = first_special_piece(tiny_encoder(kind), tokenizer, pieces.ids)
            np.testing.assert_allclose(vector, expected, atol=1e-5)
        elif not len(pieces):
            assert not vector.any()


def test_of_several_windows_the_mean(build, tiny_encoder, fr):
    model = build("bert", window=8, overlap=0)
    text = "Zoé habite à Rouen. Marie travaille à Brest. Il pleut sur la ville."
    shim = encoder_shim(model)
    (pieces,) = shim.loaded.tokenizer([text])
    from spacy_bertfam.encoder.model import cut_batch

    windows = cut_batch(shim, [fr(text)]).windows
    assert len(windows) > 1
    vectors = [
        first_special_piece(tiny_encoder("bert"), shim.loaded.tokenizer, pieces.ids[start:end])
        for start, end in zip(windows.starts, windows.ends, strict=True)
    ]
    found = document_vectors(model).predict([fr("Oui"), fr(text), fr("")])
    np.testing.assert_allclose(found[1], np.mean(vectors, axis=0), atol=1e-5)


@pytest.mark.parametrize("pooling", ["first", "last", "mean", "max"])
def test_tokens_have_the_vectors_that_they_have_without(build, pooling, fr):
    model = build("bert", pooling=pooling, window=8, overlap=2, max_batch_pieces=40)
    docs = [fr(text) for text in [*TEXTS, "Zoé habite à Rouen et Marie travaille à Brest."]]
    encoded, _ = encode_with_documents(model, docs, is_train=False)
    for rows, expected in zip(encoded.tokens, model.predict(docs), strict=True):
        np.testing.assert_allclose(rows, expected, atol=1e-6)
    assert encoded.documents.shape == (len(docs), model.get_dim("nO"))


@pytest.mark.parametrize("texts", [TEXTS, ["Zoé habite à Rouen. Marie travaille à Brest."], [""], []])
def test_the_gradient_is_that_of_torch(build, fr, texts):
    model = build("bert", window=8, overlap=2)
    network = encoder_shim(model).loaded.network
    docs = [fr(text) for text in texts]
    rng = np.random.default_rng(0)
    encoded, backprop = encode_with_documents(model, docs, is_train=True)
    d_tokens = [rng.normal(size=rows.shape).astype("float32") for rows in encoded.tokens]
    d_documents = rng.normal(size=encoded.documents.shape).astype("float32")

    def total() -> float:
        found, _ = encode_with_documents(model, docs, is_train=False)
        pairs = zip([*found.tokens, found.documents], [*d_tokens, d_documents], strict=True)
        return float(sum((rows * d_rows).sum() for rows, d_rows in pairs))

    network.zero_grad()
    backprop(d_tokens, d_documents)
    weight = network.encoder.layer[1].output.dense.bias
    if not any(len(doc) for doc in docs):
        assert weight.grad is None or not weight.grad.any()
        return
    # a step is the mean over the rows that had a gradient
    n_rows = cut_batch(encoder_shim(model), docs, with_documents=True).n_rows
    gradient = weight.grad * n_rows
    network.zero_grad(set_to_none=True)
    step = 1e-2
    for i in range(0, len(weight), 9):
        with torch.no_grad():
            weight[i] += step
            above = total()
            weight[i] -= 2 * step
            below = total()
            weight[i] += step
        assert (above - below) / (2 * step) == pytest.approx(float(gradient[i]), rel=0.05, abs=0.05)


def test_a_layer_without_such_a_vector_is_refused():
    from spacy.ml.models.tok2vec import build_hash_embed_cnn_tok2vec

    tok2vec = build_hash_embed_cnn_tok2vec(
        width=8,
        depth=1,
        embed_size=50,
        window_size=1,
        maxout_pieces=2,
        subword_features=True,
        pretrained_vectors=None,
    )
    with pytest.raises(UserError, match="no vector for a whole document"):
        document_vectors(tok2vec)


def test_what_is_left_on_a_doc_has_memory_of_its_own():
    from spacy_bertfam.listeners.doc_vectors import drop_vectors, find_document_vector

    nlp = spacy.blank("fr")
    component = nlp.add_pipe("bertfam_encoder")
    docs: list[Doc] = [nlp.make_doc("Oui"), nlp.make_doc("Non")]
    vectors = np.ones((2, 4), dtype="float32")
    component.set_annotations(docs, EncodedDocs([vectors[:1].copy(), vectors[1:].copy()], vectors))
    vectors[:] = 0
    assert docs[0]._.bertfam_document.all() and find_document_vector(docs[1]).shape == (4,)
    drop_vectors(docs[0])
    drop_vectors(docs[0])
    assert docs[0]._.bertfam_document is None and docs[0].tensor.size == 0
