"""Texts at an address (s3://, gs://, hdfs://, ...) -> files of this machine, by fsspec."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError, in_a_sentence


@contextmanager
def local_copy(source: str) -> Iterator[str]:
    """A copy of a file, or a folder, at an address, removed afterwards; what has no address stays where it is.

    RAISES (DataError): when there is nothing that can be read, or what the address needs is not installed.
    """
    if "://" not in source:
        yield source
        return
    with tempfile.TemporaryDirectory() as folder:
        found = f"{source} cannot be read"
        with in_a_sentence(found, "expected what fsspec reads, with the package for it.", DataError):
            from fsspec.core import url_to_fs

            system, path = url_to_fs(source)
            copy = Path(folder) / (Path(path).name or "texts")
            system.get(path, str(copy), recursive=system.isdir(path))
        yield str(copy)
