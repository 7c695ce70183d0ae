"""What a user names to be read (a text, a file, standard input) -> texts, or the Docs of a `.spacy` file."""

import re
import sys
import zlib
from pathlib import Path

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import DataError, UserError
from .json_values import HALF_PAIR, JSON_SUFFIXES, read_objects
from .tables import TABLES
from .text_file import decode_noted, located, read_text, split_lines, suffix_of

STDIN = "-"
SUFFIXES = (".txt", ".jsonl", ".ndjson", ".spacy")
PATH = re.compile(r"\S*[/\\]\S*|\S+\.[a-z]\w{1,4}")  # what looks like one
FORM = '{"text": "..."}'
# DocBin checks its compression alone: other content fails where its keys are looked up
BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, zlib.error)


def read_texts(source: str | Path, *, by_line: bool = False) -> list[str]:
    """Read texts.

    source (str | Path): a `.spacy`, `.jsonl`, `.json` or text file; as a string also "-", or the text itself.
    by_line (bool): each line of a text that is not blank is a text of its own.
    RETURNS (list[str]): at least one text, none of them blank.
    RAISES (UserError): when there is no such file, or it does not hold what its name says, or is a table.
    """
    path = source if isinstance(source, Path) else find_file(source)
    name = str(path) if path is not None else "Standard input" if source == STDIN else "The argument"
    suffix = "" if path is None else suffix_of(path)
    if path is not None and suffix == ".spacy":
        texts = [doc.text for doc in read_docs(path, Vocab())]
    elif suffix in (*TABLES, ".parquet"):
        raise UserError(
            f"{name} is a table; expected a .txt, .jsonl or .spacy file: `bertfam annotate` reads a column of a table, "
            "and writes .jsonl."
        )
    elif path is not None and suffix in JSON_SUFFIXES:
        texts = _read_jsonl(path)
    else:
        text = str(source)
        if path is not None:
            text = "\n".join(split_lines(read_text(path)))
        elif source == STDIN:
            with located(Path(name)):
                text = "\n".join(split_lines(decode_noted(sys.stdin.buffer.read(), name)))
        texts = text.split("\n") if by_line else [text]
    texts = [text for text in texts if text.strip()]
    if any(HALF_PAIR.search(text) for text in texts):
        raise UserError(f"{name} holds half of a surrogate pair: give whole characters.")
    if not texts:
        raise UserError(f"{name} holds no text: give one with at least one word in it.")
    return texts


def find_file(source: str) -> Path | None:
    """RETURNS (Path | None): the file that is meant, None for a text or "-".

    RAISES (UserError): when it is a folder, or looks like the path of a file that does not exist.
    """
    if source == STDIN:
        return None
    path = Path(source)
    try:
        if path.is_file():
            return path
        is_folder = path.is_dir()
    except (OSError, ValueError):  # longer than a file name may be
        return None
    if is_folder:
        raise UserError(f"{source} is a folder: give one file of it (.txt, .jsonl or .spacy).")
    if PATH.fullmatch(source) or ("\n" not in source and suffix_of(path) in SUFFIXES):
        do = "check the path, or give a text on standard input, with -"
        raise UserError(f"There is no file {source}: {do}.")
    return None


def read_docs(path: Path, vocab: Vocab) -> list[Doc]:
    """RETURNS (list[Doc]): the Docs of a `.spacy` file with its annotation.

    RAISES (DataError): when it holds none.
    """
    try:
        return list(DocBin().from_disk(path).get_docs(vocab))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); expected a readable file.", path) from error
    except BROKEN as error:
        expected = "expected a file that DocBin.to_disk or `bertfam convert` has written"
        raise DataError(f"does not hold spaCy docs; {expected}.", path) from error


def _read_jsonl(path: Path) -> list[str]:
    texts = []
    for line, entry in read_objects(path, form=FORM):
        if not isinstance(entry.get("text"), str):
            raise DataError(f'found no string under "text"; expected {FORM}.', path, line)
        texts.append(entry["text"])
    return texts
