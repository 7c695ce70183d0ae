"""The network in torch: all training, and prediction where the pipeline was not made for another engine."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ..pieces.chunking import CALL_COST_BF16, CALL_COST_CPU, CALL_COST_GPU, Calls

# By model type; what they make of padding is another matter (padding.py)
WITHOUT_MASK = frozenset(("fnet",))
AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """The network itself, on the device where its weights are.

    mixed_precision (str): "none", a key of ``AUTOCAST``, or "auto": bf16 where the device has instructions for it.
    """

    def __init__(self, network: torch.nn.Module, mixed_precision: str = "none") -> None:
        self.network = network
        self.mixed_precision = mixed_precision

    @property
    def dtype(self) -> torch.dtype | None:
        """Of mixed precision on the device where the weights are now; None is float32."""
        if self.mixed_precision == "auto":
            return torch.bfloat16 if has_bf16(next(self.network.parameters()).device) else None
        return AUTOCAST.get(self.mixed_precision)

    @property
    def calls(self) -> Calls:
        """Of the device, and of the threads that torch has, as they are now."""
        weight = next(self.network.parameters())
        return torch_calls(weight.device, self.dtype or weight.dtype)

    def __call__(self, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Tensor:
        with self.autocast():
            vectors: Tensor = read_pieces(self.network, ids, mask, types).last_hidden_state
        return vectors.float()

    def autocast(self) -> AbstractContextManager[object]:
        """Mixed precision for all calls within, which share the weights that it has made shorter."""
        dtype = self.dtype
        if dtype is None:
            return nullcontext()
        return torch.autocast(next(self.network.parameters()).device.type, dtype=dtype)


def read_pieces(network: Any, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Any:
    """The output of a network of `transformers`; a few, as FNet, take no mask."""
    segments = {} if types is None else {"token_type_ids": types}
    if network.config.model_type not in WITHOUT_MASK:
        segments["attention_mask"] = mask
    return network(input_ids=ids, **segments)


@cache
def has_bf16(device: torch.device) -> bool:
    """Whether a device multiplies in bfloat16 by instructions of its own: elsewhere that is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    # not in older versions of torch
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))


def torch_calls(device: torch.device, dtype: torch.dtype) -> Calls:
    """RETURNS (Calls): those of torch's network that computes so on this device. On a CPU torch keeps what it has
    prepared for each number of cells, a megabyte each: so there are not many."""
    if device.type != "cpu":
        return Calls(CALL_COST_GPU)
    cost, width = (CALL_COST_CPU, 4) if dtype == torch.float32 else (CALL_COST_BF16, 8)
    return Calls.on_cpu(cost, torch.get_num_threads(), n_windows=8, width=width)
