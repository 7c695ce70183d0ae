"""Which encoder is it? A few numbers of each weight tell one from another, also after a step of training."""

from hashlib import blake2b
from typing import Optional

import torch

from .shim import EncoderShim
from .weights_watch import N_PROBED


def fingerprint_of(shim: EncoderShim) -> Optional[str]:
    """What a head is trained on: weights, and which pieces make a token's vector.

    RETURNS (Optional[str]): the same on any device, and after it was saved and loaded; None without torch weights.
    """
    if shim.checkpoint is None or shim.checkpoint.weights is None:
        return None
    parameters = list(shim.checkpoint.weights.parameters())
    numbers = torch.cat([p.detach().flatten()[:N_PROBED].float() for p in parameters]).cpu().numpy()
    sizes = [min(p.numel(), N_PROBED) for p in parameters]
    ends = torch.tensor(sizes).cumsum(0).tolist()
    # in no order: that of a network's parts may differ between versions of transformers
    parts = sorted(numbers[end - n : end].tobytes() for end, n in zip(ends, sizes, strict=True))
    return blake2b(b"".join([shim.settings.pooling.encode(), *parts]), digest_size=8).hexdigest()
