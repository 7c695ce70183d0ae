"""A folder that appears whole or not at all, with a note of what it was made from."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import EncoderError

NOTE = "origin.json"


def read_note(out: Path) -> dict[str, Any] | None:
    """RETURNS (dict): what the folder was made from; None when this command did not make it."""
    try:
        return json.loads((out / NOTE).read_text(encoding="utf8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None


def write_note(out: Path, note: dict[str, Any]) -> None:
    """Leave the note in the folder."""
    (out / NOTE).write_text(json.dumps(note, ensure_ascii=False, indent=1) + "\n", encoding="utf8")


def check_replaceable(out: Path) -> None:
    """Raise EncoderError when `out` holds something that this command did not make."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and read_note(out) is None):
        raise EncoderError(
            f"{out} exists and was not made by this command (no {NOTE} in it): name another place, or remove"
            " it first."
        )


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """An empty folder beside `out`, moved into its place when the block ends well, else removed."""
    out = out.resolve()
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    before = out.with_name(f".{out.name}.{os.getpid()}.old")
    beside.mkdir(parents=True)
    try:
        yield beside
        if out.exists():
            out.rename(before)
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
