"""Learned weights between neighboring tags, as a layer that scores pass through unchanged."""

from collections.abc import Callable
from typing import Any

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import UserError
from ..types import TaggerModel, Transitions
from .output_layer import FloatsLayer

# A parameter counts this much in the weight: at a head's learning rate Adam moves a parameter by 0.001
# a step, and a transition has to reach several units within a thousand steps.
SCALE = 10.0
PARAMETERS = ("between", "start", "end")
# A weight for each pair of them: 134 MB, of which decoding and training hold some ten copies
MAX_TAGS = 4097


def transitions_layer() -> FloatsLayer:
    """Holds the transitions of a CRF; nO and nI are the number of tags."""
    params: dict[str, Any] = dict.fromkeys(PARAMETERS)
    return Model("transitions", forward, init=init, dims={"nO": None, "nI": None}, params=params)


def init(model: FloatsLayer, X: Any = None, Y: Any = None) -> None:
    """All transitions are alike at first."""
    n_tags = model.get_dim("nO")
    require_few(n_tags)
    model.set_dim("nI", n_tags)
    model.set_param("between", model.ops.alloc2f(n_tags, n_tags))
    model.set_param("start", model.ops.alloc1f(n_tags))
    model.set_param("end", model.ops.alloc1f(n_tags))


def forward(
    model: FloatsLayer, X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """The scores themselves: the loss and the decoder read the parameters."""
    return X, lambda dY: dY


def learned_transitions(model: TaggerModel) -> Transitions | None:
    """The learned log weights of a head, in double precision."""
    layer = model.get_ref("transitions")
    require_few(layer.get_dim("nO"))
    arrays = (layer.ops.to_numpy(layer.get_param(name)) for name in PARAMETERS)
    return Transitions(*(array.astype(np.float64) * SCALE for array in arrays))


def add_gradient(model: TaggerModel, gradient: Transitions) -> None:
    """Add the gradient by log weight to the layer's parameters."""
    layer = model.get_ref("transitions")
    for name, array in zip(PARAMETERS, gradient, strict=True):
        layer.inc_grad(name, layer.ops.xp.asarray(array * SCALE, dtype="float32"))


def resized(layer: FloatsLayer, rows: list[int]) -> FloatsLayer:
    """A layer for other tags: transitions between tags that stay are kept, those of new tags are 0.

    rows (list[int]): for each new tag the row of the same tag before, or -1 for a new one.
    """
    require_few(len(rows))
    new = transitions_layer()
    new.set_dim("nO", len(rows))
    if layer.has_param("between"):
        init(new)
        keep_rows(new, layer, rows)
    return new


def keep_rows(new: FloatsLayer, old: FloatsLayer, rows: list[int]) -> None:
    """Copy the weights of the tags that stay; arguments as in ``resized``."""
    kept = [i for i, row in enumerate(rows) if row >= 0]
    source = [rows[i] for i in kept]
    for name in new.param_names:
        weights: Any = new.get_param(name)
        known: Any = old.get_param(name)
        if name == "between":  # from each tag to each
            weights[np.ix_(kept, kept)] = known[np.ix_(source, source)]
        else:
            weights[kept] = known[source]
        new.set_param(name, weights)


def require_few(n_tags: int) -> None:
    """RAISES (UserError): where the weights between so many tags would not fit into memory."""
    if n_tags > MAX_TAGS:
        raise UserError(
            f"spacy-bertfam.CRFTokenClassifier.v1 learns a weight for each pair of tags, here of {n_tags:,} tags; "
            f"expected at most {MAX_TAGS:,} (1,024 labels in BIOES, 2,048 in IOB2). Use "
            "spacy-bertfam.TokenClassifier.v1, whose time and memory grow with the number of tags, not with its square."
        )
