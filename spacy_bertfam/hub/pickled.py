"""Pickled weights, where the user asks for them by name: read as weights only, kept as safetensors."""

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional


@contextmanager
def without_pickle(name: str, revision: Optional[str], *, allow: bool) -> Iterator[str]:
    """A checkpoint's name or folder; while the context is open, one with safetensors.

    name (str): a folder, or the name of a repository on the hub.
    allow (bool): convert a local folder's pickled weights, if there are no others. Nothing of them is executed.
    """
    from ..gate import convert_pickle

    folder = Path(name)
    if not allow or not folder.is_dir() or any(folder.glob("*.safetensors")):
        yield name
        return
    with tempfile.TemporaryDirectory() as temporary:
        converted = Path(temporary) / folder.resolve().name
        convert_pickle(folder, converted)
        yield str(converted)
