from types import SimpleNamespace

import numpy as np
import pytest
import torch

from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.runtimes.torch_runtime import TorchRuntime
from spacy_bertfam.errors import UserError

FULL = torch.cuda.OutOfMemoryError(
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity ..."
)


@pytest.fixture
def docs(fr):
    return [fr("Anne vit à Rennes.")]


class Full:
    """Stands in for a call of the network on a GPU that is full."""

    def __call__(self, *args, **options):
        raise FULL


def test_a_full_gpu_in_prediction_is_said_with_the_setting_that_helps(build, docs, monkeypatch):
    model = build("bert")
    monkeypatch.setattr(encoder_shim(model).loaded.network, "forward", Full())
    with pytest.raises(UserError, match=r"no room left \(CUDA out of memory\); .* precision = .gpu."):
        model.predict(docs)


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_a_full_gpu_in_training_is_said_with_the_settings_that_help(build, docs, monkeypatch, where):
    model = build("bert")
    if where == "forward":
        monkeypatch.setattr(encoder_shim(model).loaded.network, "forward", Full())
    with pytest.raises(UserError, match="accumulate_gradient"):
        vectors, backprop = model.begin_update(docs)
        monkeypatch.setattr(torch.autograd, "backward", Full())
        backprop([np.ones_like(rows) for rows in vectors])


def test_a_full_gpu_in_loading_and_in_the_first_step_is_said(build, docs, monkeypatch):
    model = build("bert")
    _, backprop = model.begin_update(docs)
    backprop([np.ones((len(doc), 32), dtype="float32") for doc in docs])
    optimizer = SimpleNamespace(learn_rate=0.1, step_module=Full())
    with pytest.raises(UserError, match="accumulate_gradient"):
        model.finish_update(optimizer)
    monkeypatch.setattr(torch.nn.Module, "to", Full())
    with pytest.raises(UserError, match=r"no room left .* fewer layers"):
        build("bert")


class Small:
    """Stands in for a GPU with room for calls of so many cells; remembers those of each call."""

    def __init__(self, network, room):
        self.forward, self.room, self.seen = network.forward, room, []

    def __call__(self, input_ids, **options):
        self.seen.append(input_ids.numel())
        if input_ids.numel() > self.room:
            raise FULL
        return self.forward(input_ids=input_ids, **options)


def test_calls_are_halved_until_there_is_room_and_stay_so(build, fr, monkeypatch):
    docs = [fr("Anne vit à Rennes , où il pleut .") for _ in range(60)]
    model = build("bert", max_batch_pieces=1024)
    expected, network = model.predict(docs), encoder_shim(model).loaded.network
    small = Small(network, 300)
    monkeypatch.setattr(network, "forward", small)
    for one, other in zip(model.predict(docs), expected, strict=True):
        assert np.allclose(one, other, atol=1e-5)
    failed = [n for n in small.seen if n > small.room]
    assert len(failed) == 2  # 1,024 and 512
    small.seen.clear()
    model.predict(docs)
    assert max(small.seen) <= 256


@pytest.mark.parametrize(
    ("gib", "width", "expected"), [(80, 768, 32_768), (16, 1024, 13_107), (4, 768, 4_369), (2, 1024, 1_638)]
)
def test_a_call_on_a_gpu_is_as_large_as_its_memory_allows(monkeypatch, gib, width, expected):
    memory = SimpleNamespace(total_memory=gib * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: memory)
    weight = SimpleNamespace(device=torch.device("cuda"), dtype=torch.float32)
    network = SimpleNamespace(
        parameters=lambda: iter([weight]), config=SimpleNamespace(hidden_size=width), training=False
    )
    assert TorchRuntime(network).calls.max_cells == expected
    network.training = True
    assert TorchRuntime(network).calls.max_cells == 4096
