"""The gradient of the piece embeddings is made whole once a step, and is the one that it was."""

import pytest
import spacy
import torch

from spacy_bertfam.encoder.gradients.embedding_gradient import make_dense, sparse_embedding_gradient
from spacy_bertfam.encoder.model import build_encoder, encoder_shim

TEXTS = ["Marie habite à Lyon.", "Oui.", "Elle a rencontré Jean Martin dans la rue de la gare de Strasbourg."]


@pytest.fixture(params=["bert", "xlm-roberta", "distilbert", "deberta-v2", "modernbert"])
def encoder(request, tiny_encoder):
    model = build_encoder(str(tiny_encoder(request.param)), max_batch_pieces=8)
    model.initialize()
    return model


def gradients(encoder, *, times=1):
    nlp = spacy.blank("fr")
    network = encoder_shim(encoder).loaded.network
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for _ in range(times):
        vectors, backprop = encoder.begin_update([nlp.make_doc(text) for text in TEXTS])
        backprop([2 * rows for rows in vectors])
    found = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    network.zero_grad()
    return found


def test_gradients_of_several_chunks_are_those_of_dense_embeddings(encoder, monkeypatch):
    found = gradients(encoder)
    embeddings = encoder_shim(encoder).loaded.network.get_input_embeddings()
    monkeypatch.setattr(embeddings, "sparse", True)  # taken as it is: our switch keeps away
    monkeypatch.setattr("torch.nn.functional.embedding", dense_embedding(torch.nn.functional.embedding))
    expected = gradients(encoder)
    assert found.keys() == expected.keys()
    for name in found:
        assert not found[name].is_sparse
        torch.testing.assert_close(found[name], expected[name], atol=1e-5, rtol=1e-4)


def dense_embedding(original):
    def embedding(*args):
        return original(*args[:-1], False)

    return embedding


def test_gradients_of_several_updates_add_up(encoder):
    once, twice = gradients(encoder), gradients(encoder, times=2)
    for name in once:
        torch.testing.assert_close(twice[name], 2 * once[name], atol=1e-5, rtol=1e-4)


def test_the_switch_is_turned_back_and_dense_gradients_stay(encoder):
    network = encoder_shim(encoder).loaded.network
    with sparse_embedding_gradient(network):
        assert network.get_input_embeddings().sparse
    assert not network.get_input_embeddings().sparse
    weight = network.get_input_embeddings().weight
    weight.grad = torch.ones_like(weight)
    make_dense(network)
    assert torch.equal(weight.grad, torch.ones_like(weight))
