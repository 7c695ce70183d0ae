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
            name = path.partition("?")[0] if source.startswith("http") else path
            copy = Path(folder) / (Path(name).name or "texts")
            paths = [path]
            if system.isdir(path):
                copy.mkdir()
                paths = [each for each in system.find(path) if not each.endswith("/")]
            copies = [copy / each[len(path) :].lstrip("/") for each in paths]
            if any(".." in each.parts or not each.is_relative_to(copy) for each in copies):
                expected = "expected a folder whose names have no `..`"
                raise DataError(f"{found} (a name leads out of it); {expected}.")
            for each in copies:
                each.parent.mkdir(parents=True, exist_ok=True)
            # lists: a path by itself is a pattern where it has ?, * or [
            system.get(paths, [str(each) for each in copies])
        yield str(copy)
