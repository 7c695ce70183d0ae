"""The copy in bfloat16: faster modules where they give the same vectors, the network's own where they do not."""

from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from tiny.kinds import KINDS
from torch import nn

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.runtimes.torch_half import GeluInPlace, OneDnnLinear, half_on, in_half

needs_bf16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="oneDNN has no bfloat16 on this processor"
)


class ReadsTwice(nn.Module):
    """A network that needs the input of its activation once more."""

    def __init__(self, *, reads_twice):
        super().__init__()
        self.embeddings, self.dense = nn.Embedding(20, 8), nn.Linear(8, 8)
        self.activation, self.activation.act = nn.Module(), nn.functional.gelu
        self.activation.forward = nn.functional.gelu
        self.reads_twice = reads_twice

    def forward(self, input_ids, attention_mask):
        x = self.dense(self.embeddings(input_ids))
        activated = self.activation(x)
        return SimpleNamespace(last_hidden_state=activated + x if self.reads_twice else activated)


def stand_ins(network):
    return {type(module) for module in network.modules()} & {OneDnnLinear, GeluInPlace}


def run(network, seed=3):
    ids = torch.randint(5, 20, (3, 16), generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        return network(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.float()


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_those_of_a_plain_copy(tiny_encoder, kind):
    network = read_checkpoint(tiny_encoder(kind)).network.eval()
    torch.testing.assert_close(
        run(in_half(network, torch.bfloat16)), run(deepcopy(network).bfloat16().eval()), rtol=0.02, atol=0.02
    )


@needs_bf16
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"albert", "mobilebert", "nystromformer"}))
def test_every_kind_has_them_where_the_processor_can(tiny_encoder, kind):
    copied = in_half(read_checkpoint(tiny_encoder(kind)).network, torch.bfloat16)
    assert stand_ins(copied) == {OneDnnLinear, GeluInPlace}
    assert not [module for module in copied.modules() if type(module) is nn.Linear]


@needs_bf16
def test_an_activation_whose_input_is_needed_again_stays():
    assert stand_ins(in_half(ReadsTwice(reads_twice=False), torch.bfloat16)) == {OneDnnLinear, GeluInPlace}
    network = ReadsTwice(reads_twice=True)
    copied = in_half(network, torch.bfloat16)
    assert not stand_ins(copied)
    assert torch.equal(run(copied), run(deepcopy(network).bfloat16()))


@pytest.mark.parametrize("error", [RuntimeError, AttributeError])
def test_where_torch_cannot_the_networks_own_layers_stay(monkeypatch, error):
    def refuse(self, x):
        raise error("not in this build")

    monkeypatch.setattr(OneDnnLinear, "forward", refuse)
    network = ReadsTwice(reads_twice=False)
    copied = in_half(network, torch.bfloat16)
    assert not stand_ins(copied)
    assert torch.equal(run(copied), run(deepcopy(network).bfloat16()))


def test_the_network_itself_is_left_alone(tiny_encoder):
    network = read_checkpoint(tiny_encoder("bert")).network.eval()
    before = run(network)
    in_half(network, torch.bfloat16)
    assert not stand_ins(network)
    assert torch.equal(run(network), before)


def test_fp16_is_for_gpus_and_a_cpu_stays_in_float32():
    assert half_on(torch.device("cuda"), "fp16") is torch.float16
    assert half_on(torch.device("cpu"), "fp16") is None
    assert half_on(torch.device("cpu"), "bf16") is torch.bfloat16


def test_a_copy_in_fp16_has_its_weights_and_leaves_the_network():
    network = nn.Linear(3, 3)
    assert {p.dtype for p in in_half(network.to("meta"), torch.float16).parameters()} == {torch.float16}
    assert network.weight.dtype == torch.float32
