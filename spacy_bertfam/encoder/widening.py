"""Weights of 16 bits -> float32, tensor by tensor, so that the file is never in memory beside the whole of them."""

from pathlib import Path
from typing import Dict, List, Optional

from torch import Tensor

from ..gate.entries import list_entries
from ..gate.safetensors_header import read_header
from ..gate.weights import INDEX, SINGLE, read_weight_map

NARROW = ("F16", "BF16")  # as safetensors names them


def read_widened(folder: Path) -> Optional[Dict[str, Tensor]]:
    """The weights of a folder in float32; integers stay what they are.

    RETURNS (Optional[Dict[str, Tensor]]): None where no tensor has 16 bits: those of 32 are better mapped
        than copied.
    """
    from safetensors import safe_open

    files = {path: read_header(path) for path in _weight_files(folder)}
    if not any(entry.dtype in NARROW for entries in files.values() for entry in entries):
        return None
    weights = {}
    for path, entries in files.items():
        for entry in entries:
            # Opened anew each time: what was read of a mapped file stays in memory until it is closed
            with safe_open(path, framework="pt") as file:
                tensor = file.get_tensor(entry.name)
            weights[entry.name] = tensor.float() if entry.dtype in NARROW else tensor.clone()
            del tensor
    return weights


def _weight_files(folder: Path) -> List[Path]:
    names = list_entries(folder)
    if SINGLE in names:
        return [folder / SINGLE]
    if INDEX in names:
        shards = set(read_weight_map(folder / INDEX, names, suffix=".safetensors").values())
        return [folder / shard for shard in sorted(shards)]
    return []
