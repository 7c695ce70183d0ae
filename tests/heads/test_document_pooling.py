"""Pooling of token vectors: rows of zeros are left out, and the gradient is that of the formula."""

import numpy as np
import pytest

from spacy_bertfam.heads.document_pooling import pool_tokens

RNG = np.random.default_rng(0)


def texts():
    rows = RNG.normal(size=(4, 3)).astype("float32")
    rows[1] = 0
    return [rows, np.zeros((0, 3), dtype="float32"), np.zeros((2, 3), dtype="float32"), rows[:1].copy()]


@pytest.mark.parametrize("pooling, reduce", [("mean", np.mean), ("max", np.max)])
def test_rows_of_zeros_do_not_count(pooling, reduce):
    X = texts()
    Y = pool_tokens(pooling).predict(X)
    np.testing.assert_allclose(Y[0], reduce(X[0][[0, 2, 3]], axis=0), rtol=1e-6)
    assert not Y[1].any() and not Y[2].any()
    np.testing.assert_allclose(Y[3], X[3][0])


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_gradient_equals_differences(pooling):
    X = texts()
    model = pool_tokens(pooling)
    Y, backprop = model(X, True)
    dY = RNG.normal(size=Y.shape).astype("float32")
    gradients = backprop(dY)
    assert [g.shape for g in gradients] == [x.shape for x in X]
    for row, column in [(0, 0), (2, 1), (3, 2)]:
        moved = [x.copy() for x in X]
        moved[0][row, column] += 1e-3
        change = ((model.predict(moved) - Y) * dY).sum() / 1e-3
        assert change == pytest.approx(float(gradients[0][row, column]), abs=1e-2)
    assert not gradients[0][1].any()
