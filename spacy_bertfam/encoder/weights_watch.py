"""Have the weights changed? What was made of them, a graph or a copy, must not outlive them."""

from typing import Any, Dict, List, Tuple

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
        places = [parameter.data_ptr() for parameter in self._parameters]
        probes = [p.detach().flatten()[:N_PROBED] for p in self._parameters]
        # at once, as other threads look at all of it
        self._seen: Tuple[List[int], List[Tensor], Tensor] = (places, probes, torch.cat(probes))
        self._touched = False

    def touch(self) -> None:
        """Somebody knows that they are about to change."""
        self._touched = True

    def changed(self) -> bool:
        """Whether a weight has another value, or another place in memory, than at the last ``renew``."""
        places, probes, numbers = self._seen
        if self._touched or [parameter.data_ptr() for parameter in self._parameters] != places:
            return True
        return not torch.equal(torch.cat(probes), numbers)

    def __getstate__(self) -> Dict[str, Any]:
        """A copy, or another process, has the same weights in other places."""
        return {"parameters": self._parameters, "changed": self.changed()}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._parameters = state["parameters"]
        self.renew()
        self._touched = state["changed"]
