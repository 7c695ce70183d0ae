"""The one exception for input that is not what it says it is."""

from pathlib import Path
from typing import Optional, Union

from ..errors import UserError


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
