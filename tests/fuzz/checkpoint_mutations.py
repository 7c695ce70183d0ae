"""Ways to spoil one file of a checkpoint or pipeline at random: settings, tokenizer, weights, graph, components."""

import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

Mutation = Callable[[random.Random, Path], str]
LONG = "1" + "0" * 5000

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, -1, -2, 7, 100, 4096, 10**6, 2**31 - 1, 2**31, 2**40, 2**63, 10**30, -(10**30), 0.0,
    0.5, -0.5, 1.5, 1e-300, 1e308, float("nan"), float("inf"), "", "x", "bert", "gelu", "\u00e9" * 1000,
    "../../etc/passwd", "/dev/zero", "evil/kernel:foo", [], [1], ["x"], [None], [[]], {}, {"a": 1},
    {"0": "O"}, {"": {}}, [0] * 10_000, {str(i): i for i in range(1000)},
)  # fmt: skip
# Fields that a checkpoint need not have, and that a library may know
MORE = (
    "add_cross_attention", "attn_implementation", "auto_map", "chunk_size_feed_forward", "configuration_files",
    "cross_attention_hidden_size", "dtype", "gradient_checkpointing", "id2label", "is_decoder", "is_encoder_decoder",
    "label2id", "layer_norm_eps", "max_length", "num_labels", "output_attentions", "output_hidden_states",
    "position_embedding_type", "problem_type", "pruned_heads", "quantization_config", "return_dict", "sub_configs",
    "tie_word_embeddings", "tokenizer_class", "torch_dtype", "torchscript", "transformers_weights", "use_bfloat16",
    "use_cache", "attention_window", "rope_scaling", "rope_parameters", "layer_types", "architectures",
    "bad_words_ids", "tokenizer_file", "init_inputs", "extra_ids", "model_max_length", "sp_model_kwargs",
    "relative_attention", "pos_att_type", "norm_rel_ebd", "conv_kernel_size", "attribute_map", "keys_to_ignore",
    "embedding_size", "hidden_activation", "global_attn_every_n_layers", "local_attention", "to_dict", "__class__",
)  # fmt: skip
NAMES = ("\u0000", "\u2028", "a" * 300, "B-PER", "O", "[UNK]", "##a", " ")
REGEXES = ("(a+)+$", "(", "", ".*", "(?=)", "(.|a)*b", "x{100000}", "\\p{L}+", "[", "(?<!a")


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """RETURNS (list[tuple]): the way to each value within values."""
    found = [path] if path else []
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in items:
        found += places(inner, (*path, key)) if len(found) < 20_000 else []
    return found


def at(value: Any, path: tuple) -> Any:
    """RETURNS (Any): the value that a way leads to."""
    for key in path:
        value = value[key]
    return value


def mutate_value(rng: random.Random, root: Any) -> str:
    """Replace, remove, double or swap a value somewhere. RETURNS (str): what was done."""
    ways = places(root)
    if not ways:
        return "nothing"
    # rather near the root: most values are deep in a vocabulary
    ways = [way for way in ways if len(way) <= rng.choice((1, 1, 2, 3, 9))] or ways
    way = rng.choice(ways)
    holder, key = at(root, way[:-1]), way[-1]
    old = holder[key]
    kind = rng.choice(("value", "value", "value", "remove", "other", "nudge", "double", "name"))
    if kind == "remove":
        del holder[key]
    elif kind == "other":
        holder[key] = json.loads(json.dumps(at(root, rng.choice(ways))))
    elif kind == "double" and isinstance(old, (list, str)):
        holder[key] = old * rng.choice((2, 10, 1000))
    elif kind == "nudge" and isinstance(old, (int, float)):
        holder[key] = old * rng.choice((-1, 2, 10, 1000, 10**9)) + rng.choice((0, 1, -1))
    elif kind == "name" and isinstance(holder, dict):
        holder[rng.choice((*MORE, *NAMES))] = rng.choice(VALUES)
    else:
        kind, holder[key] = "value", rng.choice(VALUES)
    return f"{kind} at {'.'.join(map(str, way))[:80]}"


def mutate_object(rng: random.Random, path: Path) -> str:
    """Change some values of a JSON file."""
    root = json.loads(path.read_text(encoding="utf8"))
    done = [mutate_value(rng, root) for _ in range(rng.choice((1, 1, 1, 2, 4)))]
    if rng.random() < 0.3 and isinstance(root, dict):
        key = rng.choice(MORE)
        root[key] = rng.choice(VALUES)
        done.append(f"{key} = {str(root[key])[:40]}")
    path.write_text(json.dumps(root), encoding="utf8")
    return "; ".join(done)


