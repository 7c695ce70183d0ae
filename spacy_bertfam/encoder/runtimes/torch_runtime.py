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
# Of CUDA: instructions for bfloat16 (Ampere), and the first tensor cores, which have float16 (Volta)
HAS_BF16, HAS_FP16 = (8, 0), (7, 0)
# Of a GPU's memory a call may take a share, roughly counted: the activations of a layer in float32, at most so many
# times as wide as a vector for each cell, attention over 254 pieces included
SHARE, BYTES_PER_COLUMN = 8, 160
MAX_CELLS_GPU = 32_768
LARGE = 1024  # width of an encoder that does not say


class TorchRuntime:
    """The network itself, on the device where its weights are.

    mixed_precision (str): see ``dtype_on``.
    """

    def __init__(self, network: torch.nn.Module, mixed_precision: str = "none") -> None:
        self.network = network
        self.mixed_precision = mixed_precision

    @property
    def dtype(self) -> torch.dtype | None:
        """Of mixed precision on the device where the weights are now; None is float32."""
        return dtype_on(next(self.network.parameters()).device, self.mixed_precision)

    @property
    def calls(self) -> Calls:
        """Of the device, in prediction of its memory too, and of the threads that torch has, as they are now."""
        weight = next(self.network.parameters())
        calls = torch_calls(weight.device, self.dtype or weight.dtype)
        if weight.device.type != "cuda" or self.network.training:
            return calls
        width: Any = getattr(self.network.config, "hidden_size", LARGE)
        return calls._replace(max_cells=cells_within(weight.device, width))

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
        return torch.cuda.get_device_capability(device) >= HAS_BF16
    if device.type != "cpu":
        return False
    # not in older versions of torch
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))


def dtype_on(device: torch.device, precision: str) -> torch.dtype | None:
    """What a precision of the settings is on a device.

    precision (str): a key of ``AUTOCAST``; "gpu", which is what a GPU computes fastest in: bf16, or fp16 on one that is
        too old for it; "auto", which is that, and on a CPU bf16 where it has instructions for it.
    RETURNS (dtype | None): None is float32.
    """
    if precision not in ("auto", "gpu") or (precision == "gpu" and device.type == "cpu"):
        return AUTOCAST.get(precision)
    if has_bf16(device):
        return torch.bfloat16
    has_fp16 = device.type == "cuda" and torch.cuda.get_device_capability(device) >= HAS_FP16
    return torch.float16 if has_fp16 else None


def cells_within(device: torch.device, width: int) -> int:
    """RETURNS (int): cells of a call in prediction for which a GPU has room; width: of a vector."""
    room = torch.cuda.get_device_properties(device).total_memory // SHARE
    return max(1, min(MAX_CELLS_GPU, room // (BYTES_PER_COLUMN * width)))


def torch_calls(device: torch.device, dtype: torch.dtype) -> Calls:
    """RETURNS (Calls): those of torch's network that computes so on this device. On a CPU torch keeps what it has
    prepared for each number of cells, a megabyte each: so there are not many."""
    if device.type != "cpu":
        return Calls(CALL_COST_GPU)
    cost, width = (CALL_COST_CPU, 4) if dtype == torch.float32 else (CALL_COST_BF16, 8)
    return Calls.on_cpu(cost, torch.get_num_threads(), n_windows=8, width=width)
