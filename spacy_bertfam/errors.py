"""What the user has to put right, as opposed to what we have to."""

from pathlib import Path
from typing import Optional, Union


class UserError(ValueError):
    """Its text is one sentence: what was found, what was expected, what to do. No traceback adds to it."""


class WriteError(UserError, OSError):
    """A file or folder of the user's cannot be written: the disk is full, read-only, or not there."""


class DataError(UserError):
    """A file, or a setting about files, that the user has to put right; its text is one sentence.

    path (Path): the file at fault, if one is.
    line (int): the line at fault, counted from 1.
    """

    def __init__(self, message: str, path: Optional[Union[str, Path]] = None, line: Optional[int] = None):
        self.path = path
        self.line = line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + message)
