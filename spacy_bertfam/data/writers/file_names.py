"""Names of files for texts, where each text has a file of its own."""

import re
from itertools import chain, count
from pathlib import Path

ENDING = re.compile(r"\.(?:txt|ann)$")
UNSAFE = re.compile(r"[^\w.-]+")
LONGEST = 100  # characters: file systems take 255 bytes


def new_file(folder: Path, name: str | int, number: int, suffix: str) -> Path:
    """RETURNS (Path): a file of that ending which is not there yet, named after the text, and by its number where
    others have the same name."""
    known = ENDING.sub("", name) if isinstance(name, str) else f"{name:06d}"
    safe = UNSAFE.sub("_", known).strip("._")[:LONGEST] or "text"
    names = chain((safe,), (f"{safe}-{n}" for n in count(number)))
    return next(path for name in names if not (path := folder / f"{name}{suffix}").exists())
