"""A head for hidden pieces where the checkpoint has none: it begins with how frequent each piece is.

With random weights an encoder's first guesses are worse than none, and what it unlearns by them takes long to come
back. E5-small on French clinical cases, perplexity on other cases before and after 20 and 40 steps of 1,024 pieces, a
new head learning ten times as fast as the rest:

    random                                     112,000
    frequencies, identity, norm of 1             1,833   775   414
    frequencies, identity, norm of 0.3             990   647   437
    frequencies, identity, norm of 0.1           1,008   850   723
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ...types import Ints1d

# Of a new layer norm: the scores of a piece begin near its frequency, and the gradients into the encoder small
SCALE = 0.3


def begin_with_frequencies(network: Any, new: Sequence[str], ids: Ints1d) -> None:
    """Set the new weights of a network for masked language modeling.

    network (PreTrainedModel): changed in place.
    new (Sequence[str]): names of the weights that its checkpoint did not have.
    ids (Ints1d): the pieces of the texts that it will learn.
    """
    output = network.get_output_embeddings()
    for name, parameter in network.named_parameters():
        if name not in new or parameter is output.weight:
            continue
        with torch.no_grad():
            if parameter.ndim == 2 and parameter.shape[0] == parameter.shape[1]:
                parameter.copy_(torch.eye(len(parameter)))
            elif name.endswith("bias"):
                parameter.zero_()
            elif parameter.ndim == 1:
                parameter.fill_(SCALE)
    bias = getattr(output, "bias", None)
    tied = dict(network.named_parameters(remove_duplicate=False))
    if bias is not None and any(tied.get(name) is bias for name in new):
        counts = np.bincount(ids, minlength=len(bias)) + 0.5
        with torch.no_grad():
            bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))
