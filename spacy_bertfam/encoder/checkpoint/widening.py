"""The weights of a folder: those of 32 bits mapped, those of 16 made float32 tensor by tensor, so that the file is
never in memory beside the whole of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from torch import Tensor

from ...gate import CheckpointError
from ...gate.safetensors_header import TensorEntry

NARROW = ("F16", "BF16")  # as safetensors names them


def read_weights(files: Mapping[Path, list[TensorEntry]]) -> dict[str, Tensor]:
    """The weights of some files; integers stay what they are.

    files (Mapping[Path, list[TensorEntry]]): what is in each, as the gate has found it.
    RETURNS (dict[str, Tensor]): by name; where no tensor has 16 bits they are in the files still.
    RAISES (CheckpointError): when a file is not what it was.
    """
    from safetensors import SafetensorError

    is_narrow = any(entry.dtype in NARROW for entries in files.values() for entry in entries)
    weights: dict[str, Tensor] = {}
    for path, entries in files.items():
        try:
            if not is_narrow:
                weights.update(_mapped(path, entries))
            for entry in entries if is_narrow else ():
                # Opened anew each time: what was read of a mapped file stays in memory until it is closed
                for name, tensor in _mapped(path, [entry]).items():
                    weights[name] = tensor.float() if entry.dtype in NARROW else tensor.clone()
        except (SafetensorError, OSError, AttributeError) as error:  # the last: a dtype that this torch lacks
            raise CheckpointError(
                f"{path} cannot be read by safetensors ({error}); expected weights: fetch it again."
            ) from error
    return weights


def _mapped(path: Path, entries: Iterable[TensorEntry]) -> dict[str, Tensor]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return {entry.name: file.get_tensor(entry.name) for entry in entries}
