"""Have the weights changed? What was made of them, a graph or a copy, must not outlive them."""

from typing import Any, Dict, List

import torch
from torch import Tensor

N_PROBED = 64


class WeightsWatch:
    """Looks at the first numbers of each weight, which a step of training changes: some 0.1 ms a look.

    torch's own count of changes does not see its fused optimisers, nor what is written to ``parameter.data``.
    """

    def __init__(self, network: torch.nn.Module) -> None:
        self._parameters = list(network.parameters())
        self.renew()

    def renew(self) -> None:
        """From here on the weights count as unchanged."""
        self._touched = False
        self._places = [parameter.data_ptr() for parameter in self._parameters]
        self._probes: List[Tensor] = [p.detach().flatten()[:N_PROBED] for p in self._parameters]
        self._seen = torch.cat(self._probes)

    def touch(self) -> None:
        """Somebody knows that they are about to change."""
        self._touched = True

    def changed(self) -> bool:
        """Whether a weight has another value, or another place in memory, than at the last ``renew``."""
        if self._touched or [parameter.data_ptr() for parameter in self._parameters] != self._places:
            return True
        return not torch.equal(torch.cat(self._probes), self._seen)

    def __getstate__(self) -> Dict[str, Any]:
        """A copy, or another process, has the same weights in other places."""
        return {"parameters": self._parameters, "changed": self.changed()}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._parameters = state["parameters"]
        self.renew()
        self._touched = state["changed"]
