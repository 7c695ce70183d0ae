"""JSON lines with character offsets -> records, one a line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from .errors import DataError
from .records import Mention, Record
from .text_file import numbered_lines

ENTITY_KEYS = ("entities", "spans", "label", "labels")  # the second is Prodigy's, the others are doccano's
START_KEYS, END_KEYS = ("start", "start_offset"), ("end", "end_offset")
HALF_PAIR = re.compile("[\ud800-\udfff]")  # JSON can hold one by an escape; UTF-8 and spaCy cannot
FORM = '{"text": ..., "entities": [[start, end, label], ...]}'


def read_jsonl(path: Path, source: str) -> Iterator[Record]:
    """Offsets count characters (code points) from 0, end exclusive; `id` may be left out.

    RAISES (DataError): naming file and line.
    """
    for number, line in numbered_lines(path):
        if line.strip():
            yield _to_record(parse_object(line, path, number), path, source, number)


def parse_object(line: str, path: Path, number: int, *, form: str = FORM) -> dict[str, Any]:
    """The JSON object on one line. RAISES (DataError): there is none; ``form`` says what was expected."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        found = f"found no valid JSON ({error.msg} at column {error.colno})"
        raise DataError(f"{found}; expected one object a line, {form}.", path, number) from error
    if not isinstance(entry, dict):
        raise DataError(f"found a JSON {type(entry).__name__}; expected an object, {form}.", path, number)
    return entry


def _to_record(entry: dict[str, Any], path: Path, source: str, number: int) -> Record:
    text = entry.get("text")
    if not isinstance(text, str):
        raise DataError(f'found no string under "text"; expected {FORM}.', path, number)
    if HALF_PAIR.search(text):
        raise DataError('found half of a surrogate pair in "text"; expected whole characters.', path, number)
    key = _first_key(entry, ENTITY_KEYS)
    if key is None or not isinstance(entry[key], list):
        keys = ", ".join(map(repr, entry))
        raise DataError(f'found no list under "entities" (keys: {keys}); expected {FORM}.', path, number)
    mentions = tuple(_mention(item, text, path, number) for item in entry[key])
    name = f"{source}:{entry['id']}" if entry.get("id") is not None else f"{source}:line {number}"
    return Record(text=text, mentions=mentions, document=name, source=source, line=number)


def _mention(item: Any, text: str, path: Path, number: int) -> Mention:
    if isinstance(item, dict):
        keys = (_first_key(item, START_KEYS), _first_key(item, END_KEYS), "label")
        item = [None if key is None else item.get(key) for key in keys]
    if not isinstance(item, list) or len(item) != 3 or not _types_fit(*item):
        found = f"found the entity {json.dumps(item, ensure_ascii=False)}"
        raise DataError(
            f"{found}; expected [start, end, label], two whole numbers and a string.", path, number
        )
    start, end, label = item
    if not 0 <= start <= end <= len(text):
        found = f"found the offsets {start}-{end} ({label})"
        raise DataError(
            f"{found}; expected 0 <= start < end <= {len(text)}, the text's length.", path, number
        )
    return Mention(start, end, label.strip(), number)


def _types_fit(start: Any, end: Any, label: Any) -> bool:
    # bool is an int to isinstance, and `true` is no offset
    return type(start) is int and type(end) is int and isinstance(label, str) and bool(label.strip())


def _first_key(entry: dict[str, Any], keys: tuple[str, ...]) -> Optional[str]:
    return next((key for key in keys if key in entry), None)
