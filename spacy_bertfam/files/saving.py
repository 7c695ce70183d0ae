"""Files and folders that are whole or not there: written beside their place, and moved."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import UserError, WriteError

# How errors that wrap others name those of the system: libraries in Rust, as safetensors, and `shutil.copytree`
OS_ERROR = re.compile(r"os error (\d+)|Os \{ code: (\d+)|\[Errno (\d+)\]")
REASONS = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file is larger than the disk, or a limit of this process, allows",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.ENOTDIR: "a part of its path is a file",
    errno.EEXIST: "a part of its path is a file",
    errno.ENAMETOOLONG: "its name is too long",
}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def written_beside(folder: Path) -> Iterator[Path]:
    """An empty folder to write into; its files are moved to ``folder`` once all of them are there.

    Whatever interrupts the writing, each file of ``folder`` is the old one or the new one, never a half.
    Files that ``folder`` has besides stay.
    RAISES (WriteError): when it cannot be written.
    """
    with naming(folder):
        was_there = folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            # Within the folder: a move across file systems would be a copy.
            with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as name:
                temporary = Path(name)
                yield temporary
                for path in sorted(temporary.rglob("*")):
                    if path.is_file():
                        place = folder / path.relative_to(temporary)
                        place.parent.mkdir(parents=True, exist_ok=True)
                        os.replace(path, place)
        except BaseException:
            if not was_there:
                shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """A place to make a folder in, which then stands for ``folder`` and all that was in it.

    Whatever interrupts the writing, ``folder`` is the old one; between two moves, for an instant, it is not there.
    RAISES (WriteError): when it cannot be written.
    """
    with naming(folder):
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


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file as `write_files` does; text in UTF-8."""
    write_files({path: content.encode("utf8") if isinstance(content, str) else content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write all files beside their places, then move all there; makes missing folders. A device is written to.

    RAISES (WriteError): when one cannot be written.
    """
    beside: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            with naming(path):
                if path.is_dir():
                    raise WriteError(
                        f"{path} is a folder and cannot be written; expected the path of a file."
                    )
                if path.exists() and not path.is_file():
                    path.write_bytes(content)
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                beside[path] = path.with_name(f".{path.name}-{os.getpid()}")
                beside[path].write_bytes(content)
        for path, part in beside.items():
            with naming(path):
                part.replace(path)
    finally:
        for part in beside.values():
            with suppress(OSError, ValueError):
                part.unlink(missing_ok=True)


def require_new(place: Path, *, or_empty: bool = False) -> None:
    """Find out before the work whether its result can be written: nothing is there, and a folder can be made.

    or_empty (bool): an empty folder may be there.
    RAISES (UserError): when there is something in its place. RAISES (WriteError): when it cannot be written.
    """
    with naming(place):
        is_empty = or_empty and place.is_dir() and not any(place.iterdir())
        if (place.exists() or place.is_symlink()) and not is_empty:
            kind = "file" if place.is_file() and place.suffix else "folder"
            raise UserError(f"{place} exists already; expected a new {kind}, so that nothing is overwritten.")
    require_writable(place)


def require_writable(place: Path, *, n_bytes: int = 0) -> None:
    """RAISES (WriteError): when no folder can be made beside ``place``, or the disk has fewer than ``n_bytes`` left."""
    with naming(place):
        folder = _folder_of(place)
        tempfile.TemporaryDirectory(dir=folder, prefix=f".{place.name}-").cleanup()
        free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise WriteError(
            f"{place} needs about {n_bytes / 1e6:,.1f} MB, and {folder} has {free / 1e6:,.1f} MB left; expected more "
            "room: free some, or give another place."
        )


def remove_begun(folder: Path) -> None:
    """Remove what a killed process has left of a ``replaced_whole``."""
    for path in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def naming(place: Path) -> Iterator[None]:
    """Within it an error of the disk becomes a WriteError about ``place``, not about a temporary file beside it."""
    try:
        yield
    except Exception as error:
        number = _disk_error(error, place)
        if number is None:
            raise
        named = WriteError(f"{place} cannot be written: {_reason(number, place)}.")
        named.errno = number
        raise named from error


def _disk_error(error: Exception, place: Path) -> int | None:
    """RETURNS (int | None): the system's number of an error in writing ``place``; None of all others, as of reading
    something else meanwhile."""
    if isinstance(error, UserError) and not isinstance(error, WriteError):
        return None
    if "\0" in str(place):
        return errno.EINVAL
    if isinstance(error, OSError) and error.errno is not None:
        names = [Path(os.fsdecode(name)) for name in (error.filename, error.filename2) if name]
        return error.errno if not names or any(_belongs(name, place) for name in names) else None
    found = OS_ERROR.search(str(error))
    number = int(next(filter(None, found.groups()))) if found else None
    return number if number in REASONS else None


def _belongs(name: Path, place: Path) -> bool:
    """Whether a name is that of ``place``, of what is in it or beside it on its way there, or of a folder above it."""
    name, place = name.absolute(), place.absolute()
    is_beside = any(part.startswith(f".{place.name}-") for part in name.parts)
    return is_beside or name.is_relative_to(place) or place.is_relative_to(name)


def _reason(number: int, place: Path) -> str:
    if number in FULL:
        return f"{REASONS[number]}; expected more room: free some, or give another place"
    found = REASONS.get(number) or os.strerror(number).lower()
    if number == errno.ENOENT:
        found = f"{_folder_of(place)} takes no new files"
    return f"{found}; expected a place that you may write to: give another one"


def _folder_of(place: Path) -> Path:
    """RETURNS (Path): the lowest folder above it that there is."""
    return next(parent for parent in place.absolute().parents if parent.exists())
