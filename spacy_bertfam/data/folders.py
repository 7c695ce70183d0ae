"""Folders -> the files in them that are to be read, the same on every machine."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from ..errors import DataError
from .text_file import log_note, suffix_of, unpacked_name


def files_of(folder: Path) -> list[Path]:
    """RETURNS (list[Path]): the files of a folder and of the folders in it, by name; links are followed, to no folder
    twice, and what is hidden is left alone.

    RAISES (DataError): when a folder cannot be read.
    """
    files, seen = [], set()
    for place, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link may lead into a folder above it
            folders.clear()
            continue
        seen.add(real)
        visible = (name for name in folders if not name.startswith("."))
        # a folder by its own name before a link's
        folders[:] = sorted(visible, key=lambda name: (os.path.islink(os.path.join(place, name)), name))
        files += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(filter(os.path.isfile, files))


def chosen_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """RETURNS (list[Path]): the files of a folder that end so, packed ones too, but for `.spacy`; the number of the
    others is logged.

    RAISES (DataError): when one of them is there packed and unpacked.
    """
    files = files_of(folder)
    packed = {file for file in files if unpacked_name(file) != file}
    chosen = [
        f for f in files if (kind := suffix_of(f)) in suffixes and not (kind == ".spacy" and f in packed)
    ]
    if 0 < len(chosen) < len(files):
        others = f"{len(files) - len(chosen):,} files of other endings than {', '.join(suffixes)}"
        log_note(f"has {others}, which are not read.", str(folder))
    refuse_twins(chosen, folder)
    return chosen


def refuse_twins(files: Iterable[Path], folder: Path) -> None:
    """RAISES (DataError): when one of the files is a packed copy of another one, by its name."""
    seen: dict[Path, Path] = {}
    for file in files:
        twin = seen.setdefault(unpacked_name(file), file)
        if twin != file:
            raise DataError(f"holds {twin.name} and {file.name}, the same texts twice? Remove one.", folder)


def _refuse(error: OSError) -> None:
    found = f"cannot be read ({error.strerror})"
    raise DataError(f"{found}; expected a folder that you may read.", Path(error.filename)) from error
