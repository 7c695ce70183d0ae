"""`spacy-bertfam.Dense.v1`: a dense layer of the same width with an activation, which most sequence classifiers of
`transformers` have between the vector of a text and the output."""

from collections.abc import Callable
from typing import Any, cast

from thinc.api import Model
from thinc.initializers import glorot_uniform_init
from thinc.types import Floats2d

from ..errors import UserError
from .output_layer import FloatsLayer

# By the names that `transformers` gives them; "gelu_new" is that of the tanh formula
ACTIVATIONS = ("tanh", "relu", "gelu", "gelu_new")


def dense_layer(activation: str = "tanh") -> FloatsLayer:
    """A layer as wide as its input.

    activation (str): one of ACTIVATIONS: "tanh" as in BERT's pooler and RoBERTa's head, "relu" as in DistilBERT's,
        "gelu" as in ELECTRA's.
    """
    if activation not in ACTIVATIONS:
        raise UserError(f"Dense: activation is {activation!r}; expected one of {', '.join(ACTIVATIONS)}.")
    params: dict[str, Any] = {"W": None, "b": None}
    attrs = {"activation": activation}
    return Model("dense", forward, init=init, dims={"nO": None, "nI": None}, params=params, attrs=attrs)


def init(model: FloatsLayer, X: Floats2d | None = None, Y: Floats2d | None = None) -> None:
    """New weights."""
    if X is not None:
        model.set_dim("nI", X.shape[1])
    width = model.get_dim("nI")
    model.set_dim("nO", width)
    model.set_param("W", glorot_uniform_init(model.ops, (width, width)))
    model.set_param("b", model.ops.alloc1f(width))


def forward(
    model: FloatsLayer, X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """X, Y: Shape: (n_docs, width). The activation and its slope are torch's."""
    import torch
    from thinc.util import torch2xp, xp2torch

    W, b = model.get_param("W"), model.get_param("b")
    with torch.enable_grad():
        dense = xp2torch(X @ W.T + b, requires_grad=True)
        Y = _activate(model.attrs["activation"], dense)

    def backprop(dY: Floats2d) -> Floats2d:
        [gradient] = torch.autograd.grad(Y, dense, xp2torch(dY))
        d_dense: Any = torch2xp(gradient)
        model.inc_grad("W", d_dense.T @ X)
        model.inc_grad("b", d_dense.sum(axis=0))
        return cast(Floats2d, d_dense @ W)

    activated: Any = torch2xp(Y.detach())
    return activated, backprop


def _activate(activation: str, dense: Any) -> Any:
    import torch
    from torch.nn import functional

    if activation == "gelu_new":
        return functional.gelu(dense, approximate="tanh")
    return torch.tanh(dense) if activation == "tanh" else getattr(functional, activation)(dense)
