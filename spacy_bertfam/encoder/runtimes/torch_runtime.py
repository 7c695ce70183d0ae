"""The network in torch: all training, and prediction where the pipeline was not made for another engine."""

from contextlib import nullcontext
from typing import Any, ContextManager

import torch
from torch import Tensor

from .runtime import torch_calls

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """The network itself, on the device where its weights are."""

    def __init__(self, network: torch.nn.Module, mixed_precision: str = "none") -> None:
        self.network = network
        self.mixed_precision = mixed_precision
        weights = next(network.parameters())
        self.device = weights.device
        self.calls = torch_calls(self.device, AUTOCAST.get(mixed_precision, weights.dtype))

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        with self.autocast():
            output = self.network(input_ids=ids, attention_mask=mask)
        return output.last_hidden_state.float()

    def autocast(self) -> ContextManager[Any]:
        """Mixed precision for all calls within, which share the weights that it has made shorter."""
        if self.mixed_precision == "none":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=AUTOCAST[self.mixed_precision])
