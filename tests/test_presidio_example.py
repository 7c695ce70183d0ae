"""The example for presidio: scores and places of the pipeline, and surrogates that stay the same."""

from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Span
from spacy.util import import_file

from spacy_bertfam.pipeline.entity_score import register_score

pytest.importorskip("presidio_analyzer")
pytest.importorskip("presidio_anonymizer")
example = import_file("presidio_example", Path(__file__).parents[1] / "examples" / "presidio_recognizer.py")


NAMED = [("Claire", "PER", 0.75), ("Rennes", "LOC", 0.5)]


@Language.component("presidio_test_names")
def find_names(doc):
    """Finds names that are tokens, with a score."""
    known = {name: (label, score) for name, label, score in NAMED}
    doc.set_ents([Span(doc, word.i, word.i + 1, known[word.text][0]) for word in doc if word.text in known])
    for ent in doc.ents:
        ent._.score = known[ent.text][1]
    return doc


@pytest.fixture
def nlp():
    register_score()
    nlp = spacy.blank("fr")
    # one token for presidio, two for this pipeline
    nlp.tokenizer.add_special_case("chezClaire", [{"ORTH": "chez"}, {"ORTH": "Claire"}])
    nlp.add_pipe("presidio_test_names")
    return nlp


TEXT = "Paul dort chezClaire à Rennes, dit Claire."


def test_names_keep_their_scores_also_off_the_borders_of_tokens(nlp):
    found = example.make_analyzer(nlp, ["PER", "LOC"]).analyze(TEXT, "fr")
    assert sorted((r.start, r.end, r.entity_type, r.score) for r in found) == [
        (14, 20, "PERSON", 0.75),
        (23, 29, "LOCATION", 0.5),
        (35, 41, "PERSON", 0.75),
    ]


def test_a_name_has_the_same_surrogate_wherever_it_stands(nlp):
    found = example.make_analyzer(nlp, ["PER", "LOC"]).analyze(TEXT, "fr")
    person, place = (
        example.surrogate(b"key", "PERSON", "Claire"),
        example.surrogate(b"key", "LOCATION", "Rennes"),
    )
    assert example.mask(TEXT, found, b"key") == f"Paul dort chez{person} à {place}, dit {person}."
    assert person != example.surrogate(b"other", "PERSON", "Claire")


def test_only_what_is_asked_for_is_found(nlp):
    found = example.make_analyzer(nlp, ["PER", "LOC"]).analyze(TEXT, "fr", entities=["LOCATION"])
    assert [r.entity_type for r in found] == ["LOCATION"]
