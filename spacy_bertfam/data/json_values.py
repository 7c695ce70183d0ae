"""JSON in any layout (a value a line, indented values, one array) -> its values, each with its line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import DataError
from .text_file import BOM, Note, located, log_note, read_text, split_lines
from .trimming import INVISIBLE, clean_edges, shorten

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
HALF_PAIR = re.compile("[\ud800-\udfff]")  # JSON can hold one by an escape; UTF-8 and spaCy cannot
ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
BEGINS_WITH_TEXT = re.compile(r'\[\s*"')  # a text with its annotation, and no array of records
BLANKS = re.compile(f"[{INVISIBLE}]*")
N_SHOWN = 60
DECODER = json.JSONDecoder()

Numbered = tuple[int, Any]


def read_values(path: Path, *, form: str, source: str = "", note: Note = log_note) -> Iterator[Numbered]:
    """Read the values of a file; of an array that is the whole file, its elements.

    form (str): what is expected of a value, for the message.
    source (str), note (Note): as for `read_text`.
    RAISES (DataError): when there is something else; it names file and line.
    """
    text = read_text(path, source, note)
    numbered = [(n, clean_edges(line)) for n, line in enumerate(split_lines(text), start=1)]
    lines = [(n, line) for n, line in numbered if line]
    with located(path):
        if not lines:
            return
        if not _is_value_a_line([line for _, line in lines], text):
            yield from _scan(text.removeprefix(BOM), form)
        elif len(lines) > 1:
            yield from ((n, _parse_line(line, n, form)) for n, line in lines)
        else:
            number, value = lines[0][0], _parse_line(lines[0][1], lines[0][0], form)
            is_array = isinstance(value, list) and value and all(isinstance(e, (dict, list)) for e in value)
            yield from ((number, each) for each in (value if is_array and not is_pair(value) else [value]))


def read_objects(
    path: Path, *, form: str, source: str = "", note: Note = log_note
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read values as `read_values` does. RAISES (DataError): when one is no object, too."""
    for line, value in read_values(path, form=form, source=source, note=note):
        with located(path, line):
            entry = require_object(value, form=form)
        yield line, entry


def require_object(value: Any, *, form: str) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): the value, which is an object. RAISES (DataError): when it is something else."""
    if not isinstance(value, dict):
        raise DataError(f"found a JSON {type(value).__name__}; expected an object, {form}.")
    return value


def shown(value: Any) -> str:
    """RETURNS (str): the value as JSON, for a message: short, in one line, and printable."""
    try:
        return shorten(json.dumps(value, ensure_ascii=False), N_SHOWN)
    except (TypeError, ValueError, RecursionError):  # the first: a table has dates too
        return f"a {type(value).__name__} too deep or too long to show"


def as_list(value: Any) -> list[Any]:
    """RETURNS (list): the value, [] where it is no list."""
    return value if isinstance(value, list) else []


def objects_of(value: Any) -> list[dict[str, Any]]:
    """RETURNS (list[dict]): the objects in a list, [] where it is none."""
    return [part for part in as_list(value) if isinstance(part, dict)]


def is_pair(value: Any) -> bool:
    """Whether a list is a text with its annotation, as spaCy's TRAIN_DATA has it, and no array of records."""
    return isinstance(value, list) and [type(part) for part in value] == [str, dict]


def _is_value_a_line(lines: list[str], text: str) -> bool:
    """Whether the file is JSON lines: the first line is a value, or it is broken and another one is."""
    if _is_container(lines[0]):
        return True
    if lines[0] in ("[", "{") or not any(map(_is_container, lines[1:3] + lines[-1:])):
        return False
    try:
        DECODER.raw_decode(text.lstrip(INVISIBLE))
    except (ValueError, RecursionError):
        return True
    return False


def _is_container(line: str) -> bool:
    try:
        return isinstance(json.loads(line), (dict, list))
    except json.JSONDecodeError:
        return False
    except (ValueError, RecursionError):  # a value, though none that can be read
        return True


def _scan(text: str, form: str) -> Iterator[Numbered]:
    """The values of a text that is one or several, those of a first array one by one."""
    line, counted, position = 1, 0, _skip(text, 0)
    is_array = text[position] == "[" and not BEGINS_WITH_TEXT.match(text, position)
    if is_array:
        position = _skip(text, position + 1)
    while position < len(text):
        if is_array and text[position] == "]":
            is_array, position = False, _skip(text, position + 1)
            continue
        line, counted = line + text.count("\n", counted, position), position
        value, end = _decode(text, position, form)
        yield line, value
        position = _skip(text, end)
        if is_array and text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif is_array and text[position : position + 1] != "]":
            line += text.count("\n", counted, position)
            raise DataError(f"found no valid JSON; expected a comma or ], and {form}.", line=line)


def _skip(text: str, position: int) -> int:
    """RETURNS (int): the next position with something to see."""
    return BLANKS.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing too


def _parse_line(text: str, line: int, form: str) -> Any:
    value, end = _decode(text, 0, form, line)
    if end < len(text):
        raise _invalid(json.JSONDecodeError("Extra data", text, end), line, form)
    return value


def _decode(text: str, start: int, form: str, first: int = 1) -> tuple[Any, int]:
    """RETURNS (tuple[Any, int]): the value that begins there, and its end; ``first`` is the number of the first line.

    RAISES (DataError): when there is none, or no text can hold it.
    """
    try:
        value, end = DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _invalid(error, first + error.lineno - 1, form) from error
    except (ValueError, RecursionError) as error:
        raise _invalid(error, first + text.count("\n", 0, start), form) from error
    try:
        is_whole = not ESCAPED_HALF.search(text, start, end) or not HALF_PAIR.search(
            json.dumps(value, ensure_ascii=False)
        )
    except RecursionError:
        is_whole = False
    if not is_whole:
        line = first + text.count("\n", 0, start)
        raise DataError("found half of a surrogate pair; expected whole characters.", line=line)
    return value, end


def _invalid(error: Exception, line: int, form: str) -> DataError:
    if isinstance(error, json.JSONDecodeError):
        reason = f"{error.msg} at column {error.colno}"
    elif isinstance(error, RecursionError):
        reason = "nested too deeply"
    else:
        reason = "a number with too many digits"
    return DataError(f"found no valid JSON ({reason}); expected one object a line, {form}.", line=line)
