"""Token vectors to one vector for each Doc: their mean, or their maximum column by column."""

from collections.abc import Callable

from thinc.api import Model
from thinc.types import Floats1d, Floats2d

TOKEN_POOLINGS = ("mean", "max")


def pool_tokens(pooling: str) -> Model[list[Floats2d], Floats2d]:
    """One of TOKEN_POOLINGS as a layer; Shape of the output: (n_docs, width).

    Rows of zeros are left out: an encoder has them for tokens without pieces, as line breaks. A Doc without
    any other row gets zeros, where thinc's reductions raise an error.
    """
    return Model(f"pool-tokens-{pooling}", forward, attrs={"pooling": pooling})


def forward(
    model: Model, X: list[Floats2d], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], list[Floats2d]]]:
    """X: for each Doc, Shape: (n_tokens, width)."""
    xp = model.ops.xp
    reduce = {"mean": mean_gradient, "max": max_gradient}[model.attrs["pooling"]]
    known = [rows[xp.flatnonzero(rows.any(axis=1))] for rows in X]
    pooled = [
        reduce(rows) if len(rows) else (xp.zeros(rows.shape[1], dtype=rows.dtype), None) for rows in known
    ]

    def backprop(dY: Floats2d) -> list[Floats2d]:
        found = []
        for rows, (_, gradient), d_vector in zip(X, pooled, dY, strict=True):
            d_rows = xp.zeros_like(rows)
            if gradient is not None:
                d_rows[xp.flatnonzero(rows.any(axis=1))] = gradient(d_vector)
            found.append(d_rows)
        return found

    return xp.stack([vector for vector, _ in pooled]), backprop


def mean_gradient(rows: Floats2d) -> tuple[Floats1d, Callable[[Floats1d], Floats2d]]:
    """RETURNS (tuple): the mean of the rows, and from its gradient that of the rows."""
    return rows.mean(axis=0), lambda d_vector: d_vector[None, :] / len(rows)


def max_gradient(rows: Floats2d) -> tuple[Floats1d, Callable[[Floats1d], Floats2d]]:
    """RETURNS (tuple): the maximum of each column, and from its gradient that of the rows which have it."""
    which = rows.argmax(axis=0)

    def gradient(d_vector: Floats1d) -> Floats2d:
        d_rows = 0 * rows
        for column in range(rows.shape[1]):
            d_rows[which[column], column] = d_vector[column]
        return d_rows

    return rows.max(axis=0), gradient
