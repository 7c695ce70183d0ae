"""Does a piece's vector depend on the padding after it? Convolutions, neighbors' embeddings and attention through
landmarks read what stands there, whatever the mask says."""

from typing import Any

import torch

from .torch_runtime import read_pieces

# Of these it is known (tests/encoder/test_padding.py), which saves the two calls of the network
MASKED = frozenset(
    ("albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra", "modernbert", "roberta",
     "xlm-roberta")
)  # fmt: skip
# Of a vector's length: rounding is below 0.001 even in TF32; an architecture that reads it is off by 0.2 and more
TOLERANCE = 0.005
WIDTH, PADDING = 8, 4


def reads_padding(network: Any, pad_id: int) -> bool:
    """Compares the vectors of a window alone with those beside a longer one.

    network (Module): a model of `transformers`; it is left as it is.
    RETURNS (bool): True too where the network cannot read so short windows: then it cannot be known.
    """
    if network.config.model_type in MASKED:
        return False
    is_training = network.training
    network.eval()
    try:
        return not _difference(network, pad_id) <= TOLERANCE
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):  # each architecture has its own
        return True
    finally:
        network.train(is_training)


def _difference(network: Any, pad_id: int) -> float:
    """How far the most different vector of the shorter window is off, as a share of its length."""
    device = next(network.parameters()).device
    n_pieces = network.get_input_embeddings().num_embeddings
    pieces = [piece for piece in range(n_pieces) if piece != pad_id][: 2 * WIDTH]
    ids = torch.tensor((pieces * 2 * WIDTH)[: 2 * WIDTH], device=device).view(2, WIDTH)
    mask = torch.ones_like(ids)
    ids[1, -PADDING:], mask[1, -PADDING:] = pad_id, 0
    n = WIDTH - PADDING
    with torch.inference_mode(), torch.autocast(device.type, enabled=False):
        beside = read_pieces(network, ids, mask).last_hidden_state[1, :n]
        alone = read_pieces(network, ids[1:, :n], mask[1:, :n]).last_hidden_state[0]
    return float(((beside - alone).norm(dim=-1) / alone.norm(dim=-1)).max())
