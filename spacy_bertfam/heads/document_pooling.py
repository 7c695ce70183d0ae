"""Token vectors to one vector for each Doc: their mean, or their maximum column by column."""

from collections.abc import Callable

from thinc.api import Model
from thinc.types import Floats2d

TOKEN_POOLINGS = ("mean", "max")

Pooling = Model[list[Floats2d], Floats2d]


def pool_tokens(pooling: str) -> Pooling:
    """One of TOKEN_POOLINGS as a layer; Shape of the output: (n_docs, width).

    Rows of zeros are left out: an encoder has them for tokens without pieces, as line breaks. A Doc without
    any other row gets zeros, where thinc's reductions raise an error.
    """
    return Model(f"pool-tokens-{pooling}", forward, attrs={"pooling": pooling})


def forward(
    model: Pooling, X: list[Floats2d], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], list[Floats2d]]]:
    """X: for each Doc, Shape: (n_tokens, width)."""
    xp, is_mean = model.ops.xp, model.attrs["pooling"] == "mean"
    places = [xp.flatnonzero(rows.any(axis=1)) for rows in X]
    Y: Floats2d = xp.zeros((len(X), X[0].shape[1]), dtype=X[0].dtype)
    for i, (rows, known) in enumerate(zip(X, places, strict=True)):
        if len(known):
            Y[i] = rows[known].mean(axis=0) if is_mean else rows[known].max(axis=0)

    def backprop(dY: Floats2d) -> list[Floats2d]:
        dX = [xp.zeros_like(rows) for rows in X]
        for rows, known, d_rows, d_vector in zip(X, places, dX, dY, strict=True):
            if len(known) and is_mean:
                d_rows[known] = d_vector / len(known)
            elif len(known):
                d_rows[known[rows[known].argmax(axis=0)], xp.arange(rows.shape[1])] = d_vector
        return dX

    return Y, backprop
