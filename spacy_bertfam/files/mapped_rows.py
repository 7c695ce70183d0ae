"""Where the vectors of a very long text are kept: in a nameless file that is mapped, so that memory need not hold them.

They stay an ordinary array in ``doc.tensor``. Whoever reads or writes it part by part calls ``let_go`` after each
part; what was written is in the file then, and comes back when it is read. The file is gone with the array.
"""

import mmap
import os
import shutil
import tempfile
import warnings
from typing import cast

import numpy as np
from thinc.types import Floats2d

# Bytes of one text's vectors from which on they are kept in a file: 43,690 words at a width of 384
MIN_BYTES = 64 * 2**20
ADVICE = getattr(mmap, "MADV_DONTNEED", None)  # not on Windows, which takes pages away by itself


def new_rows(n_rows: int, width: int) -> Floats2d:
    """RETURNS (Floats2d): zeros, in memory or in a file in the system's folder for temporary ones (TMPDIR).

    Warns where there is no room for the file, and takes memory.
    """
    n_bytes = n_rows * width * 4
    if n_bytes >= MIN_BYTES:
        try:
            with tempfile.TemporaryFile(prefix="bertfam-") as file:
                _reserve(file.fileno(), n_bytes)
                # the mapping has a handle of its own
                mapped = np.memmap(file, dtype=np.float32, mode="w+", shape=(n_rows, width))
            return cast(Floats2d, np.asarray(mapped))
        except OSError as error:
            warnings.warn(
                f"The vectors of a text of {n_rows:,} tokens take {n_bytes / 2**20:,.0f} MB, which could not be had "
                f"in {tempfile.gettempdir()} ({error}): they are kept in memory. TMPDIR names another folder.",
                stacklevel=2,
            )
    return cast(Floats2d, np.zeros((n_rows, width), dtype=np.float32))


def _reserve(descriptor: int, n_bytes: int) -> None:
    """Make sure of the room: writing to a mapped file on a full disk ends the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
        return
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 2 * n_bytes:
        raise OSError(f"{free / 2**20:,.0f} MB are free")


def let_go(rows: object) -> None:
    """The memory that holds some rows of a mapped file may be used for something else; nothing for other arrays."""
    mapped = _find_mapping(rows)
    if mapped is not None and ADVICE is not None:
        mapped.madvise(ADVICE)


def _find_mapping(rows: object) -> mmap.mmap | None:
    while isinstance(rows, np.ndarray):
        rows = rows.base
    return rows if isinstance(rows, mmap.mmap) else None
