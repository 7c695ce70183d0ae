"""Changes to a Hugging Face folder on disk, by which tests spoil one."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

Header = dict[str, Any]


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file anew."""
    path.write_text(json.dumps(value), encoding="utf8")


def set_fields(path: Path, **fields: Any) -> None:
    """Set fields of a JSON file, which is made if it is not there."""
    old = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
    write_json(path, {**old, **fields})


def read_weights(folder: Path) -> tuple[Header, bytes]:
    """RETURNS (tuple): the header of the folder's weights, and the bytes after it."""
    content = (folder / "model.safetensors").read_bytes()
    n_header = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + n_header]), content[8 + n_header :]


def write_weights(folder: Path, header: bytes, data: bytes, *, name: str = "model.safetensors") -> None:
    """Write a safetensors file with a header as it is given."""
    (folder / name).write_bytes(struct.pack("<Q", len(header)) + header + data)


def edit_header(folder: Path, edit: Callable[[Header, list[str]], None]) -> None:
    """Change the header of the folder's weights: `edit(header, tensor names in the order of their bytes)`."""
    header, data = read_weights(folder)
    names = sorted(
        (name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"]
    )
    edit(header, names)
    write_weights(folder, json.dumps(header).encode(), data)


def split_weights(folder: Path) -> dict[str, str]:
    """Turn the weights into two shards without an index. RETURNS (dict): tensor -> shard."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    weight_map = {}
    for shard, part in (("model-1.safetensors", names[::2]), ("model-2.safetensors", names[1::2])):
        save_file({name: tensors[name] for name in part}, folder / shard, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, shard))
    return weight_map


def write_index(folder: Path, weight_map: Any) -> None:
    """Write the index of shards."""
    write_json(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": weight_map})


def pickle_weights(folder: Path, **options: Any) -> None:
    """Turn the weights into a pickle as `torch.save` writes it."""
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin", **options)
    (folder / "model.safetensors").unlink()


def make_sparse(path: Path, n_bytes: int, *, start: bytes = b"") -> None:
    """Make a large file that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(n_bytes)


class WritesCanary:
    """An object whose pickle writes a file when it is opened in the ordinary way."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple:
        return (exec, (f"open({str(self.canary)!r}, 'w').close()",))


def write_python(folder: Path, name: str, canary: Path) -> None:
    """Write a module that leaves the canary when it is imported."""
    (folder / name).write_text(
        f"open({str(canary)!r}, 'w').close()\n"
        "from transformers import BertModel as EvilModel, BertTokenizerFast as EvilTokenizer\n",
        encoding="utf8",
    )
