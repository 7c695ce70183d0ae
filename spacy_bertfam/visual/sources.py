"""What a user names to be shown (a text, a file, standard input) -> texts, or the docs of a `.spacy` file."""

import json
import re
import sys
from pathlib import Path
from typing import Optional

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

STDIN = "-"
SUFFIXES = (".txt", ".jsonl", ".spacy")
HALF_PAIR = re.compile("[\ud800-\udfff]")  # from a JSON escape or a broken argument; spaCy cannot hold one


def read_texts(source: str, vocab: Vocab, *, by_line: bool = False) -> list[str]:
    """Read texts.

    source (str): "-", the path of a `.spacy`, `.jsonl` or UTF-8 text file, or the text itself.
    vocab (Vocab): Only used to read a `.spacy` file.
    by_line (bool): Each line that is not blank is a text of its own; does not touch `.spacy` and `.jsonl`.
    RETURNS (list): At least one text, none of them blank.
    Raises ValueError where there is no such file, or where it does not hold what its name says.
    """
    path = find_file(source)
    if path is not None and path.suffix == ".spacy":
        texts = [doc.text for doc in read_docs(path, vocab)]
    elif path is not None and path.suffix == ".jsonl":
        texts = _read_jsonl(path)
    else:
        text = _read_stdin() if source == STDIN else source if path is None else _read_text(path)
        texts = text.split("\n") if by_line else [text]
    texts = [text for text in texts if text.strip()]
    if any(HALF_PAIR.search(text) for text in texts):
        raise ValueError(f"{_name(source, path)} holds half of a surrogate pair: give whole characters.")
    if not texts:
        raise ValueError(f"{_name(source, path)} holds no text: give one with at least one word in it.")
    return texts


def read_docs(path: Path, vocab: Vocab) -> list[Doc]:
    """RETURNS (list): the docs of a `.spacy` file, with the annotation that it holds; raises ValueError."""
    try:
        return list(DocBin().from_disk(path).get_docs(vocab))
    # DocBin checks its compression alone: other content fails where its keys are looked up
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not hold spaCy docs: give a file that DocBin.to_disk has written."
        ) from error


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


def _read_text(path: Path) -> str:
    try:
        return _decode(path.read_bytes(), str(path))
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error


def _read_stdin() -> str:
    return _decode(sys.stdin.buffer.read(), "Standard input")


def _decode(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}:{line}: found a byte that is not UTF-8; save the text in the encoding UTF-8."
        ) from error
    return text.replace("\r\n", "\n")


def _read_jsonl(path: Path) -> list[str]:
    lines = enumerate(_read_text(path).split("\n"), start=1)
    return [_parse_line(line, f"{path}:{n}") for n, line in lines if line.strip()]


def _parse_line(line: str, where: str) -> str:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: found no valid JSON ({error.msg}); write one object a line.") from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ValueError(f'{where}: found no string under "text"; write {{"text": "..."}} on each line.')
    return str(record["text"])


def _name(source: str, path: Optional[Path]) -> str:
    return str(path) if path is not None else "Standard input" if source == STDIN else "The argument"
