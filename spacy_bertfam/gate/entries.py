"""What a folder holds: files that are files, and links that stay within it; the one way to open them."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..errors import CheckpointError

# Where the system has them: a pipe opens at once and is refused, where a reader would wait for its writer
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
NO_FILE = "a pipe, socket or device; expected a file: remove it."


def list_entries(folder: Path, *, home: Path | None = None) -> frozenset[str]:
    """List the names in a folder itself; those of folders end in "/".

    Nobody follows links to folders, and they may lead anywhere; links to files may not leave the folder, but for
    the hub's cache, whose ``snapshots/REVISION`` links to ``blobs`` of the same repository.

    home (Path | None): the folder that it is a part of, which its links may not leave, and it neither.
    RETURNS (frozenset[str]): the names.
    RAISES (CheckpointError): at a link that leads out or nowhere, a pipe, a socket or a device.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "does not exist"
        raise CheckpointError(f"{folder} {found}; expected the folder of a Hugging Face checkpoint.")
    if home is not None and folder.is_symlink():
        raise CheckpointError(f"{folder} is a link; expected a folder: copy it in, or remove it.")
    with os.scandir(folder) as entries:
        return frozenset(_checked_name(home or folder, entry) for entry in entries)


def open_file(path: Path) -> BinaryIO:
    """Open a file of a folder whose entries were checked.

    It may have been exchanged since: what is no file any more is refused, and never waited for.
    RAISES (CheckpointError): where it cannot be opened, or is no file.
    """
    try:
        descriptor = os.open(path, FLAGS)
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"{path} cannot be opened ({reason}); expected a readable file.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CheckpointError(f"{path} is a folder, pipe, socket or device; expected a file: remove it.")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, max_bytes: int, *, what: str) -> bytes:
    """Read a file as ``open_file`` opens it.

    what (str): what is expected in it, as "settings", for the error where there is more than ``max_bytes``.
    """
    with open_file(path) as file:
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes > max_bytes:
            raise CheckpointError(
                f"{path} has {n_bytes:,} bytes; expected at most {max_bytes:,} of {what}. Is it the right file?"
            )
        return file.read(max_bytes)


def _checked_name(home: Path, entry: "os.DirEntry[str]") -> str:
    if os.path.isdir(entry.path):  # entry.is_dir() raises at a circle of links
        return f"{entry.name}/"
    if entry.is_symlink():
        _check_link(home, Path(entry.path))
    elif not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        raise CheckpointError(f"{entry.path} is {NO_FILE}")
    return entry.name


def _check_link(home: Path, link: Path) -> None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # Python before 3.13 raises a RuntimeError at a circle
        raise CheckpointError(f"{link} is a link that leads nowhere; expected a file: copy it in.") from error
    home = home.resolve()
    inside = [home]
    if home.parent.name == "snapshots":
        inside.append(home.parent.parent / "blobs")
    if not any(target.is_relative_to(place) for place in inside):
        raise CheckpointError(
            f"{link} is a link that leads out of the folder, to {target}; expected a file: copy it in."
        )
    if not target.is_file():
        raise CheckpointError(f"{link} is a link to {NO_FILE}")
