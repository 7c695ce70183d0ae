"""Which parameters of a network are trained: layers are frozen from below by number, or by name."""

import re

import torch

from ...errors import UserError

# encoder.layer.3. (BERT and kin), transformer.layer.3. (DistilBERT), layers.3. (ModernBERT)
LAYER = re.compile(r"(?:^|\.)(?:layer|layers|h|block)\.(\d+)\.")


def freeze(network: torch.nn.Module, layers: int | tuple[str, ...]) -> int:
    """Mark parameters as trained or not.

    layers (int | tuple[str, ...]): 0 freezes nothing, n the embeddings and the first n layers,
        -1 everything; names freeze each parameter that starts with one of them.
    RETURNS (int): the number of frozen parameters (tensors).
    RAISES (UserError): when a name fits no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
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
    found = LAYER.search(name)
    return int(found.group(1)) < layers if found else name.startswith("embeddings")
