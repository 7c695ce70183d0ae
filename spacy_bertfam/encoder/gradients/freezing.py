"""Which parameters of a network are trained: layers are frozen from below by number, or by name."""

import re
from collections.abc import Iterable

import torch

from ...errors import UserError

# encoder.layer.3. (BERT and kin), transformer.layer.3. (DistilBERT), layers.3. (ModernBERT), block.3. (T5); XLM and
# FlauBERT have a list of each part of their layers
LAYER = re.compile(r"(?:^|\.)(?:layers?|h|block|attentions|ffns|layer_norm[12])\.(\d+)\.")


def layer_of(name: str) -> int | None:
    """RETURNS (int | None): the layer that a parameter is in, from 0; -1 for the embeddings, None for what stands over
    the layers."""
    if found := LAYER.search(name):
        return int(found.group(1))
    return -1 if "emb" in name or name.startswith("shared.") else None


def require_layers(names: Iterable[str], setting: str) -> None:
    """RAISES (UserError): when the names of a network's parameters tell no layers apart."""
    if not any(map(LAYER.search, names)):
        raise UserError(
            f"{setting} goes by layers, and the parameters of this encoder are in none, as those of ALBERT, whose "
            "layers share them; expected an encoder with layers, or frozen_layers with the beginnings of names."
        )


def freeze(network: torch.nn.Module, layers: int | tuple[str, ...]) -> int:
    """Mark parameters as trained or not.

    layers (int | tuple[str, ...]): 0 freezes nothing, n the embeddings and the first n layers,
        -1 everything; names freeze each parameter that starts with one of them.
    RETURNS (int): the number of frozen parameters (tensors).
    RAISES (UserError): when a name fits no parameter, or there are no layers to count.
    """
    names = [name for name, _ in network.named_parameters()]
    if isinstance(layers, int) and layers > 0:
        require_layers(names, f"frozen_layers = {layers}")
    if not isinstance(layers, int):
        for prefix in layers:
            if not any(name.startswith(prefix) for name in names):
                tops = sorted({name.rsplit(".", 2)[0] for name in names})
                raise UserError(
                    f"frozen_layers names {prefix!r}, which no parameter of the encoder starts with; "
                    f"expected a beginning of one of: {', '.join(tops[:12])} ..."
                )
    frozen = {name for name in names if _is_frozen(name, layers)}
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in frozen)
    return len(frozen)


def _is_frozen(name: str, layers: int | tuple[str, ...]) -> bool:
    if not isinstance(layers, int):
        return name.startswith(tuple(layers))
    if layers <= 0:
        return layers < 0
    layer = layer_of(name)
    return layer is not None and layer < layers
