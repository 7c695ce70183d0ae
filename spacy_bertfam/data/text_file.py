"""Text files as strict UTF-8: the same characters on every platform, and an error that names the line."""

import bz2
import gzip
import zlib
from pathlib import Path

from .errors import DataError

BOM = "\ufeff"
COMPRESSED = {".bz2": bz2.decompress, ".gz": gzip.decompress}


def read_text(path: Path) -> str:
    """Line ends and a BOM are left as they are, because stand-off annotation counts them.

    A file that ends in .gz or .bz2 is unpacked.
    RAISES (DataError): the file cannot be opened or unpacked, or is not UTF-8.
    """
    raw = _read_bytes(path)
    try:
        return raw.decode("utf8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{raw[error.start]:02x}, which is not UTF-8"
        raise DataError(f"{found}; save the file in the encoding UTF-8.", path, line) from error


def _read_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); expected a readable file.", path) from error
    unpack = COMPRESSED.get(path.suffix.lower())
    try:
        return unpack(raw) if unpack else raw
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(
            f"cannot be unpacked ({error}); expected a whole {path.suffix} file: fetch it again.", path
        ) from error


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines without their ends and without a BOM, each with its number from 1.

    Only LF and CRLF end a line: str.splitlines would also cut at U+0085 and U+2028, which occur inside texts.
    """
    lines = read_text(path).removeprefix(BOM).split("\n")
    return [(number, line.removesuffix("\r")) for number, line in enumerate(lines, start=1)]
