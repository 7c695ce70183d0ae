"""The pages in a browser: what can be read, chosen and reached there."""

import json
from threading import Thread

import numpy as np
import pytest
import spacy
from spacy.lang.en import EnglishDefaults
from spacy.tokens import Doc, Span
from spacy.vocab import create_vocab

from spacy_bertfam.evaluation.calibration import Calibration
from spacy_bertfam.evaluation.scored import Counts, scored_entities
from spacy_bertfam.pipeline.entity_score import register_score
from spacy_bertfam.visual.attention import Attention
from spacy_bertfam.visual.attention_page import render_attention
from spacy_bertfam.visual.page import render_page
from spacy_bertfam.visual.reliability import render_calibration

pytestmark = pytest.mark.browser

HOSTILE = ["<script>alert(1)</script>", "\"'`&amp;", "\u202e\u200fשלום", "👩‍🔬🏳️‍🌈"]


@pytest.fixture
def make_doc():
    """`make_doc(words, *ents)` RETURNS (Doc): each entity is (start, end, label, score)."""
    register_score()

    def make(words, *ents):
        doc = Doc(create_vocab("en", EnglishDefaults), words=words)
        doc.ents = [Span(doc, start, end, label=label) for start, end, label, _ in ents]
        for ent, (_, _, _, score) in zip(doc.ents, ents, strict=True):
            ent._.score = score
        return doc

    return make


@pytest.fixture
def doc(make_doc):
    """With three entities, and a group in which one of them has another in it."""
    words = ["Anne", "rit", "à", "l'", "Université", "de", "Rennes", "et", *HOSTILE]
    made = make_doc(words, (0, 1, "PER", 0.3), (4, 7, "ORG", 0.9), (8, 12, HOSTILE[0], None))
    made.spans["sc"] = [Span(made, 4, 7, label="ORG"), Span(made, 6, 7, label="LOC")]
    made.spans["sc"].attrs["scores"] = [0.9, 0.4]
    made.user_data["title"] = " ".join(HOSTILE)
    return made


def set_least(page, value):
    page.locator("#least").evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }", value
    )


def test_entities_are_readable_in_every_view(doc, open_page, require_sound):
    page = open_page(render_page([doc], title=HOSTILE[0]))
    require_sound(page, "entities")
    text = page.locator(".entities").first.inner_text()
    assert all(part in text for part in HOSTILE)
    assert page.locator("h1").inner_text() == HOSTILE[0] and page.locator("h2").inner_text() == " ".join(
        HOSTILE
    )


def test_a_least_score_leaves_text_of_what_is_below_it(doc, open_page):
    page = open_page(render_page([doc]))
    tags = page.locator("mark .tag:visible", has_text="PER")
    assert page.locator("#said").inner_text() == "4 of 4 entities are shown."
    assert tags.count() == 2  # the list of labels has one too
    set_least(page, "0.5")
    assert tags.count() == 1
    assert "Anne rit" in page.locator(".entities").inner_text()
    assert page.locator(".slice[data-tag='LOC .40']:visible").count() == 0
    assert page.locator(".slice[data-tag='ORG .90']:visible").count() > 0
    assert page.locator("#said").inner_text() == "2 of 4 entities are shown."
    set_least(page, "1")
    assert page.locator("#said").inner_text() == "1 of 4 entities are shown.", "no score is not a low one"


def test_labels_can_be_left_out_by_a_click_and_by_keyboard(doc, open_page):
    page = open_page(render_page([doc]), width=390)
    page.get_by_role("checkbox", name="ORG 1").click()
    assert page.locator(".entities .tag:visible", has_text="ORG").count() == 0
    assert page.locator(".slice[data-tag='ORG .90']:visible").count() == 0
    page.keyboard.press("Space")
    assert page.locator(".entities .tag:visible", has_text="ORG").count() == 1


def test_what_is_shown_can_be_copied_as_json(doc, open_page):
    page = open_page(render_page([doc]))
    set_least(page, "0.35")
    page.get_by_role("button", name="Copy as JSON").click()
    page.get_by_text("Copied: 3 of 4 entities.").wait_for()
    (copied,) = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["title"] == " ".join(HOSTILE)
    assert [(e["text"], e["label"], e["score"]) for e in copied["entities"]] == [
        ("Université de Rennes", "ORG", 0.9), (" ".join(HOSTILE), HOSTILE[0], None)
    ]  # fmt: skip
    assert [doc.text[e["start"] : e["end"]] for e in copied["spans"]["sc"]] == [
        "Université de Rennes",
        "Rennes",
    ]


