"""A JSON file of settings, read with a bound on its size and on its depth."""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from .errors import CheckpointError

MAX_SETTINGS = 10_000_000  # bytes
MAX_DEPTH = 20
# Their keys are names of classes and of pieces, which may be any word
NAMES_AS_KEYS = ("id2label", "label2id", "added_tokens_decoder")


def read_object(path: Path, *, max_bytes: int = MAX_SETTINGS) -> Dict[str, Any]:
    """The JSON object in a file. Raises a CheckpointError where it is none, or too large or too deep."""
    n_bytes = path.stat().st_size
    if n_bytes > max_bytes:
        raise CheckpointError(
            f"{path} has {n_bytes:,} bytes; expected at most {max_bytes:,} of settings. Is it the right file?"
        )
    return parse_object(path.read_bytes(), path)


def parse_object(content: bytes, path: Path, **options: Any) -> Dict[str, Any]:
    """The JSON object in ``content``.

    path (Path): where it comes from, for the error.
    options: as `json.loads` takes them.
    """
    try:
        value = json.loads(content.decode("utf8"), **options)
    except RecursionError as error:
        raise CheckpointError(
            f"{path} is nested too deeply to be settings; expected a JSON object."
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON in UTF-8: {error}; fetch it again.") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} holds {_json_name(value)}; expected a JSON object.")
    return value


def nested_objects(settings: Dict[str, Any], path: Path) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Every object among the settings with its place ("" is the outermost, then "text_config", ...)."""
    waiting: list[Tuple[str, Any, int]] = [("", settings, 1)]
    while waiting:
        place, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise CheckpointError(f"{path} is nested more than {MAX_DEPTH} deep; expected settings.")
        if isinstance(value, list):
            waiting += [(place, item, depth + 1) for item in value if isinstance(item, (dict, list))]
        if isinstance(value, dict):
            yield place, value
            waiting += [
                (f"{place}.{key}" if place else key, item, depth + 1)
                for key, item in value.items()
                if isinstance(item, (dict, list)) and key not in NAMES_AS_KEYS
            ]


def _json_name(value: Any) -> str:
    return {list: "a list", str: "a string", bool: "a truth value", type(None): "null"}.get(
        type(value), "a number"
    )
