"""A Python file of the user's, with registered functions that a config names."""

from pathlib import Path
from typing import Optional

from ..errors import UserError


def import_code(path: Optional[Path]) -> None:
    """Import it, if there is one.

    RAISES (UserError): when there is no such file, or it fails; the error of its own is the cause.
    """
    from spacy.util import import_file

    if path is None:
        return
    if not path.is_file():
        raise UserError(f"No file {path}; expected the Python code that --code names.")
    try:
        import_file("python_code", path)
    except Exception as error:  # whatever the user's code does
        raise UserError(
            f"The code in {path} fails ({type(error).__name__}: {error}); expected a file that can be imported."
        ) from error
