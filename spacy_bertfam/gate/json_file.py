"""A JSON file of settings, read with a bound on its size, on its depth and on its numbers."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .entries import read_bytes

MAX_SETTINGS = 10_000_000  # bytes
MAX_DEPTH = 20
MAX_DIGITS = 40  # tokenizers have 10**30 for "no limit"
# Their keys are names of classes and of pieces, which may be any word
NAMES_AS_KEYS = ("id2label", "label2id", "added_tokens_decoder")
JSON_NAMES = {list: "a list", str: "a string", bool: "a truth value", type(None): "null"}


def read_object(path: Path) -> dict[str, Any]:
    """Read the JSON object in a file. RAISES (CheckpointError): where it is none, or too large or too deep."""
    return parse_object(read_bytes(path, MAX_SETTINGS, what="settings"), path, parse_int=_parse_int)


def parse_object(content: bytes, path: Path, **options: Any) -> dict[str, Any]:
    """Parse a JSON object.

    options: as `json.loads` takes them.
    RAISES (CheckpointError): where it is none.
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
        raise CheckpointError(
            f"{path} holds {JSON_NAMES.get(type(value), 'a number')}; expected a JSON object."
        )
    return value


def nested_objects(
    value: Any, path: Path, *, max_depth: int = MAX_DEPTH, skipped: Collection[str] = NAMES_AS_KEYS
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through all objects within a JSON value.

    skipped (Collection[str]): keys whose values are not looked into.
    YIELDS (tuple[str, dict[str, Any]]): place ("" is the outermost, then "text_config", ...) and object.
    RAISES (CheckpointError): where it is nested too deeply.
    """
    waiting: list[tuple[str, Any, int]] = [("", value, 1)]
    while waiting:
        place, value, depth = waiting.pop()
        if depth > max_depth:
            raise CheckpointError(f"{path} is nested more than {max_depth} deep; expected fewer levels.")
        inner: list[tuple[str, Any]] = []
        if isinstance(value, list):
            inner = [(place, item) for item in value]
        elif isinstance(value, dict):
            yield place, value
            inner = [(f"{place}.{k}" if place else k, item) for k, item in value.items() if k not in skipped]
        waiting += [(name, item, depth + 1) for name, item in inner if isinstance(item, (dict, list))]


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)
