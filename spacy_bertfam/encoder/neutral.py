"""Settings in a ``config.json`` that change the form of a network's output, or its memory, and no number of it."""

from typing import Any

NEUTRAL = {
    "return_dict": True,
    "torchscript": False,
    "output_attentions": False,
    "output_hidden_states": False,
}


def make_neutral(network: Any) -> None:
    """Set them to what prediction and training here expect, whatever a checkpoint says.

    network (PreTrainedModel): of `transformers`.
    """
    for name, value in NEUTRAL.items():
        if getattr(network.config, name, value) != value:
            setattr(network.config, name, value)
    # with a chunk size only windows whose width is a multiple of it can be read
    for part in (network.config, *network.modules()):
        if getattr(part, "chunk_size_feed_forward", 0):
            part.chunk_size_feed_forward = 0
