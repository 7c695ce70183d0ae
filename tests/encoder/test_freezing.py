"""Which parameters are trained: by number from below, or by name."""

import pytest
from tiny.kinds import KINDS

from spacy_bertfam.encoder.gradients.freezing import freeze, layer_of
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.errors import UserError


def trained(network):
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


@pytest.fixture
def network(build):
    return encoder_shim(build("bert")).loaded.network


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_and_the_first_layers_are_frozen_by_number(build, kind):
    network = encoder_shim(build(kind)).loaded.network
    names = {name for name, _ in network.named_parameters()}
    assert freeze(network, 0) == 0
    assert trained(network) == names
    if kind == "albert":  # its layers are one and the same
        with pytest.raises(UserError, match="frozen_layers = 1 goes by layers"):
            freeze(network, 1)
        return
    n_one = freeze(network, 1)
    one = trained(network)
    assert n_one + len(one) == len(names)
    assert not any(name.startswith("embeddings") for name in one)
    assert any(".1." in name for name in one)
    assert not any(".0." in name for name in one if "layer" in name and ".1." not in name)
    freeze(network, 2)
    assert not any(".1." in name and "layer" in name for name in trained(network))
    assert freeze(network, -1) == len(names)
    assert trained(network) == set()


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("encoder.layer.3.output.dense.weight", 3),
        ("encoder.block.3.layer.0.SelfAttention.q.weight", 3),  # T5
        ("attentions.3.q_lin.weight", 3),  # XLM, FlauBERT
        ("ffns.3.lin1.bias", 3),
        ("layer_norm2.3.weight", 3),
        ("layer.3.rel_attn.seg_embed", 3),  # XLNet
        ("word_embedding.weight", -1),
        ("mask_emb", -1),
        ("shared.weight", -1),
        ("layer_norm_emb.weight", -1),
        ("pooler.dense.weight", None),
        ("final_norm.weight", None),
    ],
)
def test_a_parameter_of_any_family_is_found_in_its_layer(name, layer):
    assert layer_of(name) == layer


def test_names_freeze_what_starts_with_them(network):
    assert freeze(network, ("embeddings.word_embeddings", "encoder.layer.1.")) > 1
    assert not any(n.startswith(("embeddings.word_embeddings", "encoder.layer.1.")) for n in trained(network))
    assert any(name.startswith("encoder.layer.0.") for name in trained(network))
    assert "embeddings.LayerNorm.weight" in trained(network)


def test_freezing_anew_forgets_what_was_frozen_before(network):
    freeze(network, -1)
    freeze(network, ("embeddings",))
    assert any(name.startswith("encoder.layer.0.") for name in trained(network))


def test_a_name_that_fits_nothing_is_answered_with_some_that_would(network):
    with pytest.raises(ValueError, match=r"frozen_layers names 'encoder\.layers'.*embeddings"):
        freeze(network, ("encoder.layers",))


def test_the_setting_reaches_the_network(build):
    network = encoder_shim(build("bert", frozen_layers=["embeddings"])).loaded.network
    assert not any(name.startswith("embeddings") for name in trained(network))
    assert trained(network)
