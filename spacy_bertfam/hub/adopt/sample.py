"""Texts to compare two pipelines on."""

from importlib import import_module
from pathlib import Path
from typing import List

from ...data.text_file import numbered_lines
from ...errors import UserError


def sample_texts(lang: str) -> List[str]:
    """RETURNS (List[str]): spaCy's own example sentences in a language, those in English where it has none."""
    for name in (lang, "en"):
        try:
            return list(import_module(f"spacy.lang.{name}.examples").sentences)
        except ImportError:
            continue
    return []


def read_texts(path: Path) -> List[str]:
    """RETURNS (List[str]): the lines of a text file, empty ones left out. Raises a UserError."""
    try:
        texts = [line for _, line in numbered_lines(path) if line.strip()]
    except UserError as error:
        raise UserError(f"No texts in {error}") from error
    if not texts:
        raise UserError(f"{path} has no line with a text; expected a text a line.")
    return texts
