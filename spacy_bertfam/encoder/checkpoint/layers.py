"""Fewer layers than a checkpoint has: the lowest ones, which a tagger needs most.

Leaving out the top layers loses less than leaving out others (Sajjad et al., 2020, "On the Effect of Dropping Layers
of Pre-trained Transformer Models").
"""

from pathlib import Path
from typing import Any

from ...errors import UserError


def require_layers(n_layers: int, found: int, folder: Path) -> None:
    """RAISES (UserError): when a folder has fewer layers than are asked for."""
    if n_layers > found:
        raise UserError(
            f"Encoder setting n_layers is {n_layers}: {folder} has {found} layers; expected at most {found}, "
            "or null for all."
        )


def keep_layers(config: Any, n_layers: int, folder: Path) -> bool:
    """Make the settings of a network those of its lowest layers.

    config (PretrainedConfig): changed in place.
    RETURNS (bool): whether there were more.
    RAISES (UserError): when there are fewer, or the settings name no number of layers.
    """
    found = getattr(config, "num_hidden_layers", None)
    if not isinstance(found, int):
        raise UserError(
            f"{folder}: the settings of a {config.model_type!r} name no number of layers; "
            "expected n_layers = null, which keeps all of them."
        )
    require_layers(n_layers, found, folder)
    config.num_hidden_layers = n_layers
    for name, value in list(vars(config).items()):  # one entry a layer, as the kinds of attention
        if isinstance(value, (list, tuple)) and len(value) == found and name.startswith("layer"):
            setattr(config, name, value[:n_layers])
    return n_layers < found
