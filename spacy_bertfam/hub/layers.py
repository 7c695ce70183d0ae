"""The layers of a head: how `transformers` names them, and how they are named here."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from thinc.api import Model
from thinc.util import to_numpy

from ..gate import CheckpointError

# The weights of a head: "output.weight" and so on -> the numbers
Arrays = dict[str, NDArray[np.float32]]

# Name in a network of `transformers` -> "output", the dense layer "hidden" before it, the "norm" after that one
LAYERS = {
    **dict.fromkeys(("classifier", "classifier.out_proj", "score", "qa_outputs"), "output"),
    **dict.fromkeys(("classifier.dense", "head.dense", "pooler", "pooler.dense", "pre_classifier"), "hidden"),
    "head.norm": "norm",
}


def layer_of(name: str) -> str | None:
    """RETURNS (str | None): "output.weight" for "classifier.weight" and so on; None for an unknown layer."""
    place, _, kind = name.rpartition(".")
    return f"{LAYERS[place]}.{kind}" if place in LAYERS and kind in ("weight", "bias") else None


def head_arrays(model: Model[Any, Any]) -> Arrays:
    """RETURNS (Arrays): the weights of a head of ours, in memory of their own."""
    return {name: to_numpy(layer.get_param(key)).copy() for name, (layer, key) in _params(model).items()}


def put_arrays(model: Model[Any, Any], arrays: Arrays) -> None:
    """Give a head of ours, which has weights, those of a checkpoint.

    RAISES (CheckpointError): when one has another shape, or no place.
    """
    places = _params(model)
    if left := sorted(set(arrays) - set(places)):
        raise CheckpointError(
            f"The checkpoint's head has layers before the output ({', '.join(left)}); expected one linear layer, as "
            "the component has it. It is not loaded in part."
        )
    for name, (layer, key) in places.items():
        old: Any = layer.get_param(key)
        array = arrays.get(name)
        if array is None:  # not all have a bias: a new one is 0
            continue
        require_shape(name, array, old.shape)
        layer.set_param(key, layer.ops.xp.asarray(array, dtype="float32"))


def require_shape(name: str, array: NDArray[np.float32], expected: tuple[int, ...]) -> None:
    """RAISES (CheckpointError): when a weight of a checkpoint's head does not fit."""
    if array.shape != expected:
        raise CheckpointError(
            f"The checkpoint's head does not fit its encoder: {name} has the shape {array.shape}; expected {expected}. "
            "Get the folder again."
        )


def _params(model: Model[Any, Any]) -> dict[str, tuple[Model[Any, Any], str]]:
    """Where a head of ours has its weights: layer, and name in it."""
    output = model.get_ref("output_layer")
    found = {"output.weight": (output, "W"), "output.bias": (output, "b")}
    if "prediction_layer" in model.ref_names:
        layer = model.get_ref("prediction_layer")
        names = {"hidden.weight": "W", "hidden.bias": "b", "norm.weight": "g", "norm.bias": "norm_b"}
        settings = (("b", "bias"), ("norm_b", "norm_bias"))
        left_out = {key for key, setting in settings if not layer.attrs.get(setting, True)}
        kept = set(layer.param_names) - left_out
        found |= {name: (layer, key) for name, key in names.items() if key in kept}
    return found


def require_known(architecture: str, unknown: Iterable[str]) -> None:
    """RAISES (CheckpointError): when there are weights of a head that are unknown."""
    names = sorted(unknown)
    if names:
        raise CheckpointError(
            f"The head of {architecture} has layers that are not known here ({', '.join(names):.300}); expected a "
            "linear classifier, or one with a dense layer before it. It is not loaded in part."
        )
