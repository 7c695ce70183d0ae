"""Bytes -> text: UTF-8, UTF-16, UTF-32 or Windows-1252 by what the bytes are; all else is refused by its name."""

import codecs
import re
from pathlib import Path
from typing import Optional

from ..errors import DataError

SAMPLE = 1 << 16
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
}
WESTERN = "Windows-1252 (Latin-1)"
# The first bytes of files that are no text
NO_TEXT = {
    b"PK\x03\x04": "a zip archive, or a Word or Excel file",
    b"%PDF": "a PDF file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"\xfd7zXZ": "an .xz archive",
    b"7z\xbc\xaf": "a .7z archive",
    b"\x28\xb5\x2f\xfd": "a .zst archive",
    b"SQLite format 3": "an SQLite database (`prodigy db-out` writes Prodigy's as JSON lines)",
    b"{\\rtf": "an RTF file",
    b"x\x9c": "spaCy's binary format, which needs no conversion",
}
WORD = re.compile(r"[^\W\d_]{2,}")
FOREIGN_SHARE = 0.2  # of words of nothing but accented letters among those that have one


def decode(data: bytes, path: Optional[Path] = None) -> tuple[str, str]:
    """RETURNS (tuple): the text, with its BOM if it has one, and the name of the encoding.

    RAISES (DataError): the bytes are no text, or in an encoding that they do not tell.
    """
    kind = next((kind for start, kind in NO_TEXT.items() if data.startswith(start)), None)
    if kind is not None:
        raise DataError(f"seems to be {kind}; expected a text file.", path)
    codec = _codec(data)
    try:
        return data.decode(codec), NAMES[codec]
    except UnicodeDecodeError as error:
        text = _western(data) if codec == "utf-8" else None
        if text is not None:
            return text, WESTERN
        raise _undecodable(data, codec, error, path) from error


def decode_start(data: bytes) -> str:
    """RETURNS (str): the first bytes of a file as text, whatever they are."""
    return data.decode(_codec(data), errors="replace")


def _undecodable(data: bytes, codec: str, error: UnicodeDecodeError, path: Optional[Path]) -> DataError:
    line = data[: error.start].decode(codec, errors="replace").count("\n") + 1
    found = f"found the byte 0x{data[error.start]:02x}, which is not {NAMES[codec]}"
    if codec == "utf-8" and not _is_broken_utf8(data):
        found += f" nor {WESTERN}"
    return DataError(f"{found}; save the file in the encoding UTF-8.", path, line)


def _codec(data: bytes) -> str:
    """By the byte order mark; without one by zeros, which ASCII leaves in every second or fourth byte."""
    marked = next((codec for mark, codec in MARKS if data.startswith(mark)), None)
    sample = data[:SAMPLE]
    if marked is not None or 0 not in sample:
        return marked or "utf-8"
    zeros = [sample[i::4].count(0) / max(1, len(sample[i::4])) for i in range(4)]
    if zeros[2] > 0.9 and zeros[3] > 0.9:
        return "utf-32-le"
    if zeros[0] > 0.9 and zeros[1] > 0.9:
        return "utf-32-be"
    if min(zeros[1], zeros[3]) > 0.4 > max(zeros[0], zeros[2]):
        return "utf-16-le"
    return "utf-16-be" if min(zeros[0], zeros[2]) > 0.4 > max(zeros[1], zeros[3]) else "utf-8"


def _is_broken_utf8(data: bytes) -> bool:
    """Whether most bytes beyond ASCII are UTF-8: a file cut off or spoilt, and not another encoding."""
    valid = sum(len(c.encode()) for c in data.decode("utf-8", errors="ignore") if c > "\x7f")
    return valid > sum(byte > 0x7F for byte in data) - valid


def _western(data: bytes) -> Optional[str]:
    """RETURNS (str): the text in Windows-1252, None where it does not look like text of a western language.

    Cyrillic, Greek or Chinese in their old encodings would have whole words of accented letters; central European,
    DOS and Macintosh ones signs (a "superscript three") inside their words, or bytes without a meaning.
    """
    if _is_broken_utf8(data):
        return None
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
    if text[i].isalpha() or text[i] in "’‘\xad·–—\xa0…":
        return False
    return text[i - 1 : i].isalpha() and text[i + 1 : i + 2].isalpha()
