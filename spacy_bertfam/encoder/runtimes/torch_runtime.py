"""The network in torch: all training, and prediction where the pipeline was not made for another engine."""

from contextlib import nullcontext
from copy import deepcopy
from typing import Any, ContextManager

import torch
from torch import Tensor

from ..runtime import torch_calls

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """The network itself, on the device where its weights are."""

    def __init__(self, network: torch.nn.Module, mixed_precision: str = "none") -> None:
        self.network = network
        self.mixed_precision = mixed_precision
        self.calls = torch_calls(next(network.parameters()).device)

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        with self._autocast(ids.device.type):
            output = self.network(input_ids=ids, attention_mask=mask)
        return output.last_hidden_state.float()

    def _autocast(self, device_type: str) -> ContextManager[Any]:
        if self.mixed_precision == "none":
            return nullcontext()
        return torch.autocast(device_type, dtype=AUTOCAST[self.mixed_precision])


def in_bf16(network: torch.nn.Module) -> torch.nn.Module:
    """RETURNS (Module): a copy with weights and activations in bfloat16, to predict with; ``network`` stays."""
    return deepcopy(network).bfloat16().eval().requires_grad_(False)
