"""A layer over the tokens of all Docs together; of one long Doc, over a part at a time."""

from typing import Any, Callable, List, Tuple

from thinc.api import Model
from thinc.layers.with_array import forward as forward_whole
from thinc.layers.with_array import init
from thinc.types import Floats2d

# Rows that go through the layer together where the Doc is alone: what lies between the vectors and the
# scores is as large as the vectors, which are large enough
MAX_ROWS = 8192


def with_rows(layer: Model[Floats2d, Floats2d]) -> Model[List[Floats2d], List[Floats2d]]:
    """Thinc's ``with_array`` which, for prediction on a single Doc, neither copies its vectors nor runs the
    layer on all of them at once. ``layer`` treats each row for itself.
    """
    return Model(
        f"with_rows({layer.name})",
        forward,
        init=init,
        layers=[layer],
        attrs={"pad": 0},
        dims={name: layer.maybe_get_dim(name) for name in layer.dim_names},
    )


def forward(
    model: Model, Xs: List[Floats2d], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], Any]]:
    """Xs: for each Doc, Shape: (n_tokens, nI); Ys: for each Doc, Shape: (n_tokens, nO)."""
    if is_train or len(Xs) != 1 or len(Xs[0]) <= MAX_ROWS:
        return forward_whole(model, Xs, is_train)
    (X,) = Xs
    layer = model.layers[0]
    parts = [layer.predict(X[start : start + MAX_ROWS]) for start in range(0, len(X), MAX_ROWS)]
    return [model.ops.xp.concatenate(parts)], _no_gradient


def _no_gradient(dYs: List[Floats2d]) -> Any:
    raise ValueError("The head was run for prediction (is_train=False): there is no gradient to go back.")
