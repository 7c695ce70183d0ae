"""The dense layer before the output of a text categorizer."""

import numpy as np
import pytest

from spacy_bertfam.errors import UserError
from spacy_bertfam.heads.dense import ACTIVATIONS, dense_layer


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_its_gradients_are_those_of_finite_differences(activation):
    draw = np.random.default_rng(0).normal
    X, dY = draw(size=(3, 5)).astype("f"), draw(size=(3, 5)).astype("f")
    layer = dense_layer(activation)
    layer.initialize(X=X)
    layer.set_param("W", draw(size=(5, 5)).astype("f"))
    layer.set_param("b", draw(size=5).astype("f"))
    # nowhere so near to 0 that a step leads across relu's corner
    assert abs(X @ layer.get_param("W").T + layer.get_param("b")).min() > 0.02
    _, backprop = layer(X, is_train=True)
    found = {"X": backprop(dY), "W": layer.get_grad("W"), "b": layer.get_grad("b")}
    arrays = {"X": X, "W": layer.get_param("W"), "b": layer.get_param("b")}
    for name, array in arrays.items():
        for place in np.ndindex(array.shape):
            sums = []
            for step in (1e-3, -1e-3):
                array[place] += step
                sums.append(float((layer.predict(X) * dY).sum(dtype="d")))
                array[place] -= step
            assert found[name][place] == pytest.approx((sums[0] - sums[1]) / 2e-3, abs=2e-2), (name, place)


def test_an_unknown_activation_is_named():
    with pytest.raises(UserError, match="activation is 'selu'; expected one of tanh, relu, gelu, gelu_new"):
        dense_layer("selu")
