"""Settings of the wrong kind: what would end deep in `transformers` with a traceback."""

from pathlib import Path
from typing import Any, Dict

from .errors import CheckpointError

MAX_LABELS = 100_000  # from num_labels alone, transformers makes a table of that many names
TEXTS = ("model_type", "tokenizer_class", "hidden_act", "hidden_activation", "torch_dtype", "dtype")
OBJECTS = ("id2label", "label2id", "task_specific_params")
SHARES = ("_dropout", "dropout", "_dropout_prob")  # ends of names, as the next
NUMBERS = ("_eps", "_theta", "_range")
DTYPES = ("float16", "bfloat16", "float32", "float64", "half", "float", "double")


def check_field_types(config: Dict[str, Any], path: Path) -> None:
    """Refuse a ``config.json`` whose fields are not of the kind that every architecture gives them."""
    if "model_type" not in config:
        raise CheckpointError(
            f'{path} has no model_type; expected one, as "model_type": "bert": write it in, or save the '
            "checkpoint anew with a recent transformers."
        )
    for key in TEXTS:
        _check(config, key, path, str, "a string")
    for key in OBJECTS:
        _check(config, key, path, dict, "a JSON object")
    _check(config, "architectures", path, list, "a list of strings")
    names = config.get("architectures") or []
    if not all(isinstance(name, str) for name in names):
        raise CheckpointError(f"{path} sets architectures to {names!r:.200}; expected a list of strings.")
    _check_numbers(config, path)
    for key in ("torch_dtype", "dtype"):
        if config.get(key) is not None and config[key] not in DTYPES:
            raise CheckpointError(
                f"{path} sets {key} to {config[key]!r:.200}; expected one of {', '.join(DTYPES)}."
            )
    _check_padding(config, path)
    for key in ("id2label", "label2id"):
        if len(config.get(key) or ()) > MAX_LABELS:
            raise CheckpointError(
                f"{path} has {len(config[key]):,} labels in {key}; expected at most {MAX_LABELS:,}."
            )


def _check(config: Dict[str, Any], key: str, path: Path, kind: type, expected: str) -> None:
    value = config.get(key)
    if value is not None and not isinstance(value, kind):
        raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected {expected}.")


def _check_numbers(config: Dict[str, Any], path: Path) -> None:
    for key, value in config.items():
        if key.endswith(SHARES) and not (value is None or isinstance(value, bool) or _is_share(value)):
            raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected a number from 0 to 1.")
        if key.endswith(NUMBERS) and not (value is None or _is_number(value)):
            raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected a number.")


def _check_padding(config: Dict[str, Any], path: Path) -> None:
    """The padding piece is a row of the embeddings, which torch asserts, or there is none."""
    value, n_rows = config.get("pad_token_id"), config.get("vocab_size")
    is_row = type(value) is int and (type(n_rows) is not int or -n_rows <= value < n_rows)
    if value is not None and not is_row:
        raise CheckpointError(f"{path} sets pad_token_id to {value!r:.200}; expected the number of a piece.")


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
