"""Pickled weights -> a folder with safetensors, by torch's reader that knows tensors only and runs nothing."""

import zipfile
from collections.abc import Collection
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

from ..errors import UNFIT, CheckpointError
from ..files.saving import replaced_whole
from .entries import read_bytes
from .folder import SETTINGS, check_folder
from .tokenizer_files import MAX_FILE, TOKENIZER_FILES
from .weights import PICKLE, PICKLE_INDEX, SINGLE, has_safetensors, read_weight_map

if TYPE_CHECKING:
    import torch

ONLY_TENSORS = "expected tensors by name and nothing else"
# What a pickle that is broken or made by an enemy ends in; the reader's own refusal is the last
UNREADABLE = (*UNFIT, EOFError, MemoryError, UnpicklingError)


def convert_pickle(folder: Path, out: Path) -> Path:
    """Copy a checkpoint with pickled weights, which become safetensors of the same names and numbers.

    out (Path): a folder that does not exist yet, or an empty one.
    RETURNS (Path): `out`, which has passed the gate.
    RAISES (CheckpointError): where the folder does not pass the gate, or a pickle holds more than tensors.
    """
    names = check_folder(folder, allow_pickle=True).names
    if has_safetensors(names):
        raise CheckpointError(f"{folder} has safetensors; expected pickled weights only: give it as it is.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CheckpointError(f"{out} exists already; expected a new folder.")
    import torch

    if tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2]) < (2, 6):
        raise CheckpointError(
            f"torch {torch.__version__} can be made to run code by a pickle even when it reads weights only "
            "(CVE-2025-32434); expected torch 2.6 or later: upgrade it."
        )
    with replaced_whole(out) as staging:
        _write_weights(folder, names, staging / SINGLE)
        for name in {*SETTINGS, *TOKENIZER_FILES} & names:
            (staging / name).write_bytes(read_bytes(folder / name, MAX_FILE, what="settings"))
        check_folder(staging)
    return out


def _write_weights(folder: Path, names: Collection[str], path: Path) -> None:
    from safetensors.torch import save_file

    shards = [PICKLE]
    if PICKLE not in names:
        shards = sorted(set(read_weight_map(folder / PICKLE_INDEX, names, suffix=".bin").values()))
    tensors: dict[str, torch.Tensor] = {}
    for shard in shards:
        tensors.update(_read_pickle(folder / shard))
    if not tensors:
        raise CheckpointError(f"{folder / shards[0]} holds no tensors; expected weights.")
    save_file(tensors, path, metadata={"format": "pt"})


def _read_pickle(path: Path) -> "dict[str, torch.Tensor]":
    import torch

    _check_archive(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        reason = str(error).strip().partition("\n")[0]
        raise CheckpointError(
            f"{path} cannot be read as weights only ({reason:.300}); {ONLY_TENSORS}: do not trust its source."
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds {type(state).__name__}; expected tensors by name.")
    room = 4 * path.stat().st_size  # tied weights stand there once, and here once for each name
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            found = f"{type(value).__name__} under {name!r:.200}"
            raise CheckpointError(f"{path} holds {found}; {ONLY_TENSORS}.")
        is_plain = value.layout == torch.strided and value.device.type == "cpu" and not value.is_quantized
        if not is_plain or value.nbytes > value.untyped_storage().nbytes():
            found = f"{name!r:.200} as a view or in a form that is larger than what is stored"
            raise CheckpointError(f"{path} has {found}; expected plain tensors.")
        room -= value.nbytes
        if room < 0:
            raise CheckpointError(f"{path} unfolds to several times its size; expected plain weights.")
    # with memory of their own, as safetensors want it
    return {
        name: value.detach().clone(memory_format=torch.contiguous_format) for name, value in state.items()
    }


def _check_archive(path: Path) -> None:
    """Refuse a zip file with compressed or overlapping parts, which torch never writes: it could unfold to anything."""
    if not zipfile.is_zipfile(path):
        return  # the format before torch 1.6, which is a pickle without a zip file around it
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is a broken archive ({error}); expected weights.") from error
    compressed = any(part.compress_type != zipfile.ZIP_STORED for part in parts)
    if compressed or sum(part.file_size for part in parts) > path.stat().st_size:
        raise CheckpointError(f"{path} has compressed parts, as torch never writes; expected plain weights.")