def test_without_a_script_all_is_shown_and_nothing_offered_that_needs_one(doc, open_page):
    page = open_page(render_page([doc]), script=False)
    assert page.locator(".entities .tag:visible").count() == 3
    assert page.locator(".slice[data-start]:visible").count() == 3 - 1
    assert page.locator("input:visible, button:visible").count() == 0


def make_attention(words, *, n_layers=2, n_heads=12):
    """Most of what each word gives goes to the special pieces at both ends, as in trained networks."""
    n = len(words) + 2
    drawn = np.random.default_rng(0).dirichlet([9, *[1] * len(words), 9], size=(n_layers, n_heads, n))
    tokens = np.array([-1, *range(len(words)), -1])
    return Attention(["<s>", *words, "</s>"], drawn.astype(np.float32), tokens, len(words), 0, "en", "ltr")


def test_attention_is_readable_in_every_view_and_its_last_column_can_be_reached(open_page, require_sound):
    page = open_page(
        render_attention(make_attention(["Anne", "vit", "à", *HOSTILE], n_heads=16), title=HOSTILE[0])
    )
    require_sound(page, "attention")
    assert [word for word in HOSTILE if word in page.locator("#words").inner_text()] == HOSTILE
    page.set_viewport_size({"width": 390, "height": 800})
    last = page.locator(".cell").last
    last.click()
    box = last.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.locator("#chosen").inner_text() == "Average of all layers, average of all heads"


def test_layer_head_and_word_are_chosen(open_page):
    page = open_page(render_attention(make_attention(["Anne", "vit", "à", "Rennes"])))
    before = page.locator("#cells path").evaluate_all("all => all.map((e) => e.getAttribute('d')).join()")
    page.locator("#layer").select_option(label="2")
    page.locator("#head").select_option(label="4")
    assert page.locator("#chosen").inner_text() == "Layer 2, head 4"
    after = page.locator("#cells path").evaluate_all("all => all.map((e) => e.getAttribute('d')).join()")
    assert after != before
    page.get_by_role("button", name="Rennes").click()
    assert "Rennes" in page.locator("#most").inner_text().split("looks")[0]


def test_special_pieces_can_be_hidden_and_words_then_share_all(open_page):
    page = open_page(render_attention(make_attention(["Anne", "vit", "à", "Rennes"])))
    shares = "all => all.filter((e) => e.offsetParent).reduce((sum, e) => sum + Number(e.textContent), 0)"
    assert page.get_by_text("<s>", exact=True).count() == 3  # the word, its row and its column
    page.get_by_role("checkbox").click()
    assert page.get_by_text("<s>", exact=True).locator("visible=true").count() == 0
    assert page.locator("#words small").evaluate_all(shares) == pytest.approx(1, abs=0.02)
    page.get_by_role("checkbox").click()
    assert page.get_by_text("<s>", exact=True).locator("visible=true").count() == 3


def test_a_long_text_shows_its_largest_weights(open_page):
    attention = make_attention(["mot"] * 200, n_heads=12)
    page = open_page(render_attention(attention, layer=1, head=2))
    shown = page.locator("#words small").first.inner_text()
    assert float(shown) == pytest.approx(attention.weights[1, 2, 1, 0], abs=0.01)


def test_a_calibration_is_readable_in_every_view_and_no_table_is_cut_off(open_page, require_sound):
    entities = scored_entities((score, score > 0.4) for score in np.linspace(0, 1, 4000))
    counts = Counts(n_gold=4100, n_unscored=0, n_unscored_right=0)
    calibration = Calibration("ner", 0.3, 1200, 1.0, 1.42, entities, entities, None, counts)
    page = open_page(render_calibration(calibration, name=HOSTILE[0], lang="fr"))
    require_sound(page, "calibration")
    assert page.locator("h1").inner_text().endswith(HOSTILE[0])
    page.set_viewport_size({"width": 390, "height": 800})
    tables = page.locator(".scroll")
    assert tables.evaluate_all("all => all.every((e) => e.scrollWidth <= e.clientWidth)")
    page.set_viewport_size({"width": 240, "height": 800})
    assert tables.last.get_attribute("tabindex") == "0", (
        "not every browser lets the keyboard scroll by itself"
    )
    tables.last.focus()
    page.keyboard.press("ArrowRight")
    scrolled = """async () => {
      for (let i = 0; i < 120 && !document.activeElement.scrollLeft; i++) await new Promise(requestAnimationFrame);
      return document.activeElement.scrollLeft;
    }"""
    assert page.evaluate(scrolled) > 0


