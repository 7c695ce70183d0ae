"""Which files were opened, and by whom: Python's audit events, and on Linux what the kernel saw, so native code too."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

GATE = str(Path("gate", "entries.py"))
IN_OPEN, IN_ISDIR, IN_NONBLOCK = 0x20, 0x40000000, os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0
HEADER = struct.Struct("iIII")
_listening: list["Opened"] = []


@dataclass
class Opened:
    """What was opened while it listened."""

    by_gate: set[Path] = field(default_factory=set)
    # opened by others without the gate having been there before
    before_gate: list[Path] = field(default_factory=list)
    others: set[Path] = field(default_factory=set)  # by anybody else, in order or not
    native: set[Path] = field(
        default_factory=set
    )  # by anybody, natively or not, in the folders that are watched

    def note(self, path: Path, *, is_gate: bool) -> None:
        """Take in an audit event."""
        if is_gate:
            self.by_gate.add(path)
            return
        self.others.add(path)
        if path not in self.by_gate:
            self.before_gate.append(path)


def _audit(event: str, arguments: tuple) -> None:
    if event != "open" or not _listening or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    path = Path(os.path.abspath(os.fsdecode(arguments[0])))
    frame = sys._getframe(1)
    for opened in _listening:
        opened.note(path, is_gate=frame.f_code.co_filename.endswith(GATE))


sys.addaudithook(_audit)  # can never be taken away again


@contextmanager
def opened_files(*folders: Path) -> Iterator[Opened]:
    """
    folders (Path): watched by the kernel too, with the folders in them.
    YIELDS (Opened): what was opened, complete after the context.
    """
    opened = Opened()
    watch = _Watch([path for folder in folders for path in [folder, *folder.rglob("*")] if path.is_dir()])
    _listening.append(opened)
    try:
        yield opened
    finally:
        _listening.remove(opened)
        opened.native = watch.close()


class _Watch:
    """inotify, where there is one."""

    def __init__(self, folders: list[Path]) -> None:
        self.places: dict[int, Path] = {}
        self.file = -1
        if sys.platform == "linux":
            self.libc = ctypes.CDLL(None, use_errno=True)
            self.file = self.libc.inotify_init1(IN_NONBLOCK)
            for folder in folders:
                self.places[self.libc.inotify_add_watch(self.file, os.fsencode(folder), IN_OPEN)] = folder

    def close(self) -> set[Path]:
        """RETURNS (set[Path]): the files that were opened."""
        found: set[Path] = set()
        if self.file < 0:
            return found
        try:
            while content := os.read(self.file, 1 << 16):
                found |= set(self._files(content))
        except BlockingIOError:
            pass
        os.close(self.file)
        return found

    def _files(self, content: bytes) -> Iterator[Path]:
        at = 0
        while at < len(content):
            place, mask, _, size = HEADER.unpack_from(content, at)
            name = content[at + HEADER.size : at + HEADER.size + size].rstrip(b"\0")
            at += HEADER.size + size
            if name and not mask & IN_ISDIR:
                yield self.places[place] / os.fsdecode(name)
