"""Files written beside their place and moved there when they are whole."""

import os
from collections.abc import Mapping
from pathlib import Path

from .errors import DataError


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write all files, then move all into place; an interruption leaves no half a file under its name.

    RAISES (DataError): a folder or file cannot be written.
    """
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in contents}
    path = Path()
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside[path].write_bytes(content)
        for path, temporary in beside.items():
            os.replace(temporary, path)
    except OSError as error:
        found = f"cannot be written ({error.strerror})"
        raise DataError(f"{found}; expected a place for a file that you may write.", path) from error
    finally:
        for temporary in beside.values():
            if temporary.exists():  # unlink(missing_ok=True) raises where the parent is a file
                temporary.unlink()
