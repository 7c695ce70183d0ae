"""A pipeline that finds names by a list, and fails on texts that ask for it."""

from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc

TEXTS = [f"Claire {n} vit à Angers." for n in range(10)]


@Language.component("annotation_test_fails")
def fails(doc: Doc) -> Doc:
    """Raise where a text says so."""
    if "échoue" in doc.text:
        raise ZeroDivisionError("un texte\nqui échoue")
    return doc


def make_names(folder: Path) -> Language:
    """RETURNS (Language): the pipeline, loaded from a folder."""
    nlp = spacy.blank("fr")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Claire"}, {"label": "LOC", "pattern": "Angers"}])
    nlp.add_pipe("annotation_test_fails")
    nlp.to_disk(folder)
    return spacy.load(folder)
