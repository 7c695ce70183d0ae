"""Texts to compare two pipelines on."""

from importlib import import_module
from pathlib import Path
from typing import List

from ..errors import UserError


def sample_texts(lang: str) -> List[str]:
    """RETURNS (List[str]): spaCy's own example sentences in a language, those in English where it has none."""
    for name in (lang, "en"):
        try:
            return list(import_module(f"spacy.lang.{name}.examples").sentences)
        except ImportError:
            continue
    return []


def read_texts(path: Path) -> List[str]:
    """RETURNS (List[str]): the lines of a UTF-8 file, empty ones left out. Raises a UserError."""
    try:
        lines = path.read_text(encoding="utf8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"No texts in {path} ({error}); expected a text file in UTF-8, a text a line."
        ) from error
    texts = [line for line in lines if line.strip()]
    if not texts:
        raise UserError(f"{path} has no line with a text; expected a text a line.")
    return texts
