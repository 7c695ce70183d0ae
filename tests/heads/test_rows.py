"""A long Doc's scores are those of its parts."""

import numpy as np
import pytest
from thinc.api import Linear

from spacy_bertfam.heads import rows


@pytest.mark.parametrize("n_rows", [0, 1, 9, 10, 23])
def test_parts_give_the_scores_of_the_whole(n_rows, monkeypatch):
    monkeypatch.setattr(rows, "MAX_ROWS", 10)
    model = rows.with_rows(Linear(nO=3, nI=4))
    model.initialize()
    X = np.random.default_rng(0).normal(size=(n_rows, 4)).astype("float32")
    (Y,) = model.predict([X])
    (expected,), _ = model.begin_update([X])
    assert Y.shape == (n_rows, 3)
    np.testing.assert_allclose(Y, expected, rtol=1e-5, atol=1e-6)
