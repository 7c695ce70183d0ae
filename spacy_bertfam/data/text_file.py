"""Text files as strict UTF-8: the same characters on every platform, and an error that names the line."""

from pathlib import Path

from .errors import DataError

BOM = "\ufeff"


def read_text(path: Path) -> str:
    """Line ends and a BOM are left as they are, because stand-off annotation counts them.

    RAISES (DataError): the file cannot be opened or is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); expected a readable file.", path) from error
    try:
        return raw.decode("utf8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{raw[error.start]:02x}, which is not UTF-8"
        raise DataError(f"{found}; save the file in the encoding UTF-8.", path, line) from error


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines without their ends and without a BOM, each with its number from 1.

    Only LF and CRLF end a line: str.splitlines would also cut at U+0085 and U+2028, which occur inside texts.
    """
    lines = read_text(path).removeprefix(BOM).split("\n")
    return [(number, line.removesuffix("\r")) for number, line in enumerate(lines, start=1)]
