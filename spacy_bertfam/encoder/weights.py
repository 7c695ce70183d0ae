"""Which weights does an encoder have, and have they changed? The first numbers of each one tell, also after a step
of training."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor

N_PROBED = 64


def probe(parameters: Iterable[Tensor]) -> list[Tensor]:
    """RETURNS (list[Tensor]): views of the first numbers of each weight."""
    return [parameter.detach().flatten()[:N_PROBED] for parameter in parameters]


def fingerprint_of(network: torch.nn.Module, pooling: str) -> str:
    """What a head is trained on: weights, and which pieces make a token's vector.

    RETURNS (str): the same on any device, and after the network was saved and loaded.
    """
    # in no order: that of a network's parts may differ between versions of transformers
    parts = sorted(numbers.float().cpu().numpy().tobytes() for numbers in probe(network.parameters()))
    return blake2b(b"".join([pooling.encode(), *parts]), digest_size=8).hexdigest()


class WeightsWatch:
    """Have the weights changed? What was made of them, a graph or a copy, must not outlive them.

    A look takes some 0.1 ms. torch's own count of changes does not see its fused optimizers, nor what is written to
    ``parameter.data``.
    """

    def __init__(self, network: torch.nn.Module) -> None:
        self._parameters = list(network.parameters())
        self.renew()

    def renew(self) -> None:
        """From here on the weights count as unchanged."""
        probes = probe(self._parameters)
        self._seen = self._places(), probes, torch.cat(probes)  # at once, as other threads look at all of it
        self._touched = False

    def touch(self) -> None:
        """Somebody knows that they are about to change."""
        self._touched = True

    def changed(self) -> bool:
        """Whether a weight has another value, or another place in memory, than at the last ``renew``."""
        places, probes, numbers = self._seen
        return self._touched or self._places() != places or not torch.equal(torch.cat(probes), numbers)

    def _places(self) -> list[int]:
        return [parameter.data_ptr() for parameter in self._parameters]

    def __getstate__(self) -> dict[str, Any]:
        """A copy, or another process, has the same weights in other places."""
        return {"parameters": self._parameters, "changed": self.changed()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._parameters = state["parameters"]
        self.renew()
        self._touched = state["changed"]
