"""Files -> text: unpacked within bounds, decoded by what their bytes are, and an error that names the line.

UTF-8, UTF-16, UTF-32 and Windows-1252 are told by their bytes; what is something else is refused by its name.
"""

import bz2
import codecs
import gzip
import logging
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedIOBase
from pathlib import Path
from typing import IO

from ..errors import DataError

BOM = "\ufeff"
# ending -> the first bytes of such a file, and what opens it
PACKED: dict[str, tuple[bytes, Callable[[IO[bytes]], BufferedIOBase]]] = {
    ".bz2": (b"BZh", lambda file: bz2.BZ2File(file)),
    ".gz": (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    ".zip": (b"PK\x03\x04", lambda file: _only_file(file)),
}
# What an archive may hold beside its one file: of macOS, and of UIMA
BESIDE_IN_ZIP = re.compile(r"(?:.*/)?(?:\..*|__MACOSX/.*|TypeSystem\.xml)")
# Text packs to a tenth, a list of like lines to a fiftieth; a file made to fill the memory to a thousandth
RATIO, SMALL = 100, 64 << 20
CHUNK, HEAD = 1 << 20, 1 << 16
# codec -> its byte order mark and its name; UTF-16's mark begins UTF-32's
CODECS = {
    "utf-8": (codecs.BOM_UTF8, "UTF-8"),
    "utf-32-le": (codecs.BOM_UTF32_LE, "UTF-32"),
    "utf-32-be": (codecs.BOM_UTF32_BE, "UTF-32"),
    "utf-16-le": (codecs.BOM_UTF16_LE, "UTF-16"),
    "utf-16-be": (codecs.BOM_UTF16_BE, "UTF-16"),
}
WESTERN = "Windows-1252 (Latin-1)"
# The first bytes of files that are no text
NO_TEXT = {
    b"%PDF": "a PDF file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"\xfd7zXZ": "an .xz archive",
    b"7z\xbc\xaf": "a .7z archive",
    b"\x28\xb5\x2f\xfd": "a .zst archive",
    b"SQLite format 3": "an SQLite database (`prodigy db-out` writes Prodigy's as JSON lines)",
    b"version https://git-lfs": "a Git LFS pointer (`git lfs pull` fetches the file)",
    b"{\\rtf": "an RTF file",
    b"x\x9c": "spaCy's binary format, which needs no conversion",
}
WORD = re.compile(r"[^\W\d_]{2,}")
FOREIGN_SHARE = 0.2  # of words of nothing but accented letters among those that have one

# The last two: an archive has a password, or a compression that is not known
NOT_UNPACKED = (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, RuntimeError)

Note = Callable[[str, str], None]  # takes a sentence and the name of the file that it is about


@cache
def log_note(sentence: str, source: str) -> None:
    """Log a warning, once, for readers without a report that has its notes."""
    logging.getLogger("spacy").warning("%s %s", source, sentence)


@contextmanager
def located(path: Path | None = None, line: int | None = None) -> Iterator[None]:
    """Within it, a DataError that names no file is about this one, and about this line of it, or of one that is told
    further out."""
    try:
        yield
    except DataError as error:
        if error.path is not None:
            raise
        raise DataError(str(error), path, line or error.line) from error


def read_text(path: Path, source: str = "", note: Note = log_note) -> str:
    """Line ends and a BOM are left as they are, because stand-off annotation counts them.

    A .gz or .bz2 file is unpacked, and a .zip file that holds one file.
    note (Note): gets a sentence where the encoding is not UTF-8, under the name `source`.
    RAISES (DataError): when the file cannot be opened or unpacked, or is no text.
    """
    with located(path):
        return decode_noted(_read_bytes(path), source or str(path), note)


def decode_noted(data: bytes, source: str, note: Note = log_note) -> str:
    """RETURNS (str): the bytes as text; an encoding other than UTF-8 is noted.

    RAISES (DataError): when they are no text.
    """
    text, encoding = _decode(data)
    if encoding != "UTF-8":
        note(f"is in {encoding}, and was read so; save it in UTF-8 if a character is wrong.", source)
    return text


def read_start(path: Path) -> tuple[bytes, str]:
    """RETURNS (tuple[bytes, str]): the first bytes of a file, unpacked, and what they say as text, without BOM.

    RAISES (DataError): when it cannot be opened or unpacked.
    """
    with located(path):
        data = _read_bytes(path, HEAD)
    return data, data.decode(_codec(data), errors="replace").removeprefix(BOM)


def suffix_of(path: Path) -> str:
    """RETURNS (str): the ending that says the format: that before .gz, .bz2 or .zip, in small letters."""
    return unpacked_name(path).suffix.lower()


def unpacked_name(path: Path) -> Path:
    """RETURNS (Path): without .gz, .bz2 or .zip."""
    return path.with_suffix("") if path.suffix.lower() in PACKED else path


def split_lines(text: str) -> list[str]:
    """Cut a text into lines without their ends; files put together by `cat` have a BOM in the middle.

    Only LF and CRLF end a line, or CR in a text that has no LF: str.splitlines would also cut at U+0085 and
    U+2028, which occur inside texts.
    """
    end = "\n" if "\n" in text else "\r"
    return [line.removesuffix("\r").removeprefix(BOM) for line in text.split(end)]


def _read_bytes(path: Path, size: int | None = None) -> bytes:
    """The bytes of a file, unpacked, or the first `size` of them."""
    if os.path.exists(path) and not os.path.isfile(path):  # a device may have no end, and a pipe no writer
        raise DataError("is no regular file; expected one.")
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            by_start = (opener for magic, opener in PACKED.values() if start.startswith(magic))
            unpack = PACKED[path.suffix.lower()][1] if path.suffix.lower() in PACKED else next(by_start, None)
            return file.read(size) if unpack is None else _unpacked(unpack, file, path, size)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); expected a readable file.") from error


