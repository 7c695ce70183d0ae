"""A GPU computes while Python goes on, until somebody asks for a number: what asks, and how often."""

import pytest
import torch

from spacy_bertfam.encoder.gradients.loss_scale import LossScale
from spacy_bertfam.encoder.model import cut_batch, encoder_shim
from spacy_bertfam.encoder.runtimes.runtime import chunk_vectors, moved


class Spy:
    """Stands in for a tensor."""

    def __init__(self):
        self.calls = []

    def pin_memory(self):
        self.calls.append("pin")
        return self

    def to(self, device, *, non_blocking=False):
        self.calls.append((device.type, non_blocking))
        return self


def test_pieces_go_to_a_gpu_from_pinned_memory_without_waiting():
    on_gpu, on_cpu = Spy(), Spy()
    moved(on_gpu, torch.device("cuda"))
    moved(on_cpu, torch.device("cpu"))
    assert on_gpu.calls == ["pin", ("cuda", True)]
    assert on_cpu.calls == [("cpu", False)]


def test_a_step_in_fp16_waits_once_whether_its_gradients_are_finite(monkeypatch):
    asked = []
    ask = torch.Tensor.__bool__
    monkeypatch.setattr(torch.Tensor, "__bool__", lambda tensor: asked.append(1) or ask(tensor))
    gradients = [torch.ones(3) for _ in range(20)]
    scale = LossScale(True)
    assert scale.unscale(gradients) and len(asked) == 1
    gradients[7][1] = torch.inf
    assert not scale.unscale(gradients) and len(asked) == 2
    assert not any(gradient.any() for gradient in gradients)
    assert scale.unscale([])


class Network:
    """Stands in for that of transformers, which asks for numbers itself, each version for others."""

    def __init__(self, calls, width):
        self.calls, self.width = calls, width

    def __call__(self, ids, mask, types=None):
        return torch.zeros((*ids.shape, self.width))


@pytest.mark.parametrize("pooling", ["first", "last"])
def test_no_number_is_asked_for_between_the_calls_of_a_batch(build, fr, monkeypatch, pooling):
    shim = encoder_shim(build("bert", attention="eager", max_batch_pieces=40, pooling=pooling))
    batch = cut_batch(shim, [fr("Anne vit à Rennes , où il pleut .") for _ in range(12)])
    reading, asked = shim._reading(), []
    runtime = Network(shim.runtime().calls, reading.width)

    def counted(name):
        method = getattr(torch.Tensor, name)
        return lambda tensor, *args: asked.append(name) or method(tensor, *args)

    for name in ("__bool__", "__int__", "__float__", "item", "tolist", "cpu", "numpy", "nonzero"):
        monkeypatch.setattr(torch.Tensor, name, counted(name))
    with torch.inference_mode():
        assert len(list(chunk_vectors(batch, runtime, reading))) > 2
    assert not asked
