"""What a user names to be shown (a text, a file, standard input) -> texts, or the docs of a `.spacy` file."""

import logging
import re
import sys
from pathlib import Path
from typing import Optional

from spacy.vocab import Vocab

from ..data.docs_file import read_docs
from ..data.encodings import decode
from ..data.json_values import HALF_PAIR, parse_object, read_values
from ..data.text_file import read_text, split_lines
from ..errors import DataError

__all__ = ["find_file", "read_docs", "read_texts"]

STDIN = "-"
SUFFIXES = (".txt", ".jsonl", ".spacy")
FORM = '{"text": "..."}'

logger = logging.getLogger("spacy")


def read_texts(source: str, vocab: Vocab, *, by_line: bool = False) -> list[str]:
    """Read texts.

    source (str): "-", the path of a `.spacy`, `.jsonl` or text file, or the text itself.
    vocab (Vocab): Only used to read a `.spacy` file.
    by_line (bool): Each line that is not blank is a text of its own; does not touch `.spacy` and `.jsonl`.
    RETURNS (list): At least one text, none of them blank.
    Raises ValueError where there is no such file, or where it does not hold what its name says.
    """
    path = find_file(source)
    suffix = "" if path is None else path.suffix.lower()
    if path is not None and suffix == ".spacy":
        texts = [doc.text for doc in read_docs(path, vocab)]
    elif path is not None and suffix == ".jsonl":
        texts = _read_jsonl(path)
    else:
        text = source if path is None and source != STDIN else "\n".join(split_lines(_read(path)))
        texts = text.split("\n") if by_line else [text]
    texts = [text for text in texts if text.strip()]
    if any(HALF_PAIR.search(text) for text in texts):
        raise ValueError(f"{_name(source, path)} holds half of a surrogate pair: give whole characters.")
    if not texts:
        raise ValueError(f"{_name(source, path)} holds no text: give one with at least one word in it.")
    return texts


def find_file(source: str) -> Optional[Path]:
    """RETURNS (Path / None): the file that is meant, None for a text or "-"; raises ValueError."""
    if source == STDIN:
        return None
    try:
        path = Path(source)
        if path.is_file():
            return path
        is_folder = path.is_dir()
    except (OSError, ValueError):  # longer than a file name may be
        return None
    if is_folder:
        raise ValueError(f"{source} is a folder: give one file of it (.txt, .jsonl or .spacy).")
    if _looks_like_path(source):
        raise ValueError(
            f"There is no file {source}: check the path, or give a text on standard input, with -."
        )
    return None


def _looks_like_path(source: str) -> bool:
    if "\n" not in source and Path(source).suffix.lower() in SUFFIXES:
        return True
    return re.fullmatch(r"\S*[/\\]\S*|\S+\.[a-z]\w{1,4}", source) is not None


def _read(path: Optional[Path]) -> str:
    """The text of a file, or of standard input."""
    if path is not None:
        return read_text(path)
    text, encoding = decode(sys.stdin.buffer.read(), Path("Standard input"))
    if encoding != "UTF-8":
        logger.warning("Standard input is in %s, and was read so.", encoding)
    return text


def _read_jsonl(path: Path) -> list[str]:
    texts = []
    for line, value in read_values(path, form=FORM):
        text = parse_object(value, path, line, form=FORM).get("text")
        if not isinstance(text, str):
            raise DataError(f'found no string under "text"; expected {FORM}.', path, line)
        texts.append(text)
    return texts


def _name(source: str, path: Optional[Path]) -> str:
    return str(path) if path is not None else "Standard input" if source == STDIN else "The argument"
