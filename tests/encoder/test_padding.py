"""Vectors of a text are the same alone and beside longer ones, in architectures that read the padding too."""

import numpy as np
import pytest
import torch
from tiny.kinds import KINDS, READ_PADDING

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.encoder.runtimes import padding
from spacy_bertfam.encoder.runtimes.torch_runtime import TorchRuntime

TEXTS = (
    "Zoé Dupont-Durand habite Rennes.",
    "Il pleut.",
    "Anne vit à Lyon. " * 9,
    "Paul attend Marie à la gare de Rouen.",
    "Il neige.",
)
TOLERANCE = 1e-5


def model_of(folder):
    """An encoder in which the row of the padding is no longer all zeros, as that of checkpoints from TensorFlow."""
    model = build_encoder(str(folder), window=40, overlap=8)
    model.initialize()
    embeddings = encoder_shim(model).loaded.network.get_input_embeddings()
    torch.nn.init.normal_(embeddings.weight.data[encoder_shim(model).loaded.tokenizer.pad_id], std=0.5)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_alone_are_those_in_a_batch_of_mixed_lengths(tiny_encoder, fr, kind):
    model = model_of(tiny_encoder(kind))
    docs = [fr(text) for text in TEXTS]
    for doc, together in zip(docs, model.predict(docs), strict=True):
        assert np.abs(model.predict([doc])[0] - together).max() < TOLERANCE


@pytest.mark.parametrize("kind", KINDS)
def test_the_probe_finds_the_kinds_that_read_padding(tiny_encoder, kind, monkeypatch):
    """Those that are not probed would pass, too."""
    network = encoder_shim(model_of(tiny_encoder(kind))).loaded.network
    monkeypatch.setattr(padding, "MASKED", frozenset())
    assert padding.reads_padding(network, 0) == (kind in READ_PADDING)
    assert not network.training


def test_a_network_in_training_is_probed_without_dropout_and_trains_on(tiny_encoder, monkeypatch):
    monkeypatch.setattr(padding, "MASKED", frozenset())
    network = read_checkpoint(tiny_encoder("bert")).network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not padding.reads_padding(network, 0)
    assert all(module.training for module in network.modules())


def test_a_network_that_fails_on_the_probe_is_not_padded(tiny_encoder, monkeypatch):
    network = read_checkpoint(tiny_encoder("convbert")).network

    def fail(*arguments, **options):
        raise RuntimeError("shape '[2, 7]' is invalid")

    monkeypatch.setattr(network, "forward", fail)
    assert padding.reads_padding(network, 0)


def test_in_training_too_windows_of_one_length_share_a_call(tiny_encoder, fr, monkeypatch):
    model = model_of(tiny_encoder("convbert"))
    masks = []
    run = TorchRuntime.__call__
    monkeypatch.setattr(
        TorchRuntime, "__call__", lambda self, ids, mask: masks.append(mask) or run(self, ids, mask)
    )
    docs = [fr(text) for text in TEXTS]
    trained, _ = model.begin_update(docs)
    assert all(mask.bool().all() for mask in masks)
    assert len(masks) < len(docs) + 2, "windows of equal length share one"
    for predicted, vectors in zip(model.predict(docs), trained, strict=True):
        assert np.abs(predicted - vectors).max() < TOLERANCE


def test_what_is_known_of_an_architecture_is_not_probed(tiny_encoder, monkeypatch):
    def fail(*arguments):
        raise AssertionError("the network was run")

    monkeypatch.setattr(padding, "_difference", fail)
    for kind in KINDS:
        if kind not in (*READ_PADDING, "mobilebert"):
            assert not read_checkpoint(tiny_encoder(kind)).reads_padding
