"""A JSON file of settings, read with a bound on its size, on its depth and on its numbers."""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from .entries import read_bytes
from .errors import CheckpointError

MAX_SETTINGS = 10_000_000  # bytes
MAX_DEPTH = 20
MAX_DIGITS = 40  # tokenizers have 10**30 for "no limit"
# Their keys are names of classes and of pieces, which may be any word
NAMES_AS_KEYS = ("id2label", "label2id", "added_tokens_decoder")


def read_object(path: Path, *, max_bytes: int = MAX_SETTINGS) -> Dict[str, Any]:
    """The JSON object in a file. Raises a CheckpointError where it is none, or too large or too deep."""
    return parse_object(read_bytes(path, max_bytes, what="settings"), path, parse_int=_parse_int)


def parse_object(content: bytes, path: Path, **options: Any) -> Dict[str, Any]:
    """The JSON object in ``content``.

    path (Path): where it comes from, for the error.
    options: as `json.loads` takes them.
    """
    try:
        value = json.loads(content.decode("utf8"), **options)
        # half of a surrogate pair can be written as an escape, and is a character that nothing can encode
        if b"\\ud" in content or b"\\uD" in content:
            json.dumps(value, ensure_ascii=False).encode("utf8")
    except RecursionError as error:
        raise CheckpointError(
            f"{path} is nested too deeply to be settings; expected a JSON object."
        ) from error
    except UnicodeEncodeError as error:
        raise CheckpointError(
            f"{path} has half of a surrogate pair (\\u{ord(error.object[error.start]):04x}), which is no "
            "character; expected whole ones: correct the text."
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON in UTF-8: {error!s:.300}; fetch it again.") from error
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


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _json_name(value: Any) -> str:
    return {list: "a list", str: "a string", bool: "a truth value", type(None): "null"}.get(
        type(value), "a number"
    )