def mutate_json_text(rng: random.Random, path: Path) -> str:
    """Make a JSON file one that readers disagree on, or fail at."""
    content = path.read_bytes()
    kind = rng.choice(
        ("digits", "deep", "surrogate", "bom", "twice", "latin1", "nan", "cut", "space", "scalar")
    )
    inner = content.strip()[1:-1]
    made = {
        "digits": b'{"a": %s, %s}' % (LONG.encode(), inner),
        "deep": b'{"a": %s%s, %s}' % (b"[" * 5000, b"]" * 5000, inner),
        "surrogate": b'{"a": "\\ud83d", "\\udc00": 1, %s}' % inner,
        "bom": b"\xef\xbb\xbf" + content,
        "twice": b"{%s, %s}" % (inner, inner),
        "latin1": content.replace(b"e", b"\xe9", 3),
        "nan": b'{"layer_norm_eps": NaN, %s}' % inner,
        "cut": content[: rng.randrange(len(content))],
        "space": b" " * 1_000_000 + content,
        "scalar": rng.choice((b"0", b"null", b'"x"', b"[]", b"")),
    }
    path.write_bytes(made[kind])
    return kind


def mutate_tokenizer(rng: random.Random, path: Path) -> str:
    """Change how tokenizer.json cuts texts."""
    root = json.loads(path.read_text(encoding="utf8"))
    part = rng.choice(("normalizer", "pre_tokenizer", "post_processor", "added_tokens", "model", "ids"))
    replace = {"type": "Replace", "pattern": {"String": rng.choice("ae ")}, "content": rng.choice("ae") * 10}
    split = {
        "type": "Split",
        "pattern": {"Regex": rng.choice(REGEXES)},
        "behavior": "Isolated",
        "invert": False,
    }
    if part == "normalizer":
        root[part] = {"type": "Sequence", "normalizers": [replace] * rng.choice((1, 2, 4, 8, 50))}
    elif part == "pre_tokenizer":
        root[part] = {"type": "Sequence", "pretokenizers": [split, *filter(None, [root[part]])]}
    elif part == "ids" and isinstance(root["model"].get("vocab"), dict):
        for piece in rng.sample(sorted(root["model"]["vocab"]), 20):
            root["model"]["vocab"][piece] = rng.choice((0, 1, 499, 500, 10**6, 2**31, 2**40))
    else:
        mutate_value(rng, root.get(part if part != "ids" else "model") or {})
    path.write_text(json.dumps(root), encoding="utf8")
    return part


def flip_bytes(rng: random.Random, path: Path) -> str:
    """Change some bytes anywhere."""
    content = bytearray(path.read_bytes())
    n = rng.choice((1, 1, 2, 8, 64))
    for _ in range(n if content else 0):
        content[rng.randrange(len(content))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    path.write_bytes(content)
    return f"{n} bytes"


def flip_first_bytes(rng: random.Random, path: Path) -> str:
    """Change some bytes where a file describes itself."""
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 2, 8))):
        content[rng.randrange(min(len(content), 3000))] = rng.randrange(256)
    path.write_bytes(content)
    return "of the first 3,000"


def resize(rng: random.Random, path: Path) -> str:
    """Cut a file off, double it, or make it large without taking room."""
    content = path.read_bytes()
    kind = rng.choice(("cut", "cut", "double", "sparse", "empty", "zeros"))
    if kind == "sparse":
        with path.open("r+b") as file:
            file.truncate(rng.choice((1 << 28, 1 << 31, 6 << 30)))
        return kind
    cut = content[: rng.randrange(len(content) + 1)]
    made = {"cut": cut, "double": content * 2, "empty": b"", "zeros": b"\0" * len(content)}
    path.write_bytes(made[kind])
    return kind


def exchange(rng: random.Random, path: Path) -> str:
    """Put something else in the place of a file."""
    kind = rng.choice(("pipe", "zeros", "out", "folder", "gone"))
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind != "gone":
        path.symlink_to("/dev/zero" if kind == "zeros" else "/etc/passwd")
    return kind


