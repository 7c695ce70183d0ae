"""A layer over the tokens of all Docs together; where Docs are long, over one at a time or a part of it."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model
from thinc.layers.with_array import forward as forward_whole
from thinc.layers.with_array import init
from thinc.types import Floats2d

from ..files.mapped_rows import let_go, new_rows
from .output_layer import FloatsLayer

# Rows that go through the layer together where a Doc is long: what lies between the vectors and the
# scores is as large as the vectors, which are large enough
MAX_ROWS = 8192
# Scores of those rows, where there are many tags: 16 MB
MAX_SCORES = 2**22
# Rows of a Doc, on average, from which on a call for each Doc costs less than copying all vectors into one array
MIN_ROWS = 64


def with_rows(layer: FloatsLayer) -> Model[list[Floats2d], list[Floats2d]]:
    """Thinc's ``with_array`` which, for prediction on long Docs, neither copies their vectors into one array nor
    runs the layer on all of them at once. ``layer`` treats each row for itself.
    """
    name, dims = f"with_rows({layer.name})", {name: layer.maybe_get_dim(name) for name in layer.dim_names}
    return Model(name, forward, init=init, layers=[layer], attrs={"pad": 0}, dims=dims)


def forward(
    model: Model[list[Floats2d], list[Floats2d]], Xs: list[Floats2d], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Any]]:
    """Xs: for each Doc, Shape: (n_tokens, nI); Ys: for each Doc, Shape: (n_tokens, nO)."""
    long_docs = sum(map(len, Xs)) >= MIN_ROWS * len(Xs) and model.ops.device_type == "cpu"
    if is_train or not (long_docs or len(Xs) == 1):
        return forward_whole(model, Xs, is_train)
    return [predict_rows(model, X) for X in Xs], _no_gradient


def predict_rows(model: Model[list[Floats2d], list[Floats2d]], X: Floats2d) -> Floats2d:
    """X: Shape: (n_tokens, nI); RETURNS (Floats2d): Shape: (n_tokens, nO)."""
    layer: FloatsLayer = model.layers[0]
    n_rows = max(1, min(MAX_ROWS, MAX_SCORES // (layer.maybe_get_dim("nO") or 1)))
    if len(X) <= n_rows:
        return layer.predict(X)
    first = layer.predict(X[:n_rows])
    on_cpu = model.ops.device_type == "cpu"
    Y = (new_rows if on_cpu else model.ops.alloc2f)(len(X), first.shape[1])
    Y[:n_rows] = first
    for start in range(n_rows, len(X), n_rows):
        Y[start : start + n_rows] = layer.predict(X[start : start + n_rows])
        let_go(X)
        let_go(Y)
    return Y


def _no_gradient(dYs: list[Floats2d]) -> Any:
    raise ValueError("The head was run for prediction (is_train=False): there is no gradient to go back.")
