"""Settings of the wrong kind: what would end deep in `transformers` with a traceback."""

from pathlib import Path
from typing import Any, Dict

from .errors import CheckpointError

MAX_LABELS = 100_000  # from num_labels alone, transformers makes a table of that many names
TEXTS = ("model_type", "tokenizer_class", "hidden_act", "hidden_activation", "torch_dtype", "dtype")
OBJECTS = ("id2label", "label2id", "task_specific_params")
SHARES = ("_dropout", "dropout", "_dropout_prob")


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
    for key, value in config.items():
        if key.endswith(SHARES) and not (value is None or isinstance(value, bool) or _is_share(value)):
            raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected a number from 0 to 1.")
    for key in ("id2label", "label2id"):
        if len(config.get(key) or ()) > MAX_LABELS:
            raise CheckpointError(
                f"{path} has {len(config[key]):,} labels in {key}; expected at most {MAX_LABELS:,}."
            )


def _check(config: Dict[str, Any], key: str, path: Path, kind: type, expected: str) -> None:
    value = config.get(key)
    if value is not None and not isinstance(value, kind):
        raise CheckpointError(f"{path} sets {key} to {value!r:.200}; expected {expected}.")


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1
