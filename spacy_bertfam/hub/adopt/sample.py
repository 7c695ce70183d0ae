"""Texts to compare two pipelines on."""

from importlib import import_module


def sample_texts(lang: str) -> list[str]:
    """RETURNS (list[str]): spaCy's own example sentences in a language, those in English where it has none."""
    for name in (lang, "en"):
        try:
            return list(import_module(f"spacy.lang.{name}.examples").sentences)
        except ImportError:
            continue
    return []
