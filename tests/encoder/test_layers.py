"""An encoder of the lowest layers of a checkpoint."""

import json

import numpy as np
import pytest
import torch
from thinc.api import Model
from tiny.kinds import KINDS

from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.errors import UserError


@pytest.mark.parametrize("kind", KINDS)
def test_the_lowest_layers_keep_their_weights(build, kind):
    whole = dict(encoder_shim(build(kind)).loaded.network.named_parameters())
    cut = dict(encoder_shim(build(kind, n_layers=1)).loaded.network.named_parameters())
    assert set(cut) < set(whole) or kind == "albert"  # whose layers are one and the same
    assert all(torch.equal(parameter, whole[name]) for name, parameter in cut.items())


def test_vectors_are_those_behind_the_last_layer_that_stays(build, fr):
    doc = fr("Marie Curie habite à Paris.")
    cut = build("bert", n_layers=1)
    batch_vectors = cut.predict([doc])[0]
    whole = encoder_shim(build("bert")).loaded
    pieces = whole.tokenizer([doc.text])[0]
    ids = torch.tensor([[*whole.tokenizer.prefix, *pieces.ids, *whole.tokenizer.suffix]])
    with torch.inference_mode():
        states = whole.network(ids, output_hidden_states=True).hidden_states
    starts = pieces.starts.tolist()
    firsts = [1 + starts.index(token.idx) for token in doc]
    np.testing.assert_allclose(batch_vectors, states[1][0, firsts].numpy(), atol=1e-5)


def test_what_is_saved_has_the_layers_that_stayed(build, tmp_path):
    encoder_shim(build("bert", n_layers=1)).save(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf8"))["num_hidden_layers"] == 1
    again = build_encoder(str(tmp_path), n_layers=1)
    again.initialize()
    assert all_layers(again) == {0}


def test_all_layers_stay_where_nothing_is_said(build):
    assert all_layers(build("bert")) == {0, 1}


def test_more_layers_than_there_are_is_answered_with_the_number(tiny_encoder):
    model = build_encoder(str(tiny_encoder("bert")), n_layers=5)
    with pytest.raises(UserError, match=r"n_layers is 5: .* has 2 layers; expected at most 2"):
        model.initialize()


def test_no_layer_at_all_is_refused(tiny_encoder):
    with pytest.raises(UserError, match="n_layers is 0: expected 1 or more"):
        build_encoder(str(tiny_encoder("bert")), n_layers=0)


def all_layers(model: Model) -> set:
    """RETURNS (set): the numbers of the layers of a BERT."""
    names = (name for name, _ in encoder_shim(model).loaded.network.named_parameters())
    return {int(name.split(".")[2]) for name in names if name.startswith("encoder.layer.")}
