"""The network in torch: all training, and prediction where the pipeline was not made for another engine."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from ..pieces.chunking import CALL_COST_BF16, CALL_COST_CPU, CALL_COST_GPU, Calls

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """The network itself, on the device where its weights are.

    mixed_precision (str): "none", or a key of ``AUTOCAST``.
    """

    def __init__(self, network: torch.nn.Module, mixed_precision: str = "none") -> None:
        self.network = network
        self.dtype = AUTOCAST.get(mixed_precision)

    @property
    def calls(self) -> Calls:
        """Of the device, and of the threads that torch has, as they are now."""
        weight = next(self.network.parameters())
        return torch_calls(weight.device, self.dtype or weight.dtype)

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        with self.autocast():
            vectors: Tensor = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
        return vectors.float()

    def autocast(self) -> AbstractContextManager[object]:
        """Mixed precision for all calls within, which share the weights that it has made shorter."""
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(next(self.network.parameters()).device.type, dtype=self.dtype)


def torch_calls(device: torch.device, dtype: torch.dtype) -> Calls:
    """RETURNS (Calls): those of torch's network that computes so on this device. On a CPU torch keeps what it has
    prepared for each number of cells, a megabyte each: so there are not many."""
    if device.type != "cpu":
        return Calls(CALL_COST_GPU)
    cost, width = (CALL_COST_CPU, 4) if dtype == torch.float32 else (CALL_COST_BF16, 8)
    return Calls.on_cpu(cost, torch.get_num_threads(), n_windows=8, width=width)
