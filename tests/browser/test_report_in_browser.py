"""The page of a report in a browser: filters, keyboard, and all views."""

import random

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bertfam.pipeline.entity_score import register_score
from spacy_bertfam.report.outcomes import gold_entities, pair_entities, predicted_entities
from spacy_bertfam.report.prediction import Prediction
from spacy_bertfam.report.report import make_report
from spacy_bertfam.report.writing import written

pytestmark = pytest.mark.browser

WORDS = [
    "<script>alert(1)</script>",
    "\"'`&amp;",
    "\u202e\u200fשלום",
    "👩‍🔬",
    "Anne",
    "vit",
    "à",
    "Brest",
] * 3


@pytest.fixture(scope="module")
def page():
    """A report of two predictions, with errors of every kind and hostile text."""
    register_score()
    nlp, rng = spacy.blank("fr"), random.Random(0)

    def doc(places):
        made = Doc(nlp.vocab, words=WORDS)
        made.set_ents([Span(made, start, end, label=label) for start, end, label in places])
        for ent in made.ents:
            ent._.score = rng.random()
        return made

    def places():
        starts = sorted(rng.sample(range(0, 24, 3), 4))
        return [(start, start + rng.randrange(1, 4), rng.choice(["PER", "LOC"])) for start in starts]

    gold = [doc(places()) for _ in range(12)]
    sides = []
    for name in ("mine", "theirs"):
        found = Prediction(name)
        for each in gold:
            kept = [(e.start, e.end, e.label_) for e in each.ents] if rng.random() < 0.5 else places()
            predicted = [ent for ent in predicted_entities(Example(doc(kept), each), {}) if ent]
            found.outcomes.append(pair_entities(gold_entities(each), predicted))
        sides.append(found)
    report = make_report(gold, sides[0], data="dev.jsonl", other=sides[1])
    return written(report, lang="fr", n_shown=500)["report.html"]


def test_filters_change_what_is_shown_and_say_how_much(page, open_page):
    shown = open_page(page)
    cards = shown.locator("article.error")
    n = cards.count()
    assert shown.locator("#n_shown").inner_text() == f"Erreurs affichées\u00a0: {n}."
    shown.locator("#kind").select_option("missed")
    visible = shown.locator("article.error:visible")
    assert 0 < visible.count() < n
    assert {card.get_attribute("data-kind") for card in visible.all()} == {"missed"}
    shown.locator("#label").select_option("PER")
    assert {card.get_attribute("data-label") for card in visible.all()} == {"PER"}
    assert shown.locator("#n_shown").inner_text() == f"Erreurs affichées\u00a0: {visible.count()}."
    shown.locator("#state").select_option("mended")
    assert {card.get_attribute("data-state") for card in visible.all()} <= {"mended"}


def test_the_keyboard_reaches_tables_and_filters(page, open_page):
    shown = open_page(page, width=390)
    reached = set()
    for _ in range(30):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"scroll", "kind", "label", "state"} <= reached


def test_every_view_is_sound_and_text_is_text(page, open_page, require_sound):
    shown = open_page(page)
    assert "<script>alert(1)</script>" in shown.locator("article.error .text").first.inner_text()
    require_sound(shown, "report")


def test_without_scripts_all_errors_are_shown_and_no_filter(page, open_page):
    shown = open_page(page, script=False)
    assert shown.locator("article.error:visible").count() == page.count('<article class="error"')
    assert not shown.locator("#filters").is_visible()
