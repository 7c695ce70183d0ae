"""A copy of the network in half precision, to predict with; on a CPU without the copies of memory that torch makes
beside its products, which are a tenth of the time (benchmarks/figures/runtimes.md)."""

from collections.abc import Iterator
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from .torch_runtime import dtype_on

# Mean length of the difference over that of a vector: another order of sums in bfloat16 gives a tenth of it
TOLERANCE = 0.02


class OneDnnLinear(nn.Module):
    """A linear layer whose bias oneDNN adds to the product; torch's own first copies it into every row.

    linear (nn.Linear): its weights are shared.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, x: Tensor) -> Tensor:
        """x (Tensor): Shape: (..., n_in). RETURNS (Tensor): Shape: (..., n_out)."""
        return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], ""))


class GeluInPlace(nn.Module):
    """GELU that overwrites what it gets, which is four times as wide as anything else in a layer and in the cache."""

    def forward(self, x: Tensor) -> Tensor:
        """x (Tensor): any shape, and not needed any more. RETURNS (Tensor): the same memory."""
        return cast(Tensor, torch.ops.aten.gelu_(x))


def half_on(device: torch.device, precision: str) -> torch.dtype | None:
    """RETURNS (dtype | None): of the copy that predicts in this precision of the settings; None where none is to be
    made: a CPU is slower in fp16 than in float32."""
    dtype = dtype_on(device, precision)
    return None if (device.type, dtype) == ("cpu", torch.float16) else dtype


def in_half(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """RETURNS (Module): a copy with weights and activations in half precision; ``network`` stays."""
    copied = deepcopy(network).to(dtype).eval().requires_grad_(False)
    if next(copied.parameters()).device.type == "cpu":
        _mend(copied)
    return copied


def _mend(network: nn.Module) -> None:
    """Put in what is faster, and take it out again where an architecture's vectors are not what they were: where an
    activation's input is needed once more, or this torch or processor cannot."""
    mends = list(_mends_of(network))
    expected = _vectors(network)
    for parent, name, _, stand_in in mends:
        setattr(parent, name, stand_in)
    try:
        found: Tensor | None = _vectors(network)
    except (RuntimeError, AttributeError):  # the operation is not public, and not in every build of torch
        found = None
    off = (found - expected).norm(dim=-1).mean() if found is not None else torch.inf
    if not bool(off <= TOLERANCE * expected.norm(dim=-1).mean()):
        for parent, name, module, _ in mends:
            setattr(parent, name, module)


def _mends_of(network: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module, nn.Module]]:
    """YIELDS (tuple): a module's parent, its name there, the module, and what stands in for it."""
    for parent in network.modules():
        for name, module in parent.named_children():
            if type(module) is nn.Linear:  # of its subclasses each has its reason
                yield parent, name, module, OneDnnLinear(module)
            elif getattr(module, "act", None) is nn.functional.gelu:  # GELUActivation of `transformers`
                yield parent, name, module, GeluInPlace()


def _vectors(network: nn.Module) -> Tensor:
    """The network's vectors for the first pieces of its vocabulary."""
    ids = torch.arange(16).view(2, 8)
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    with torch.inference_mode():
        vectors: Tensor = network(input_ids=ids, attention_mask=mask).last_hidden_state
        return vectors[mask.bool()].float()
