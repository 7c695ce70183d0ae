"""What "gpu" and "auto" are on a device, where there is none: its capability is made up."""

import numpy as np
import pytest
import torch

from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.runtimes import torch_runtime
from spacy_bertfam.encoder.runtimes.torch_runtime import dtype_on, has_bf16

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def docs(fr):
    return [fr("Anne vit à Rennes."), fr("Il pleut.")]


@pytest.fixture
def gpu(monkeypatch):
    """`gpu(major, minor)` pretends one of that capability."""

    def pretend(*capability):
        has_bf16.cache_clear()
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    yield pretend
    has_bf16.cache_clear()


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((9, 0), torch.bfloat16), ((8, 0), torch.bfloat16), ((7, 5), torch.float16), ((7, 0), torch.float16),
     ((6, 1), None)],
)  # fmt: skip
@pytest.mark.parametrize("precision", ["gpu", "auto"])
def test_a_gpu_computes_in_the_half_precision_that_it_has(gpu, capability, expected, precision):
    gpu(*capability)
    assert dtype_on(GPU, precision) is expected


@pytest.mark.parametrize("has_it", [True, False])
def test_on_a_cpu_auto_is_bf16_where_it_has_that_and_gpu_is_float32(monkeypatch, has_it):
    monkeypatch.setattr(torch_runtime, "has_bf16", lambda device: has_it)
    assert dtype_on(CPU, "auto") is (torch.bfloat16 if has_it else None)
    assert dtype_on(CPU, "gpu") is None


def test_what_is_named_is_taken_on_any_device():
    for device in (CPU, GPU):
        assert [dtype_on(device, name) for name in ("none", "fp32", "bf16", "fp16")] == [
            None, None, torch.bfloat16, torch.float16,
        ]  # fmt: skip


def step(model, docs):
    """RETURNS (list[NDArray]): vectors of a training step, and the gradients that it leaves."""
    vectors, backprop = model.begin_update(docs)
    backprop([np.ones_like(rows) for rows in vectors])
    network = encoder_shim(model).loaded.network
    return [*vectors, *(p.grad.numpy() for p in network.parameters() if p.grad is not None)]


def test_for_a_cpu_gpu_changes_nothing(build, docs):
    plain, other = build("bert"), build("bert", mixed_precision="gpu", precision="gpu")
    for of_plain, of_other in (
        (plain.predict(docs), other.predict(docs)),
        (step(plain, docs), step(other, docs)),
    ):
        assert all(np.array_equal(one, two) for one, two in zip(of_plain, of_other, strict=True))
    assert encoder_shim(other).loss_scale.enabled is False


@pytest.mark.parametrize(
    ("dtype", "is_scaled"), [(torch.float16, True), (torch.bfloat16, False), (None, False)]
)
def test_gradients_are_scaled_where_gpu_means_fp16(build, docs, monkeypatch, dtype, is_scaled):
    monkeypatch.setattr(torch_runtime, "dtype_on", lambda device, precision: dtype)
    model = build("bert", mixed_precision="gpu")
    step(model, docs)
    assert encoder_shim(model).loss_scale.enabled is is_scaled
