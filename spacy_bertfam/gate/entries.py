"""What stands in a folder: files that are files, and links that stay where they should."""

import os
import stat
from pathlib import Path
from typing import FrozenSet

from .errors import CheckpointError


def list_entries(folder: Path) -> FrozenSet[str]:
    """RETURNS (FrozenSet[str]): the names in the folder itself; those of folders end in "/".

    Links to folders are not followed by anybody and may lead anywhere; links to files may not leave the
    folder, but for the hub's cache, whose ``snapshots/REVISION`` links to ``blobs`` of the same repository.
    Raises a CheckpointError at a link that leads out or nowhere, a pipe, a socket or a device.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "does not exist"
        raise CheckpointError(f"{folder} {found}; expected the folder of a Hugging Face checkpoint.")
    with os.scandir(folder) as entries:
        return frozenset(_checked_name(folder, entry) for entry in entries)


def _checked_name(folder: Path, entry: "os.DirEntry[str]") -> str:
    if os.path.isdir(entry.path):  # entry.is_dir() raises at a circle of links
        return f"{entry.name}/"
    if entry.is_symlink():
        _check_link(folder, Path(entry.path))
    elif not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        raise CheckpointError(
            f"{entry.path} is a pipe, socket or device; expected files and folders: remove it."
        )
    return entry.name


def _check_link(folder: Path, link: Path) -> None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # Python before 3.13 raises a RuntimeError at a circle
        raise CheckpointError(f"{link} is a link that leads nowhere; expected a file: copy it in.") from error
    home = folder.resolve()
    inside = [home]
    if home.parent.name == "snapshots":
        inside.append(home.parent.parent / "blobs")
    if not any(target.is_relative_to(place) for place in inside):
        raise CheckpointError(
            f"{link} is a link that leads out of the folder, to {target}; expected a file: copy it in."
        )
    if not target.is_file():
        raise CheckpointError(f"{link} links to a pipe, socket or device; expected a file: remove it.")
