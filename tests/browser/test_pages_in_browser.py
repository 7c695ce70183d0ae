"""The pages in a browser: what can be read, chosen and reached there."""

import pytest
from spacy.lang.en import EnglishDefaults
from spacy.tokens import Doc, Span
from spacy.vocab import create_vocab

from spacy_bertfam.visual.page import render_page

pytestmark = pytest.mark.browser

HOSTILE = ["<script>alert(1)</script>", "\"'`&amp;", "\u202e\u200fשלום", "👩‍🔬🏳️‍🌈"]


@pytest.fixture
def make_doc():
    """`make_doc(words, *ents)` RETURNS (Doc): each entity is (start, end, label, score)."""
    if not Span.has_extension("score"):
        Span.set_extension("score", default=None)

    def make(words, *ents):
        doc = Doc(create_vocab("en", EnglishDefaults), words=words)
        doc.ents = [Span(doc, start, end, label=label) for start, end, label, _ in ents]
        for ent, (_, _, _, score) in zip(doc.ents, ents, strict=True):
            ent._.score = score
        return doc

    return make


def test_entities_can_be_read_in_every_view(make_doc, open_page, require_sound):
    doc = make_doc(["Anne", "rit", "à", "Rennes"] * 9, (0, 1, "PER", 0.3), (3, 4, "LOC", 0.9))
    require_sound(open_page(render_page([doc])), "entities")
