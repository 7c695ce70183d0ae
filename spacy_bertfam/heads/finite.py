"""Numbers that are none: one NaN among a head's weights, and no text has an entity any more."""

from typing import Any

from thinc.api import Model
from thinc.util import get_array_module

from ..files.mapped_rows import let_go

MAX_ROWS = 65_536  # that are looked at together


def find_unfinite(model: Model[Any, Any]) -> str | None:
    """RETURNS (str | None): the first weight of a network with a NaN, an infinity or the like among its numbers, and
    where it belongs; those of torch are not looked at."""
    for node in model.walk():
        for name in node.param_names:
            array: Any = node.get_param(name) if node.has_param(name) else None
            if array is not None and array.ndim and array.dtype.kind == "f" and not is_finite(array):
                return f"{name!r} of the layer {node.name!r}"
    return None


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