def mutate_header(rng: random.Random, path: Path) -> str:
    """Change what safetensors say of their tensors."""
    content = path.read_bytes()
    n = struct.unpack("<Q", content[:8])[0]
    rows, data = json.loads(content[8 : 8 + n]), content[8 + n :]
    names = [name for name in rows if name != "__metadata__"]
    name = rng.choice(names)
    kind = rng.choice(("value", "dtype", "shape", "rename", "drop", "swap", "flat"))
    row = rows[name]
    if kind == "dtype":
        row["dtype"] = rng.choice(
            ("F16", "BF16", "F64", "I8", "I64", "BOOL", "F8_E4M3", "F8_E8M0", "C64", "U16", "X")
        )
        size = {"F16": 2, "BF16": 2, "U16": 2, "F64": 8, "I64": 8, "C64": 8}.get(row["dtype"], 1)
        n_numbers = (row["data_offsets"][1] - row["data_offsets"][0]) // size
        row["shape"] = [n_numbers] if rng.random() < 0.5 else row["shape"]
    elif kind == "shape":
        rng.shuffle(row["shape"])
        row["shape"] = rng.choice(
            (row["shape"], [1, *row["shape"]], [1] * 40, row["shape"][::-1], [2**40, 2**40])
        )
    elif kind == "rename":
        rows[rng.choice((name.replace("weight", "gamma"), name.upper(), "", "../x", "a" * 5000))] = rows.pop(
            name
        )
    elif kind == "drop":
        rows.pop(name)
    elif kind == "swap":
        other = rng.choice(names)
        rows[name], rows[other] = rows[other], rows[name]
    elif kind == "flat":
        row["shape"] = [max(1, (row["data_offsets"][1] - row["data_offsets"][0]) // 4)]
    else:
        mutate_value(rng, rows)
    header = json.dumps(rows).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return f"{kind} of {name}"


def mutate_numbers(rng: random.Random, path: Path) -> str:
    """Numbers that no training leaves."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = load_file(path)
    name = rng.choice(sorted(tensors))
    value = rng.choice((float("nan"), float("inf"), 1e38, -1e38, 0.0))
    tensors[name] = torch.full_like(tensors[name], value)
    save_file(tensors, path, metadata={"format": "pt"})
    return f"{value} in {name}"


def mutate_config(rng: random.Random, path: Path) -> str:
    """Change some lines of a pipeline's config.cfg."""
    lines = path.read_text(encoding="utf8").splitlines()
    done = []
    for _ in range(rng.choice((1, 1, 2))):
        i = rng.randrange(len(lines))
        key, sign, _ = lines[i].partition("=")
        kind = rng.choice(("value", "value", "remove", "block", "more"))
        if kind == "value" and sign:
            lines[i] = f"{key}= {json.dumps(rng.choice(VALUES))}"
        elif kind == "remove":
            lines[i] = ""
        elif kind == "block":
            lines[i] = rng.choice(
                ("[a]", "[components.encoder]", "[[x", f"a = {LONG}", 'b = "\\ud800"', "= 3")
            )
        else:
            lines[i] += f"\nthreads = {rng.choice((0, 10**6, LONG))}"
        done.append(f"{kind} at line {i + 1} ({key.strip()[:30]})")
    path.write_text("\n".join(lines), encoding="utf8")
    return "; ".join(done)


BINARY: tuple[Mutation, ...] = (flip_bytes, flip_first_bytes, resize, exchange)
JSON: tuple[Mutation, ...] = (
    mutate_object,
    mutate_object,
    mutate_object,
    mutate_json_text,
    flip_bytes,
    exchange,
)
# Name of a file: what may happen to it
BY_NAME: dict[str, tuple[Mutation, ...]] = {
    "config.json": JSON,
    "tokenizer.json": (mutate_tokenizer, mutate_tokenizer, *JSON, resize),
    "tokenizer_config.json": JSON,
    "special_tokens_map.json": JSON,
    "vocab.txt": BINARY,
    "model.safetensors": (mutate_header, mutate_header, mutate_header, mutate_numbers, *BINARY),
    "model.safetensors.index.json": JSON,
    "model-1.safetensors": (mutate_header, *BINARY),
    "model.onnx": (flip_bytes, flip_bytes, *BINARY),
    "runtime.json": JSON,
    "cfg": JSON,
    "model": (flip_bytes, flip_bytes, *BINARY),
    "config.cfg": (mutate_config,),
    "meta.json": (mutate_object, mutate_json_text),
}
# Files more worth a look than others
WEIGHTS = {
    "config.json": 4,
    "tokenizer.json": 4,
    "model.safetensors": 3,
    "model.onnx": 4,
    "config.cfg": 2,
    "model": 2,
}


def mutate(rng: random.Random, folder: Path) -> tuple[str, str]:
    """Spoil one file of a folder. RETURNS (tuple[str, str]): its place, and what was done."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name in BY_NAME)
    path = rng.choices(files, [WEIGHTS.get(file.name, 1) for file in files])[0]
    mutation = rng.choice(BY_NAME[path.name])
    done = mutation(rng, path)
    return path.relative_to(folder).as_posix(), f"{mutation.__name__}: {done}"
