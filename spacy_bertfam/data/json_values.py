"""JSON in any layout (a value a line, indented values, one array) -> its values, each with its line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from ..errors import DataError
from .text_file import BOM, Notes, read_text, split_lines
from .trimming import MARKS, clean_label, is_invisible

HALF_PAIR = re.compile("[\ud800-\udfff]")  # JSON can hold one by an escape; UTF-8 and spaCy cannot
ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
BEGINS_WITH_TEXT = re.compile(r'\[\s*"')  # a text with its annotation, and no array of records
BLANKS = "".join(sorted(MARKS)) + " \t\r\n"
N_SHOWN = 60
DECODER = json.JSONDecoder()

Numbered = tuple[int, Any]


def read_values(
    path: Path, *, form: str, report: Optional[Notes] = None, source: str = ""
) -> Iterator[Numbered]:
    """Read the values of a file; of an array that is the whole file, its elements.

    form (str): what is expected of a value, for the message.
    report, source: as for `read_text`.
    RAISES (DataError): naming file and line.
    """
    text = read_text(path, report, source)
    lines = [(n, clean_label(line)) for n, line in enumerate(split_lines(text), start=1)]
    lines = [(n, line) for n, line in lines if line]
    if not lines:
        return
    if _is_value_a_line(lines, text):
        values = ((n, parse_value(line, path, n, form=form)) for n, line in lines)
        if len(lines) == 1:
            yield from _elements_of_line(*next(values))
        else:
            yield from values
    else:
        yield from _Scanner(text.removeprefix(BOM), path, form).values()


def parse_value(text: str, path: Path, line: int, *, form: str) -> Any:
    """RETURNS (Any): the value that the text is. RAISES (DataError): it is none, or no text can hold it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid(error, path, line, form) from error
    _check_whole(text, value, path, line)
    return value


def parse_object(value: Any, path: Path, line: int, *, form: str) -> dict[str, Any]:
    """RETURNS (dict): the value, which is an object. RAISES (DataError): it is something else."""
    if not isinstance(value, dict):
        raise DataError(f"found a JSON {type(value).__name__}; expected an object, {form}.", path, line)
    return value


def shown(value: Any) -> str:
    """RETURNS (str): the value as JSON, for a message: short, in one line, and printable."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__} too deep or too long to show"
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[: N_SHOWN + 1]
    )
    return text if len(text) <= N_SHOWN else text[:N_SHOWN] + "…"


def is_pair(value: Any) -> bool:
    """Whether a list is a text with its annotation, as spaCy's TRAIN_DATA has it, and no array of records."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
    )


def _is_value_a_line(lines: list[tuple[int, str]], text: str) -> bool:
    """Whether the file is JSON lines: the first line is a value, or it is broken and another one is."""
    if _is_container(lines[0][1]):
        return True
    if lines[0][1] in ("[", "{") or not any(_is_container(line) for _, line in lines[1:3] + lines[-1:]):
        return False
    return not _begins_with_value(text)


def _begins_with_value(text: str) -> bool:
    try:
        DECODER.raw_decode(text.lstrip(BLANKS))
    except (ValueError, RecursionError):
        return False
    return True


def _is_container(line: str) -> bool:
    try:
        return isinstance(json.loads(line), (dict, list))
    except json.JSONDecodeError:
        return False
    except (ValueError, RecursionError):  # a value, though none that can be read
        return True


def _elements_of_line(line: int, value: Any) -> Iterator[Numbered]:
    if (
        isinstance(value, list)
        and value
        and not is_pair(value)
        and all(isinstance(e, (dict, list)) for e in value)
    ):
        yield from ((line, element) for element in value)
    else:
        yield line, value


class _Scanner:
    """Goes through a text that is one value or several, and counts its lines."""

    def __init__(self, text: str, path: Path, form: str):
        self.text, self.path, self.form = text, path, form
        self.position, self.line, self.counted = 0, 1, 0

    def values(self) -> Iterator[Numbered]:
        """The values, those of a first array one by one."""
        if self._next_character() == "[" and not BEGINS_WITH_TEXT.match(self.text, self.position):
            yield from self._elements()
        while self._next_character():
            yield self._value()

    def _elements(self) -> Iterator[Numbered]:
        self.position += 1
        while self._next_character() not in ("]", ""):
            yield self._value()
            if self._next_character() == ",":
                self.position += 1
            elif self._next_character() != "]":
                raise DataError(
                    f"found no valid JSON; expected a comma or ], and {self.form}.", self.path, self.line
                )
        self.position += 1

    def _value(self) -> Numbered:
        start, line = self.position, self.line
        try:
            value, self.position = DECODER.raw_decode(self.text, start)
        except (ValueError, RecursionError) as error:
            where = error.lineno if isinstance(error, json.JSONDecodeError) else line
            raise _invalid(error, self.path, where, self.form) from error
        _check_whole(self.text[start : self.position], value, self.path, line)
        return line, value

    def _next_character(self) -> str:
        """Skip what is invisible; "" at the end."""
        while self.position < len(self.text) and is_invisible(self.text[self.position]):
            self.position += 1
        self.line += self.text.count("\n", self.counted, self.position)
        self.counted = self.position
        return self.text[self.position : self.position + 1]


def _check_whole(text: str, value: Any, path: Path, line: int) -> None:
    try:
        is_whole = not (ESCAPED_HALF.search(text) and HALF_PAIR.search(json.dumps(value, ensure_ascii=False)))
    except RecursionError:
        is_whole = False
    if not is_whole:
        raise DataError("found half of a surrogate pair; expected whole characters.", path, line)


def _invalid(error: Exception, path: Path, line: int, form: str) -> DataError:
    if isinstance(error, json.JSONDecodeError):
        reason = f"{error.msg} at column {error.colno}"
    elif isinstance(error, RecursionError):
        reason = "nested too deeply"
    else:
        reason = "a number with too many digits"
    return DataError(f"found no valid JSON ({reason}); expected one object a line, {form}.", path, line)
