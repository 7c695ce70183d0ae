"""The benchmarks are run, not installed: the tests import them from their folder."""

import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, Span

sys.path.insert(0, str(Path(__file__).parents[2]))

SENTENCES = [
    ("Marie habite à Lyon .", [(0, 1, "PER"), (3, 4, "LOC")]),
    ("Jean Martin part demain .", [(0, 2, "PER")]),
    ("Il pleut sur Brest et Nantes .", [(3, 4, "LOC"), (5, 6, "LOC")]),
    ("Rien à dire .", []),
]


@pytest.fixture
def gold_docs() -> list[Doc]:
    """Annotated sentences, ready to learn from."""
    vocab = spacy.blank("fr").vocab
    docs = []
    for text, ents in SENTENCES:
        doc = Doc(vocab, words=text.split())
        doc.set_ents([Span(doc, *ent[:2], label=ent[2]) for ent in ents], default="outside")
        docs.append(doc)
    return docs
