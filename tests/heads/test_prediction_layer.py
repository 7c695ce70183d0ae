"""ModernBERT's layer before the classifier against the same layers of torch."""

import numpy as np
import pytest
import torch

from spacy_bertfam.heads.prediction_layer import prediction_layer

WIDTH, EPS = 8, 1e-5


def make_both(bias, norm_bias):
    layer = prediction_layer(eps=EPS, bias=bias, norm_bias=norm_bias)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, WIDTH)).astype("float32")
    layer.initialize(X=X)
    dense = torch.nn.Linear(WIDTH, WIDTH)
    norm = torch.nn.LayerNorm(WIDTH, eps=EPS)
    torches = {"W": dense.weight, "b": dense.bias, "g": norm.weight, "norm_b": norm.bias}
    for name, parameter in torches.items():
        used = {"b": bias, "norm_b": norm_bias}.get(name, True)
        array = rng.normal(size=tuple(parameter.shape)).astype("float32") * used
        layer.set_param(name, layer.ops.asarray(array))
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(array))
    return layer, X, torch.nn.Sequential(dense, torch.nn.GELU(), norm), torches


@pytest.mark.parametrize(("bias", "norm_bias"), [(False, False), (True, False), (True, True)])
def test_output_and_gradients_are_those_of_torch(bias, norm_bias):
    layer, X, network, torches = make_both(bias, norm_bias)
    theirs_in = torch.from_numpy(X).requires_grad_()
    theirs = network(theirs_in)
    ours, backprop = layer(X, is_train=True)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-5)
    dY = np.random.default_rng(1).normal(size=X.shape).astype("float32")
    theirs.backward(torch.from_numpy(dY))
    np.testing.assert_allclose(backprop(dY), theirs_in.grad.numpy(), atol=1e-5)
    for name, parameter in torches.items():
        if {"b": bias, "norm_b": norm_bias}.get(name, True):
            np.testing.assert_allclose(layer.get_grad(name), parameter.grad.numpy(), atol=2e-5, err_msg=name)
        else:
            assert not layer.has_grad(name), f"{name} is not part of the layer, and would be trained"


def test_no_rows_give_no_rows():
    layer, _, _, _ = make_both(False, False)
    Y, backprop = layer(np.zeros((0, WIDTH), dtype="float32"), is_train=True)
    assert Y.shape == backprop(Y).shape == (0, WIDTH)


def test_outputs_and_gradients_are_as_wide_as_the_input():
    layer, X, _, _ = make_both(True, True)
    Y, backprop = layer(X, is_train=True)
    gradients = [layer.get_grad(name) for name in ("W", "b", "g", "norm_b") if backprop(Y) is not None]
    assert {array.dtype.name for array in (Y, backprop(Y), *gradients)} == {"float32"}, "Adam takes no others"
