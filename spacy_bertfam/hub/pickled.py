"""Pickled weights, where the user asks for them by name: read as weights only, kept as safetensors."""

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

from ..encoder.checkpoint.source import find_checkpoint
from ..gate import convert_pickle
from ..gate.entries import list_entries
from ..gate.weights import has_safetensors


@contextmanager
def without_pickle(name: str, revision: Optional[str], *, allow: bool) -> Iterator[str]:
    """A checkpoint's name or folder; while the context is open, one with safetensors.

    name (str): a folder, or the name of a repository on the hub.
    allow (bool): convert pickled weights, if there are no others. Nothing of them is executed.
    """
    folder = find_checkpoint(name, revision, allow_pickle=True) if allow else None
    if folder is None or has_safetensors(list_entries(folder)):
        yield name
        return
    with tempfile.TemporaryDirectory() as temporary:
        # in the hub's cache the folder is named after a commit
        label = folder.resolve().name if Path(name).expanduser().is_dir() else name.rpartition("/")[2]
        yield str(convert_pickle(folder, Path(temporary) / label))
