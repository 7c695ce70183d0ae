"""What settings may not say: code to run, how to compute, files elsewhere, values of the wrong type.

Such values would fetch and run code, open files outside the folder, or end deep in `transformers` with a traceback.
"""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .json_file import nested_objects

OF_TRANSFORMERS = "which is never run; expected an architecture and a tokenizer that transformers itself has."
CODE = "auto_map|custom_pipelines|custom_generate|custom_code|remote_code|trust_remote_code|module_file"
# transformers keeps its own choice under these names and never writes them; a file that sets them has had
# code from the hub fetched and run without asking (CVE-2026-4372)
INTERNAL = r"_\w+_implementation_internal"
# Makes any name stand for another one, as "x" for one that is refused; __dict__ is all of them at once
OTHER_NAMES = r"attribute_map|__\w+__"
ATTENTION = r"(?s)_?(attn|attention|experts)_implementation.*"
KERNELS = r"_?(use_(hub_)?kernels?\w*|(hub_)?kernels|kernel_(config|mapping|repo|repo_id)|\w+_kernel_repo)"
# Where a checkpoint was once stored; nothing opens it
ORIGINS = ("_name_or_path", "name_or_path")
# Older checkpoints keep here the path on their author's machine; no supported transformers opens it
NEVER_OPENED = ("special_tokens_map_file",)

MAX_LABELS = 100_000  # from num_labels alone, transformers makes a table of that many names
DTYPES = ("float16", "bfloat16", "float32", "float64", "half", "float", "double")
SHARES = ("dropout", "_dropout_prob")  # ends of names, as the next
NUMBERS = ("_eps", "_theta", "_range")
TYPES: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("model_type", "tokenizer_class", "hidden_act", "hidden_activation"), (str, "a string")),
    **dict.fromkeys(("torch_dtype", "dtype"), (str, "a string")),
    **dict.fromkeys(("id2label", "label2id", "task_specific_params"), (dict, "a JSON object")),
    "architectures": (list, "a list of strings"),
}


def check_settings(settings: dict[str, Any], path: Path, names: Collection[str]) -> None:
    """Refuse settings, at whatever depth, that have code run, or fetch or choose kernels on the reader's machine.

    names (Collection[str]): the files of the folder. A Python file among them to which no setting refers is
        let be: many repositories keep their training script, and nothing opens it.
    """
    for place, fields in nested_objects(settings, path):
        for key, value in fields.items():
            where = f"{key} in {place}" if place else key
            for pattern, is_refused, refusal in REFUSED:
                if re.fullmatch(pattern, key) and is_refused(value):
                    raise CheckpointError(f"{path} {refusal.format(where=where, value=f'{value!r:.200}')}")
            if key not in ORIGINS and _names_python(value, names):
                raise CheckpointError(
                    f"{path} names a Python file ({where}: {value!r:.200}), {OF_TRANSFORMERS}"
                )


def _is_other_implementation(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_other_implementation, value.values()))
    # ``_attn_implementation_autoset`` is a truth value that transformers 4.46 to 4.51 wrote
    return not isinstance(value, bool) and value not in (None, "eager", "sdpa")


# Keys, the values of theirs that are refused, and what is said of them
REFUSED: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    (CODE, bool, f"names Python code of its own ({{where}}), {OF_TRANSFORMERS}"),
    (f"{INTERNAL}|{OTHER_NAMES}", lambda value: value is not None,
     "sets {where} to {value}; expected no private field of transformers in a file: remove it."),
    (ATTENTION, _is_other_implementation,
     "sets {where} to {value}; expected eager, sdpa or nothing, since others run kernels that a checkpoint should not "
     "choose: remove it, and choose with the encoder's setting `attention`."),
    (KERNELS, bool, "sets {where} to {value}; expected no kernels from the hub, which are code: remove it."),
    ("quantization_config|compression_config", bool,
     "sets {where} to {value}; expected plain weights: take the checkpoint from which the quantized one was made."),
)  # fmt: skip


def _names_python(value: Any, names: Collection[str]) -> bool:
    """Whether a setting is as "x.py", or as "x.Class" or "someone/repository--x.Class" where x.py is there."""
    if isinstance(value, list):
        return any(_names_python(item, names) for item in value if isinstance(item, str))
    if not isinstance(value, str) or len(value) > 500:  # a chat template is a long text
        return False
    module, dot, _ = value.rpartition("--")[2].partition(".")
    return value.endswith(".py") or bool(dot and f"{module}.py" in names)


def is_plain_name(name: Any) -> bool:
    """Whether it can only name a file in the folder itself, on every system."""
    return isinstance(name, str) and name not in ("", ".", "..") and not set(name) & set("/\\:\0")


def check_file_fields(settings: dict[str, Any], path: Path) -> None:
    """Refuse a tokenizer's settings that name files outside the folder.

    `transformers` opens the file that they name instead of the folder's own. ``init_inputs`` are arguments of
    the tokenizer's class, the first of which is its vocabulary file.
    """
    if settings.get("init_inputs"):
        raise CheckpointError(
            f"{path} gives init_inputs, which would be opened as files; expected none: remove the field."
        )
    for key, value in settings.items():
        if not key.endswith(("_file", "_files")) or key in NEVER_OPENED:
            continue
        for name in value if isinstance(value, list) else [value]:
            if not (name is None or isinstance(name, bool) or is_plain_name(name)):
                raise CheckpointError(
                    f"{path} sets {key} to {name!r:.200}, a path that may lead out of the folder; "
                    "expected the plain name of a file in it: correct or remove the field."
                )


def check_field_types(config: dict[str, Any], path: Path) -> None:
    """Refuse a ``config.json`` whose fields are not of the type that every architecture gives them."""
    if "model_type" not in config:
        raise CheckpointError(
            f'{path} has no model_type; expected one, as "model_type": "bert": write it in, or save the '
            "checkpoint anew with a recent transformers."
        )
    for key, value in config.items():
        expected = "" if value is None else _expected(key, value, config)
        if expected:
            raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected {expected}.")
    for key in ("id2label", "label2id"):
        if len(config.get(key) or ()) > MAX_LABELS:
            raise CheckpointError(
                f"{path} has {len(config[key]):,} labels in {key}; expected at most {MAX_LABELS:,}."
            )


def _expected(key: str, value: Any, config: dict[str, Any]) -> str:
    """RETURNS (str): what a value should be; "" where it is sound."""
    if key in TYPES and not isinstance(value, TYPES[key][0]):
        return TYPES[key][1]
    if key == "architectures" and not all(isinstance(name, str) for name in value):
        return TYPES[key][1]
    if key in ("torch_dtype", "dtype") and value not in DTYPES:
        return f"one of {', '.join(DTYPES)}"
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key.endswith(SHARES) and not isinstance(value, bool) and not (is_number and 0 <= value <= 1):
        return "a number from 0 to 1"
    if key.endswith(NUMBERS) and not is_number:
        return "a number"
    if key == "pad_token_id":  # a row of the embeddings, which torch asserts
        n_rows = config.get("vocab_size")
        if type(value) is not int or (type(n_rows) is int and not -n_rows <= value < n_rows):
            return "the number of a piece"
    return ""
