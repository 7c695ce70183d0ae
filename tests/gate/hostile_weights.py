"""Hostile weights: headers that lie, indexes that lead elsewhere, pickles."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checkpoint_edits import (
    WritesCanary,
    edit_header,
    make_sparse,
    read_weights,
    split_weights,
    write_index,
    write_json,
    write_weights,
)
from hostile_row import Build, Hostile, content


def header(edit: Callable[[dict[str, Any], list[str]], None]) -> Build:
    """A change to the header of the weights."""
    return lambda folder, canary: edit_header(folder, edit)


def raw_header(value: bytes) -> Build:
    """A header as it is given."""
    return lambda folder, canary: write_weights(folder, value, b"\0" * 8)


def set_row(rows: dict[str, Any], name: str, **values: Any) -> None:
    """Change what the header says of a tensor."""
    rows[name] = {**rows[name], **values}


def overlap(rows: dict[str, Any], names: list[str]) -> None:
    """Lay a tensor over the first one: the numbers of two are the same bytes."""
    first, other = rows[names[0]], rows[names[1]]
    size = other["data_offsets"][1] - other["data_offsets"][0]
    other["data_offsets"] = [first["data_offsets"][0], first["data_offsets"][0] + size]


def repeat_name(folder: Path, canary: Path) -> None:
    """A tensor twice in the header."""
    rows, data = read_weights(folder)
    name = next(name for name in rows if name != "__metadata__")
    text = json.dumps(rows)
    write_weights(folder, (text[:-1] + f', "{name}": {json.dumps(rows[name])}}}').encode(), data)


def cut_weights(folder: Path, canary: Path) -> None:
    """A download that stopped."""
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def pad_weights(folder: Path, canary: Path) -> None:
    """Bytes after the last tensor."""
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes() + b"PK\x03\x04" * 10)


def index(edit: Callable[[dict[str, str], str], Any]) -> Build:
    """Sharded weights; `edit(weight_map, one tensor's name)` spoils the index, or gives another one."""

    def build(folder: Path, canary: Path) -> None:
        weight_map = split_weights(folder)
        replaced = edit(weight_map, min(weight_map))
        write_index(folder, weight_map if replaced is None else replaced)

    return build


def evil_pickle(folder: Path, canary: Path) -> None:
    """A pickle that runs code, in place of the weights."""
    import torch

    (folder / "model.safetensors").unlink()
    torch.save({"a": torch.zeros(2), "b": WritesCanary(canary)}, folder / "pytorch_model.bin")


def pickled_shards(folder: Path, canary: Path) -> None:
    """An index of pickles that run code."""
    import torch

    (folder / "model.safetensors").unlink()
    torch.save({"b": WritesCanary(canary)}, folder / "pytorch_model-1.bin")
    write_json(folder / "pytorch_model.bin.index.json", {"weight_map": {"b": "pytorch_model-1.bin"}})


WEIGHTS = (
    Hostile("weights_empty", content("model.safetensors", b""), "is cut off"),
    Hostile("header_past_end", content("model.safetensors", b"\xff" * 7 + b"\x7f{}"), "is cut off"),
    Hostile(
        "header_too_long",
        lambda folder, _: make_sparse(
            folder / "model.safetensors", 4 << 30, start=(3 << 30).to_bytes(8, "little")
        ),
        "has a header of",
    ),
    Hostile(
        "header_of_zip",
        content("model.safetensors", (4).to_bytes(8, "little") + b"PK\x03\x04"),
        "has no header",
    ),
    Hostile("header_not_json", raw_header(b'{"a": '), "is not JSON"),
    Hostile("header_nested", raw_header(b'{"a":' * 1_000_000), "nested too deeply"),
    Hostile("header_without_tensors", raw_header(b"{}"), "has 0 tensors"),
    Hostile(
        "too_many_tensors",
        raw_header(json.dumps({str(i): 0 for i in range(100_001)}).encode()),
        "has 100,001 tensors",
    ),
    Hostile("name_twice", repeat_name, "twice in its header"),
    Hostile(
        "dtype_unknown",
        header(lambda rows, names: set_row(rows, names[0], dtype="OBJECT")),
        "of dtype 'OBJECT'",
    ),
    Hostile(
        "shape_absurd",
        header(lambda rows, names: set_row(rows, names[0], shape=[1 << 40, 1 << 40])),
        "claims",
    ),
    Hostile("shape_negative", header(lambda rows, names: set_row(rows, names[0], shape=[-1, 4])), "of shape"),
    Hostile("shape_long", header(lambda rows, names: set_row(rows, names[0], shape=[1] * 1000)), "of shape"),
    Hostile("shape_text", header(lambda rows, names: set_row(rows, names[0], shape="32")), "of shape"),
    Hostile(
        "offsets_three",
        header(lambda rows, names: set_row(rows, names[0], data_offsets=[0, 1, 2])),
        "last byte",
    ),
    Hostile(
        "offsets_past_end",
        header(
            lambda rows, names: set_row(
                rows, names[-1], shape=[1 << 38], dtype="U8", data_offsets=[0, 1 << 38]
            )
        ),
        "is cut off: tensor",
    ),
    Hostile("row_not_object", header(lambda rows, names: rows.update({names[0]: [1]})), "in another way"),
    Hostile(
        "metadata_numbers", header(lambda rows, names: rows.update({"__metadata__": {"a": 1}})), "not strings"
    ),
    Hostile(
        "format_tensorflow",
        header(lambda rows, names: rows.update({"__metadata__": {"format": "tf"}})),
        "another framework",
    ),
    Hostile("overlap", header(overlap), "overlaps"),
    Hostile("gap", header(lambda rows, names: rows.pop(names[1]) and None), "leaves a gap"),
    Hostile("cut_off", cut_weights, "is cut off: tensor"),
    Hostile("left_over", pad_weights, "belong to no tensor"),
    Hostile(
        "shard_above", index(lambda map_, name: map_.update({name: "../model.safetensors"})), "plain names"
    ),
    Hostile(
        "shard_absolute", index(lambda map_, name: map_.update({name: "/tmp/x.safetensors"})), "plain names"
    ),
    Hostile("shard_drive", index(lambda map_, name: map_.update({name: "C:x.safetensors"})), "plain names"),
    Hostile(
        "shard_pickle", index(lambda map_, name: map_.update({name: "pytorch_model.bin"})), "plain names"
    ),
    Hostile(
        "shard_missing", index(lambda map_, name: map_.update({name: "model-3.safetensors"})), "is not there"
    ),
    Hostile(
        "shard_without_tensor",
        index(lambda map_, name: map_.update(evil="model-1.safetensors")),
        "no such tensor",
    ),
    Hostile("index_list", index(lambda map_, name: [1]), "has no weight_map"),
    Hostile("pickle", evil_pickle, "--allow-pickle"),
    Hostile("pickle_shards", pickled_shards, "--allow-pickle"),
)
