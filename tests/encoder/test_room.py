import numpy as np
import pytest
import torch

from spacy_bertfam.encoder.model import encoder_shim
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
    with pytest.raises(UserError, match=r"no room left \(CUDA out of memory\); .* max_batch_pieces"):
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
