"""The page of an audit in a browser: all views, and its filter, which needs no script."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from tagging import encode

from spacy_bertfam.audit.audit import audit
from spacy_bertfam.audit.folds import Unseen
from spacy_bertfam.audit.page import render_audit
from spacy_bertfam.decoding.tags import TagSet

pytestmark = pytest.mark.browser

HOSTILE = ["<script>alert(1)</script>", "\"'`&amp;", "\u202e\u200fשלום", "👩‍🔬"]
TAGS = TagSet("BIOES", ("PER", "LOC"))


@pytest.fixture
def page():
    """An entity with the wrong label in hostile text, and one that was missed."""
    vocab = spacy.blank("fr").vocab
    docs = [Doc(vocab, words=[*HOSTILE, "Anne", "vit"]), Doc(vocab, words=["Vix", "est", "là"])]
    docs[0].set_ents([Span(docs[0], 0, 5, "PER")])
    docs[1].set_ents([], default="outside")
    found = [[(0, 5, "LOC")], [(0, 1, "LOC")]]
    rows = [np.eye(len(TAGS))[encode(TAGS, spans, len(doc))] for doc, spans in zip(docs, found, strict=True)]
    unseen = Unseen(np.arange(2), 4 * np.concatenate(rows).astype("float32"), TAGS, None, 1.0)
    return render_audit(audit(docs, [unseen]), n_shown=10)


def test_an_audit_is_readable_in_every_view(page, open_page, require_sound):
    shown = open_page(page)
    require_sound(shown, "audit")
    text = shown.locator("article").first.inner_text() + shown.locator("article").last.inner_text()
    assert all(part in text for part in HOSTILE)


def test_a_kind_is_chosen_by_keyboard(page, open_page):
    shown = open_page(page)
    assert shown.locator("article:visible").count() == 2
    shown.locator("fieldset input").first.focus()
    shown.keyboard.press("ArrowDown")
    assert shown.locator("article:visible").count() == 1
