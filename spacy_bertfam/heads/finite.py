"""Numbers that are none: one NaN among a head's weights, and no text has an entity any more."""

from typing import Any

from thinc.api import Model
from thinc.util import get_array_module

from ..errors import Diverged, UserError
from ..files.mapped_rows import let_go

MAX_ROWS = 65_536  # that are looked at together


def require_finite(model: Model[Any, Any], who: str) -> None:
    """RAISES (UserError): when one of the weights of a head is no number; those of torch are not looked at.

    who (str): whose head it is, as the subject of the sentence.
    """
    for node in model.walk():
        for name in node.param_names:
            array: Any = node.get_param(name) if node.has_param(name) else None
            if array is not None and array.ndim and array.dtype.kind == "f" and not is_finite(array):
                raise UserError(
                    f"{who} has numbers that are not finite (NaN or infinity), or beyond 1e19, in the weight {name!r} "
                    f"of the layer {node.name!r}, which is in the file `model` of its folder. Expected a trained head: "
                    "get the pipeline again, or train it anew with a lower learning rate."
                )


def non_finite_scores(component: str, what: str, rate: float | None) -> UserError:
    """RETURNS (UserError): for scores that are no numbers.

    what (str): what is scored, as "the tags".
    rate (float | None): the last one that the component learned at in this process.
    """
    if rate is not None:
        return Diverged(f"a score of the component {component!r}", rate)
    return UserError(
        f"Component {component!r}: the scores of {what} are not finite numbers (NaN or infinity). The weights of the "
        "head or of its encoder are ruined, mostly by a training that diverged. Expected finite ones: load the "
        "pipeline again, or train with a lower rate."
    )


def is_finite(array: Any) -> bool:
    """Whether no number of an array is NaN or infinite, or makes infinity of a product: the sum of all squares tells.
    Of an array that is kept in a file nothing stays in memory."""
    xp = get_array_module(array)
    for start in range(0, len(array), MAX_ROWS):
        part = array[start : start + MAX_ROWS]
        fine = bool(xp.isfinite(xp.vdot(part, part)))
        let_go(part)
        if not fine:
            return False
    return True
