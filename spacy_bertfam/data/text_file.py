"""Files -> text: unpacked within bounds, decoded by what their bytes are, and an error that names the line."""

import bz2
import gzip
import logging
import os
import zlib
from pathlib import Path
from typing import IO, Callable, Optional, Protocol

from ..errors import DataError
from .encodings import decode, decode_start

BOM = "\ufeff"
Opener = Callable[[IO[bytes]], IO[bytes]]
# ending -> the first bytes of such a file, and what opens it
PACKED: dict[str, tuple[bytes, Opener]] = {
    ".bz2": (b"BZh", lambda file: bz2.BZ2File(file)),
    ".gz": (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),  # type: ignore[dict-item, return-value]
}
# Text packs to a tenth, a list of like lines to a fiftieth; a file made to fill the memory to a thousandth
RATIO, SMALL = 100, 64 << 20
CHUNK, HEAD = 1 << 20, 1 << 16

logger = logging.getLogger("spacy")


class Notes(Protocol):
    """A report of a conversion, which is told what there is to say about a file."""

    def note(self, sentence: str, source: str) -> None:
        """Say something about a file."""


def read_text(path: Path, report: Optional[Notes] = None, source: str = "") -> str:
    """Line ends and a BOM are left as they are, because stand-off annotation counts them.

    A .gz or .bz2 file is unpacked. An encoding other than UTF-8 is noted.
    report (Notes): gets the note, under the name `source`; without it, the note is logged.
    RAISES (DataError): the file cannot be opened or unpacked, or is no text.
    """
    text, encoding = decode(_read_bytes(path), path)
    if encoding != "UTF-8":
        sentence = f"is in {encoding}, and was read so; save it in UTF-8 if a character is wrong."
        if report is not None:
            report.note(sentence, source or path.name)
        else:
            logger.warning("%s %s", path, sentence)
    return text


def read_start(path: Path) -> str:
    """RETURNS (str): the first characters of a file, unpacked, without BOM. RAISES (DataError): as `read_text`."""
    return decode_start(_read_bytes(path, HEAD)).removeprefix(BOM)


def numbered_lines(path: Path, report: Optional[Notes] = None, source: str = "") -> list[tuple[int, str]]:
    """The lines without their ends and without a BOM, each with its number from 1.

    Only LF and CRLF end a line, or CR in a file that has no LF: str.splitlines would also cut at U+0085 and
    U+2028, which occur inside texts.
    """
    return list(enumerate(split_lines(read_text(path, report, source)), start=1))


def split_lines(text: str) -> list[str]:
    """RETURNS (list): as `numbered_lines` cuts them; files put together by `cat` have a BOM in the middle."""
    end = "\n" if "\n" in text else "\r"
    return [line.removesuffix("\r").removeprefix(BOM) for line in text.split(end)]


def _read_bytes(path: Path, size: Optional[int] = None) -> bytes:
    """The bytes of a file, unpacked, or the first `size` of them."""
    if os.path.exists(path) and not os.path.isfile(path):  # a device may have no end, and a pipe no writer
        raise DataError("is no regular file; expected one.", path)
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            unpack = _opener(path, start)
            if unpack is None:
                return file.read() if size is None else file.read(size)
            return _unpacked(file, unpack, path, size)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); expected a readable file.", path) from error


def _opener(path: Path, start: bytes) -> Optional[Opener]:
    if path.suffix.lower() in PACKED:
        return PACKED[path.suffix.lower()][1]
    return next((opener for magic, opener in PACKED.values() if start.startswith(magic)), None)


def _unpacked(file: IO[bytes], unpack: Opener, path: Path, size: Optional[int]) -> bytes:
    n_packed = path.stat().st_size
    limit = max(SMALL, RATIO * n_packed)
    chunks, total = [], 0
    try:
        with unpack(file) as stream:
            while total < (limit + 1 if size is None else size) and (chunk := stream.read(CHUNK)):
                chunks.append(chunk)
                total += len(chunk)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        found = f"cannot be unpacked ({error})"
        raise DataError(f"{found}; expected a whole {path.suffix} file: fetch it again.", path) from error
    if size is None and total > limit:
        found = f"unpacks to more than {limit:,} bytes from {n_packed:,}, as no text does"
        raise DataError(f"{found}; unpack it yourself if it is what you want to read.", path)
    return b"".join(chunks)[:size]
