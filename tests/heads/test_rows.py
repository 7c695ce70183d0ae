"""A long Doc's scores are those of its parts."""

import numpy as np
import pytest
from thinc.api import Linear, Model

from spacy_bertfam.heads import rows


@pytest.mark.parametrize("bound", [("MAX_ROWS", 10), ("MAX_SCORES", 30)])
@pytest.mark.parametrize("n_rows", [0, 1, 9, 10, 23])
def test_parts_give_the_scores_of_the_whole(n_rows, bound, monkeypatch):
    monkeypatch.setattr(rows, *bound)
    layer = Linear(nO=3, nI=4)
    model = rows.with_rows(layer)
    model.initialize()
    X = np.random.default_rng(0).normal(size=(n_rows, 4)).astype("float32")
    calls, forward = [], layer._func
    layer._func = lambda model, X, is_train: calls.append(len(X)) or forward(model, X, is_train)
    (Y,) = model.predict([X])
    assert calls == [10, 10, 3] if n_rows == 23 else calls == [n_rows]
    layer._func = forward
    (expected,), _ = model.begin_update([X])
    assert Y.shape == (n_rows, 3)
    np.testing.assert_allclose(Y, expected, rtol=1e-5, atol=1e-6)


def test_docs_are_read_one_by_one_where_they_are_long_and_together_where_they_are_short(monkeypatch):
    monkeypatch.setattr(rows, "MIN_ROWS", 10)
    calls = []

    def forward(model, X, is_train):
        calls.append(len(X))
        return X * 2, lambda dY: dY

    model = rows.with_rows(Model("double", forward))
    rng = np.random.default_rng(0)
    for lengths, seen in [((12, 0, 18), [12, 0, 18]), ((2, 3), [5])]:
        Xs = [rng.normal(size=(n, 4)).astype("float32") for n in lengths]
        Ys = model.predict(Xs)
        assert calls == seen
        assert [Y.tolist() for Y in Ys] == [(2 * X).tolist() for X in Xs]
        calls.clear()
