"""Files written beside their place and moved there when they are whole."""

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import DataError


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write all files, then move all into place; an interruption leaves no half a file under its name.

    RAISES (DataError): a folder or file cannot be written.
    """
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in contents}
    path = Path()
    try:
        for path, content in contents.items():
            if os.path.isdir(path):  # seen before anything is moved
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            path.parent.mkdir(parents=True, exist_ok=True)
            beside[path].write_bytes(content)
        for path, temporary in beside.items():
            os.replace(temporary, path)
    except (OSError, ValueError) as error:  # a ValueError of a name that no file can have
        found = f"cannot be written ({getattr(error, 'strerror', None) or error})"
        raise DataError(f"{found}; expected a place where you may write: give another path.", path) from error
    finally:
        for temporary in beside.values():
            with suppress(OSError, ValueError):
                temporary.unlink(missing_ok=True)