def _only_file(file: IO[bytes]) -> BufferedIOBase:
    archive = zipfile.ZipFile(file)
    found = [each for each in archive.infolist() if not each.is_dir()]
    found = [each for each in found if not BESIDE_IN_ZIP.fullmatch(each.filename)]
    if len(found) != 1:
        expected = "expected one: unpack it and give the folder, or save a Word or Excel file as text"
        raise DataError(f"is an archive of {len(found)} files; {expected}.")
    return archive.open(found[0])  # type: ignore[return-value]


def _unpacked(
    unpack: Callable[[IO[bytes]], BufferedIOBase], file: IO[bytes], path: Path, size: int | None
) -> bytes:
    n_packed = path.stat().st_size
    limit = max(SMALL, RATIO * n_packed)
    chunks, total = [], 0
    try:
        stream = unpack(file)
        while total < (limit + 1 if size is None else size) and (chunk := stream.read(CHUNK)):
            chunks.append(chunk)
            total += len(chunk)
    except NOT_UNPACKED as error:
        found = f"cannot be unpacked ({error})"
        raise DataError(f"{found}; expected a whole {path.suffix} file: fetch it again.") from error
    if size is None and total > limit:
        found = f"unpacks to more than {limit:,} bytes from {n_packed:,}, as no text does"
        raise DataError(f"{found}; unpack it yourself if it is what you want to read.")
    return b"".join(chunks)[:size]


def _decode(data: bytes) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): the text, with its BOM if it has one, and the name of the encoding.

    RAISES (DataError): when the bytes are no text, or in an encoding that they do not tell.
    """
    kind = next((kind for start, kind in NO_TEXT.items() if data.startswith(start)), None)
    if kind is not None:
        raise DataError(f"seems to be {kind}; expected a text file.")
    codec = _codec(data)
    name = CODECS[codec][1]
    try:
        return data.decode(codec), name
    except UnicodeDecodeError as error:
        is_other = codec == "utf-8" and not _is_broken_utf8(data)
        text = _western(data) if is_other else None
        if text is not None:
            return text, WESTERN
        names = f"{name} nor {WESTERN}" if is_other else name
        line = data[: error.start].decode(codec, errors="replace").count("\n") + 1
        found = f"found the byte 0x{data[error.start]:02x}, which is not {names}"
        raise DataError(f"{found}; save the file in the encoding UTF-8.", line=line) from error


def _codec(data: bytes) -> str:
    """By the byte order mark; without one by zeros, which ASCII leaves in every second or fourth byte."""
    marked = next((codec for codec, (mark, _) in CODECS.items() if data.startswith(mark)), None)
    sample = data[:HEAD]
    if marked is not None or 0 not in sample:
        return marked or "utf-8"
    a, b, c, d = (sample[i::4].count(0) / max(1, len(sample[i::4])) for i in range(4))
    if min(c, d) > 0.9:
        return "utf-32-le"
    if min(a, b) > 0.9:
        return "utf-32-be"
    if min(b, d) > 0.4 > max(a, c):
        return "utf-16-le"
    return "utf-16-be" if min(a, c) > 0.4 > max(b, d) else "utf-8"


def _is_broken_utf8(data: bytes) -> bool:
    """Whether most bytes beyond ASCII are UTF-8: a file cut off or spoilt, and not another encoding."""
    valid = sum(len(c.encode()) for c in data.decode("utf-8", errors="ignore") if c > "\x7f")
    return valid > sum(byte > 0x7F for byte in data) - valid


def _western(data: bytes) -> str | None:
    """RETURNS (str | None): the text in Windows-1252, None where it does not look like text of a western language.

    Cyrillic, Greek or Chinese in their old encodings would have whole words of accented letters; central European,
    DOS and Macintosh ones signs (a "superscript three") inside their words, or bytes without a meaning.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    high = [i for i, c in enumerate(text) if c > "\x7f"]
    n_signs = sum(_is_sign_in_word(text, i) for i in high)
    words = [word for word in WORD.findall(text) if not word.isascii()]
    n_foreign = sum(all(c > "\x7f" for c in word) for word in words)
    is_binary = any(c < " " and c not in "\t\n\r\f\v\x1c\x1d\x1e" for c in text)
    if is_binary or n_foreign > FOREIGN_SHARE * len(words) or n_signs > 0.1 * len(high):
        return None
    return text


def _is_sign_in_word(text: str, i: int) -> bool:
    if text[i] == "Ÿ" and text[i - 1 : i].islower():
        return True  # another letter in Windows-1250
    if text[i].isalpha() or text[i] in "’‘\xad·–—\xa0…":
        return False
    return text[i - 1 : i].isalpha() and text[i + 1 : i + 2].isalpha()
