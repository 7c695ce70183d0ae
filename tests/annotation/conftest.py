"""A pipeline that finds names by a list, and fails on texts that ask for it."""

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

TEXTS = [f"Claire {n} vit à Angers." for n in range(10)]


@Language.component("annotation_test_fails")
def fails(doc: Doc) -> Doc:
    """Raise where a text says so."""
    if "échoue" in doc.text:
        raise ZeroDivisionError("un texte\nqui échoue")
    return doc


def make_names(folder) -> Language:
    nlp = spacy.blank("fr")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Claire"}, {"label": "LOC", "pattern": "Angers"}])
    nlp.add_pipe("annotation_test_fails")
    nlp.to_disk(folder)
    return spacy.load(folder)


@pytest.fixture
def nlp(tmp_path) -> Language:
    """The pipeline, loaded from a folder."""
    return make_names(tmp_path / "pipeline")


@pytest.fixture
def scores():
    """`ent._.score` as bertfam_ner registers it."""
    from spacy_bertfam.pipeline.entity_score import register_score, set_score

    register_score()
    yield set_score
    Span.remove_extension("score")
