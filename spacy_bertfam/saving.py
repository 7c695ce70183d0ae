"""Folders whose files are whole or not there: written beside their place, and moved."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator


@contextmanager
def written_beside(folder: Path) -> Iterator[Path]:
    """An empty folder to write into; its files are moved to ``folder`` once all of them are there.

    Whatever interrupts the writing, each file of ``folder`` is the old one or the new one, never a half.
    Files that ``folder`` has besides stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Within the folder: a move across file systems would be a copy.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as name:
        temporary = Path(name)
        yield temporary
        for path in sorted(temporary.rglob("*")):
            if path.is_file():
                place = folder / path.relative_to(temporary)
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, place)


@contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """A place to make a folder in, which then stands for ``folder`` and all that was in it.

    Whatever interrupts the writing, ``folder`` is the old one; between two moves, for an instant, it is not there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=folder.parent, prefix=f".{folder.name}-", ignore_cleanup_errors=True
    ) as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        new.mkdir()
        yield new
        if folder.exists():
            os.rename(folder, old)
        try:
            os.rename(new, folder)
        except BaseException:
            if old.exists() and not folder.exists():
                os.rename(old, folder)
            raise


def remove_begun(folder: Path) -> None:
    """Remove what a killed process has left of a ``replaced_whole``."""
    for path in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(path, ignore_errors=True)