@pytest.fixture
def server(monkeypatch):
    """RETURNS (str): the address of a server with a pipeline that finds names, and in a group one within another; its
    attention is drawn."""
    pytest.importorskip("uvicorn")
    from spacy_bertfam.server.app import make_app
    from spacy_bertfam.server.limits import Limits
    from spacy_bertfam.server.run import bind
    from spacy_bertfam.server.service import Service

    def load():
        nlp = spacy.blank("fr")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Claire"}])
        patterns = [
            {"label": "ORG", "pattern": "Université de Rennes"},
            {"label": "LOC", "pattern": "Rennes"},
        ]
        nlp.add_pipe("span_ruler", config={"spans_key": "sc"}).add_patterns(patterns)
        return nlp

    import uvicorn

    from spacy_bertfam.server import jobs, model_thread

    monkeypatch.setattr(model_thread, "has_attention", lambda nlp: True)
    monkeypatch.setattr(jobs, "attention_of", lambda nlp, doc: make_attention([word.text for word in doc]))
    service, sock = Service({"fr": load}, Limits()), bind("127.0.0.1", 0)
    service.start()
    running = uvicorn.Server(uvicorn.Config(make_app(service), lifespan="off", log_level="warning"))
    thread = Thread(target=running.run, kwargs={"sockets": [sock]})
    thread.start()
    yield f"http://127.0.0.1:{sock.getsockname()[1]}/"
    running.should_exit = True
    thread.join()
    service.stop()


def test_the_page_of_a_server_shows_entities_and_groups(server, open_page, require_sound):
    page = open_page(server)
    page.locator("#given").fill("Claire va à l'Université de Rennes. " + " ".join(HOSTILE))
    page.keyboard.press("Control+Enter")
    page.get_by_text("3 of 3 entities are shown.").wait_for()
    assert all(part in page.locator("#text").inner_text() for part in HOSTILE)
    assert page.locator("#text mark").all_inner_texts() == ["Claire\xa0PER"]
    assert page.locator("#groups").inner_text().startswith("sc: Université de Rennes\xa0ORG Rennes\xa0LOC")
    require_sound(page, "serve")


def attended(page):
    """RETURNS (Frame): the page of attention within the page, once it is there."""
    page.get_by_text("Which words look at which stands below.").wait_for()
    page.frame_locator("#attention").locator("[aria-pressed=true].word").wait_for()
    return page.frame(url="about:srcdoc")


def test_the_page_of_a_server_shows_attention(server, open_page, require_sound):
    page = open_page(server)
    page.locator("#given").fill("Claire vit à Rennes. " + " ".join(HOSTILE))
    page.locator("#attend").focus()
    page.keyboard.press("Enter")
    frame = attended(page)
    assert set(frame.locator("#words bdi").all_inner_texts()) > {"Claire", "Rennes", "<"}
    frame.get_by_role("button", name="Rennes").focus()
    page.keyboard.press("Enter")
    assert "Rennes" in frame.locator("#most").inner_text().split("looks")[0]
    require_sound(page, "serve_attention")
    is_whole = "document.scrollingElement.scrollHeight <= innerHeight && scrollX + scrollY === 0"
    assert frame.evaluate(is_whole), "the frame has no bars of its own"


def test_attention_and_entities_are_of_the_same_text(server, open_page):
    page = open_page(server)
    page.locator("#given").fill("Claire.")
    page.locator("#attend").click()
    attended(page)
    page.locator("#given").press("Control+Enter")
    page.get_by_text("1 of 1 entities are shown.").wait_for()
    assert page.locator("#attention").is_visible()
    page.locator("#given").fill("Claire rit.")
    page.locator("#given").press("Control+Enter")
    page.locator("#text", has_text="rit").wait_for()
    assert page.locator("#attention").is_hidden()
    page.locator("#given").fill("Anne.")
    page.locator("#attend").click()
    attended(page)
    assert page.locator("#found").is_hidden()
