"""One row of the table of hostile checkpoints, and the two plainest ways to spoil a folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkpoint_edits import set_fields

Build = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Hostile:
    """`build(folder, canary)` spoils a folder; what runs any of its code leaves the file `canary`."""

    name: str
    build: Build
    reason: str


def fields(file: str, **values: Any) -> Build:
    """Settings of a JSON file."""
    return lambda folder, canary: set_fields(folder / file, **values)


def content(file: str, value: bytes) -> Build:
    """A file as a whole."""
    return lambda folder, canary: (folder / file).write_bytes(value) and None
