"""How much each piece of a text looks at each other one, in every layer and head of an encoder's network.

The network that predicts keeps its own implementation of attention, which mostly never has the weights in memory:
they come from a second one, made of the same parameters for the time of a call.
"""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UNFIT, UserError, in_one_line
from ..types import Ints1d
from .checkpoint.network import quiet_transformers
from .room import IN_ATTENTION, within_memory

Floats4d = NDArray[np.float32]
# of the sum of a row, from 1
TOLERANCE = 1e-4


class NoAttention(UserError):
    """Of this encoder, or this text, there are no such weights."""


def piece_attention(network: Any, ids: Ints1d) -> Floats4d:
    """The weights with which the network mixes the pieces of one window.

    network (Module): a model of `transformers`; it is left as it is.
    ids (Ints1d): with the special pieces. Shape: (n_pieces,)
    RETURNS (Floats4d): Shape: (n_layers, n_heads, n_pieces, n_pieces), from the piece of the row to that of the
        column; rows sum to 1.
    RAISES (NoAttention): when the architecture has no such weights. RAISES (UserError): when a GPU has no room for
        them.
    """
    batch = torch.from_numpy(np.asarray(ids, dtype=np.int64))[None, :].to(next(network.parameters()).device)
    try:
        eager = with_eager_attention(network)
        with within_memory(IN_ATTENTION), torch.inference_mode():
            mask = torch.ones_like(batch)
            output = eager(input_ids=batch, attention_mask=mask, output_attentions=True, return_dict=True)
    except UserError:
        raise
    except UNFIT as error:
        raise _no_weights(network, in_one_line(error)) from error
    n, layers = len(ids), getattr(output, "attentions", None) or ()
    # a layer that does without has None in its place, and some have other shapes
    shapes = {tuple(layer.shape) if isinstance(layer, Tensor) else None for layer in layers}
    if len(shapes) != 1 or any(shape is None or shape != (1, *shape[1:2], n, n) for shape in shapes):
        found = ", ".join(map(str, shapes)) or "nothing"
        raise _no_weights(network, f"it gives {found} for {n} pieces")
    weights = torch.cat(layers).float()
    if not (weights.sum(dim=-1) - 1).abs().max() <= TOLERANCE:
        raise _no_weights(network, "the weights that it gives do not sum to 1")
    return weights.cpu().numpy()


def with_eager_attention(network: Any) -> Any:
    """A network of the same architecture that multiplies out its attention.

    It shares the parameters, so nothing may be written to them. Older `transformers` choose the implementation when
    a network is made, and cannot change it afterwards.
    RETURNS (Module): in evaluation mode.
    """
    from transformers import AutoModel

    # its first weights are drawn at random, which must not move the generator of a training
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        eager: Any = AutoModel.from_config(deepcopy(network.config), attn_implementation="eager")
    # an encoder is kept without its pooler, on which no attention depends
    found = eager.load_state_dict(network.state_dict(), strict=False, assign=True)
    missing = [name for name in found.missing_keys if "pooler." not in name]
    if missing or found.unexpected_keys:
        raise RuntimeError(f"other weights: {', '.join([*missing, *found.unexpected_keys][:3])}")
    return eager.to(next(network.parameters()).device).eval()


def _no_weights(network: Any, reason: str) -> NoAttention:
    return NoAttention(
        f"{type(network).__name__} shows no attention from piece to piece ({reason}); expected an architecture that "
        "has a weight for each pair of pieces, as BERT, RoBERTa, DistilBERT, ALBERT, ELECTRA, DeBERTa or ModernBERT."
    )
