"""The layer that ModernBERT has between the encoder and the classifier: dense, GELU, layer norm.

The forward pass is that of `transformers`' ``ModernBertPredictionHead`` (Warner et al. 2024, section
2.1: no biases unless the checkpoint has them), so that a fine-tuned head is carried over whole.
"""

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import get_array_module

from ..errors import UserError
from .dense import init as init_dense
from .output_layer import FloatsLayer


def prediction_layer(*, eps: float = 1e-5, bias: bool = False, norm_bias: bool = False) -> FloatsLayer:
    """Dense layer of the same width, exact GELU, layer norm.

    eps (float): added to the variance in the layer norm.
    bias, norm_bias (bool): whether the dense layer and the layer norm have a bias.
    """
    with np.errstate(over="ignore"):
        added = np.float32(eps)
    if not 0 < added < math.inf:  # a token without pieces has the vector 0, and so no variance
        raise UserError(f"PredictionClassifier: eps is {eps}; expected a little more than 0, as 1e-5.")
    params: dict[str, Any] = dict.fromkeys(("W", "b", "g", "norm_b"))
    attrs = {"eps": eps, "bias": bias, "norm_bias": norm_bias}
    dims: dict[str, int | None] = {"nO": None, "nI": None}
    return Model("prediction_layer", forward, init=init, dims=dims, params=params, attrs=attrs)


def init(model: FloatsLayer, X: Floats2d | None = None, Y: Floats2d | None = None) -> None:
    """New weights: the norm leaves its input as it is."""
    init_dense(model, X)
    width = model.get_dim("nO")
    model.set_param("g", model.ops.alloc1f(width) + 1.0)
    model.set_param("norm_b", model.ops.alloc1f(width))


def forward(
    model: FloatsLayer, X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """X, Y: Shape: (n_tokens, width)."""
    xp = get_array_module(X)
    W, b = model.get_param("W"), model.get_param("b")
    g, norm_b = model.get_param("g"), model.get_param("norm_b")
    dense = X @ W.T + b
    half = 0.5 * (1.0 + _erf(dense / math.sqrt(2.0)))
    activated = dense * half
    centered = activated - activated.mean(axis=1, keepdims=True)
    deviation = xp.sqrt((centered**2).mean(axis=1, keepdims=True) + model.attrs["eps"])
    normed = centered / deviation
    Y = (normed * g + norm_b).astype(X.dtype)

    def backprop(dY: Floats2d) -> Floats2d:
        model.inc_grad("g", (dY * normed).sum(axis=0))
        if model.attrs["norm_bias"]:
            model.inc_grad("norm_b", dY.sum(axis=0))
        d_normed = dY * g
        mean, slope = d_normed.mean(axis=1, keepdims=True), (d_normed * normed).mean(axis=1, keepdims=True)
        d_activated = (d_normed - mean - normed * slope) / deviation
        density = xp.exp(-0.5 * dense**2) / math.sqrt(2.0 * math.pi)
        d_dense = (d_activated * (half + dense * density)).astype(X.dtype)
        model.inc_grad("W", d_dense.T @ X)
        if model.attrs["bias"]:
            model.inc_grad("b", d_dense.sum(axis=0))
        return cast(Floats2d, d_dense @ W)

    return Y, backprop


def _erf(X: Floats2d) -> Floats2d:
    """The error function through torch, whose accuracy is that of a float."""
    import torch
    from thinc.util import torch2xp, xp2torch

    return cast(Floats2d, torch2xp(torch.erf(xp2torch(X))))
