"""The weights of a folder: those of 32 bits mapped, those of 16 made float32 tensor by tensor, so that the file is
never in memory beside the whole of them."""

from pathlib import Path
from typing import Dict, List, Mapping

from torch import Tensor

from ...gate import CheckpointError
from ...gate.safetensors_header import TensorEntry

NARROW = ("F16", "BF16")  # as safetensors names them


def read_weights(files: Mapping[Path, List[TensorEntry]]) -> Dict[str, Tensor]:
    """The weights of some files; integers stay what they are.

    files (Mapping[Path, List[TensorEntry]]): what is in each, as the gate has found it.
    RETURNS (Dict[str, Tensor]): by name; where no tensor has 16 bits they are in the files still.
    RAISES (CheckpointError): where a file is not what it was.
    """
    from safetensors import SafetensorError

    is_narrow = any(entry.dtype in NARROW for entries in files.values() for entry in entries)
    weights: Dict[str, Tensor] = {}
    for path, entries in files.items():
        try:
            weights.update(_widened(path, entries) if is_narrow else _mapped(path, entries))
        except (SafetensorError, OSError, AttributeError) as error:  # the last: a dtype that this torch lacks
            raise CheckpointError(
                f"{path} cannot be read by safetensors ({error}); expected weights: fetch it again."
            ) from error
    return weights


def _mapped(path: Path, entries: List[TensorEntry]) -> Dict[str, Tensor]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return {entry.name: file.get_tensor(entry.name) for entry in entries}


def _widened(path: Path, entries: List[TensorEntry]) -> Dict[str, Tensor]:
    from safetensors import safe_open

    weights = {}
    for entry in entries:
        # Opened anew each time: what was read of a mapped file stays in memory until it is closed
        with safe_open(path, framework="pt") as file:
            tensor = file.get_tensor(entry.name)
        weights[entry.name] = tensor.float() if entry.dtype in NARROW else tensor.clone()
        del tensor
    return weights
