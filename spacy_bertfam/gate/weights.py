"""The weights of a folder: which files hold them, and whether their headers are sound."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .json_file import read_object
from .safetensors_header import TensorEntry, read_header
from .settings import is_plain_name

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLE = "pytorch_model.bin"
PICKLE_INDEX = "pytorch_model.bin.index.json"
MAX_SHARDS = 1000
# A sentence that goes on from the name of a folder or repository
ONLY_PICKLES = (
    "has its weights only as a pickle (pytorch_model.bin), which can run code when it is opened; expected "
    "model.safetensors: `bertfam fetch NAME OUT --allow-pickle` (for a token classifier `bertfam import-hf`) reads it "
    "all the same (nothing of it is executed, and the weights are written as safetensors)."
)

# File -> its tensors in the order of their bytes
Weights = Mapping[Path, list[TensorEntry]]


def has_safetensors(names: Collection[str]) -> bool:
    """Whether the folder has weights under a name that `transformers` looks for."""
    return SINGLE in names or INDEX in names


def check_safetensors(folder: Path, names: Collection[str]) -> Weights:
    """Check the headers of the weights under the names that `transformers` looks for."""
    if SINGLE in names:
        return {folder / SINGLE: read_header(folder / SINGLE)}
    weight_map = read_weight_map(folder / INDEX, names, suffix=".safetensors")
    files = {folder / shard: read_header(folder / shard) for shard in sorted(set(weight_map.values()))}
    for path, entries in files.items():
        missing = {name for name in weight_map if weight_map[name] == path.name}
        missing -= {entry.name for entry in entries}
        if missing:
            raise CheckpointError(
                f"{folder / INDEX} places {min(missing)!r:.200} in {path.name}, which has no such tensor; "
                "expected an index of these files: fetch all of them again."
            )
    return files


def read_weight_map(path: Path, names: Collection[str], *, suffix: str) -> dict[str, str]:
    """Read the index of weights in several files. RETURNS (dict[str, str]): tensor -> name of the file."""
    weight_map: Any = read_object(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{path} has no weight_map; expected a file for each tensor: fetch it again.")
    for shard in weight_map.values():
        if not is_plain_name(shard) or not shard.endswith(suffix):
            raise CheckpointError(
                f"{path} names the weights {shard!r:.200}; expected plain names that end in {suffix}, "
                "of files in the same folder."
            )
        if shard not in names:
            raise CheckpointError(
                f"{path} names {shard:.200}, which is not there; expected all parts: fetch it."
            )
    if len(set(weight_map.values())) > MAX_SHARDS:
        raise CheckpointError(f"{path} names more than {MAX_SHARDS:,} files of weights; expected fewer.")
    return weight_map
