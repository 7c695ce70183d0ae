import random
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
import spacy
from spacy.displacy.render import SpanRenderer
from spacy.tokens import Doc, Span

from spacy_bertfam.visual.colors import DARK, LIGHT
from spacy_bertfam.visual.marked import _Renderer, format_score, score_of
from spacy_bertfam.visual.page import render_page

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def score_extension():
    before = Span.get_extension("score") if Span.has_extension("score") else None
    Span.set_extension("score", default=None, force=True)
    yield
    Span.remove_extension("score")
    if before is not None:
        _, _, getter, setter = before
        Span.set_extension("score", getter=getter, setter=setter)


def make_doc(words, *ents, lang="fr"):
    """Each entity is (start, end, label, score)."""
    doc = Doc(spacy.blank(lang).vocab, words=words)
    doc.ents = [Span(doc, start, end, label=label) for start, end, label, _ in ents]
    for ent, (_, _, _, score) in zip(doc.ents, ents, strict=True):
        ent._.score = score
    return doc


class Elements(HTMLParser):
    """Every start tag as (name, attributes), and the stack discipline of the end tags."""

    VOID = ("meta", "br", "input")

    def __init__(self, page):
        super().__init__()
        self.found, self.open, self.text = [], [], ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def test_the_score_stands_beside_the_label():
    page = render_page([make_doc(["Anne", "rit"], (0, 1, "PER", 0.9731))])
    assert "Anne\xa0PER\xa0.97 rit" in Elements(page).text
    assert {"class": "l0", "data-i": "0", "title": "PER 0.9731"} in Elements(page).all("mark")


@pytest.mark.parametrize("score", [None, float("nan"), "high"])
def test_an_entity_without_a_number_is_shown_without_a_score(score):
    page = render_page([make_doc(["Anne", "rit"], (0, 1, "PER", score))], min_score=0.9)
    assert "Anne\xa0PER rit" in Elements(page).text
    assert "score" not in Elements(page).text


def test_the_page_does_without_the_extension():
    doc = make_doc(["Anne", "rit"], (0, 1, "PER", None))
    Span.remove_extension("score")
    assert score_of(doc.ents[0]) is None
    assert "Anne\xa0PER rit" in Elements(render_page([doc])).text
    Span.set_extension("score", default=None)


@pytest.mark.parametrize(
    ("score", "shown"), [(0, ".00"), (0.5, ".50"), (0.974, ".97"), (0.999, "1.00"), (1, "1.00")]
)
def test_scores_have_two_decimals(score, shown):
    assert format_score(score) == shown


@pytest.mark.parametrize(
    ("low", "classes"), [(0.5, ["l0 low", "l0"]), (0.2, ["l0", "l0"]), (0.9, ["l0 low"] * 2)]
)
def test_scores_below_the_bound_are_marked_and_explained(low, classes):
    doc = make_doc(["Anne", "et", "Luc"], (0, 1, "PER", 0.3), (2, 3, "PER", 0.8))
    elements = Elements(render_page([doc], low=low))
    assert [mark["class"] for mark in elements.all("mark") if "title" in mark] == classes
    assert ("tirets" in elements.text) == ("l0 low" in classes)


def test_entities_below_the_least_score_are_counted_and_not_shown():
    doc = make_doc(["Anne", "et", "Luc"], (0, 1, "PER", 0.3), (2, 3, "LOC", 0.8))
    text = Elements(render_page([doc], min_score=0.4)).text
    assert "PER" not in text and "Luc\xa0LOC" in text
    assert "1 entité dont le score est inférieur à .40" in text


def test_a_doc_without_entities_says_so_in_its_card():
    with_entity = make_doc(["Anne", "rit"], (0, 1, "PER", None))
    page = render_page([with_entity, make_doc(["Il", "pleut"])])
    assert page.count("<article>") == 2
    assert page.count("Aucune entité n’a été trouvée dans ce texte.") == 1


def test_the_legend_counts_labels_and_puts_the_most_frequent_first():
    doc = make_doc(["a", "b", "c", "d"], (0, 1, "LOC", None), (1, 2, "PER", None), (2, 3, "PER", None))
    text = Elements(render_page([doc, doc])).text
    assert "2 documents, 6 entités" in text
    assert re.search(r"PER 4\s*LOC 2", text)


def test_text_labels_and_titles_are_escaped():
    doc = make_doc([SCRIPT, "et", SCRIPT], (0, 1, f'A"{SCRIPT}', 0.9), (1, 2, "{label}&amp;", None))
    doc.user_data["title"] = f"titre {SCRIPT}"
    page = render_page([doc], title=f"page {SCRIPT}")
    elements = Elements(page)
    assert elements.all("script") == [{"type": "application/json", "id": "data"}, {}]
    assert page.count("</script") == 2
    assert elements.text.count(SCRIPT) == 7  # <title>, h1, h2, legend, two in the text, one label
    assert "{label}&amp;" in elements.text


def test_the_page_needs_nothing_from_elsewhere():
    page = render_page([make_doc(["Anne", "rit"], (0, 1, "PER", 0.9))])
    assert re.findall(r"https?:|url\(|@import|<link|<img|src=|href=|innerHTML", page) == []
    assert "default-src 'none'; script-src 'sha256-" in page
    assert "<script" not in render_page([make_doc(["Il", "pleut"])])


@pytest.mark.parametrize(
    ("langs", "page_lang", "directions"),
    [
        (["fr", "en"], "fr", ["ltr", "ltr"]),
        (["en", "ar"], "en", ["ltr", "rtl"]),
        (["ar", "fr"], "en", ["rtl", "ltr"]),
        (["xx"], "en", ["ltr"]),
    ],
)
def test_language_and_direction_are_those_of_each_doc(langs, page_lang, directions):
    page = render_page([make_doc(["a", "b"], (0, 1, "PER", None), lang=lang) for lang in langs])
    elements = Elements(page)
    assert elements.all("html") == [{"lang": page_lang}]
    texts = [div for div in elements.all("div") if div["class"] == "text"]
    assert [div["dir"] for div in texts] == directions
    assert [div["lang"] for div in texts] == ["" if lang == "xx" else lang for lang in langs]
    assert re.findall(r"direction: (\w+)", page) == directions


def test_each_label_has_a_light_and_a_dark_shade():
    doc = make_doc(["a", "b"], (0, 1, "Person", None), (1, 2, "Unheard of", None))
    rules = re.findall(
        r"^\.(l\d) { --light: (#\w{6}); --dark: (#\w{6}); }$", render_page([doc]), re.MULTILINE
    )
    assert [name for name, _, _ in rules] == ["l0", "l1"]
    assert rules[0][1] == "#aa9cfc"


def test_the_themes_are_those_of_the_style_sheet():
    style = files("spacy_bertfam.visual").joinpath("page.css").read_text("utf8")
    light, dark = style.split("prefers-color-scheme: dark")
    for part, theme in ((light, LIGHT), (dark, DARK)):
        assert f"--text: {theme.text};" in part
        assert f"--card: {theme.card};" in part


def test_half_a_megabyte_is_one_page():
    n = 25_000
    doc = make_doc(
        ["Anne", "chante", "dehors", "."] * n, *((4 * i, 4 * i + 1, "PER", 0.9) for i in range(0, n, 5))
    )
    assert len(doc.text) > 500_000
    page = render_page([doc])
    assert page.count('title="PER 0.9000"') == n // 5


def make_nested():
    doc = make_doc(["l'", "Université", "de", "Rennes", "ouvre"], (1, 4, "ORG", None))
    doc.spans["sc"] = [Span(doc, 1, 4, label="ORG"), Span(doc, 3, 4, label=f"LOC{SCRIPT}")]
    doc.spans["sc"].attrs["scores"] = [0.9, 0.4]
    doc.spans["empty"] = []
    return doc


def test_spans_of_groups_are_lines_below_the_words_with_label_and_score():
    page = render_page([make_nested()])
    slices = [span for span in Elements(page).all("span") if "slice" in span.get("class", "")]
    starts = [span for span in slices if "data-start" in span]
    assert [span["data-tag"] for span in starts] == ["ORG .90", f"LOC{SCRIPT} .40"]
    assert [span["class"] for span in starts] == ["slice l0", "slice l1 low"]
    # three words of the first, one of the second; the first word of each has its label too
    assert [span["data-i"] for span in slices] == ["1", "1", "1", "1", "2", "2"]
    assert "doc.spans[<bdi>&#x27;sc&#x27;</bdi>]" in page and "empty" not in Elements(page).text
    assert "1 document, 2 entités" in Elements(page).text, "an entity that is in a group too counts once"


def test_a_long_text_with_spans_is_one_text_in_which_each_has_its_words():
    n = 450
    doc = make_doc([f"mot{i}" for i in range(n)])
    doc.spans["sc"] = [Span(doc, i, min(i + 3, n), label="A") for i in range(0, n, 7)]
    page = render_page([doc])
    words = re.findall(r'<span class="word"[^>]*>(\w+)<span class="slice l0" data-i="(\d+)"', page)
    assert words == [(f"mot{i}", str(i // 7)) for i in range(n) if i % 7 < 3]
    assert page.count('</div><div class="spans"') == 2, "no line ends between the parts"
    text = page[: page.index("<script")]
    assert re.findall(r"\bmot\d+\b(?=[ <])", text) == [token.text for token in doc]


def test_spans_with_a_lower_score_are_left_out():
    page = render_page([make_nested()], min_score=0.5)
    assert "LOC" not in page and "1 entité dont le score est inférieur à .50" in page


def test_no_docs_make_an_empty_page():
    assert "<article>" not in render_page([])


def test_spans_are_marked_as_displacy_does_without_looking_at_all_for_each_word(monkeypatch):
    rng, looked_at = random.Random(0), []
    places = [
        (start, min(start + rng.randrange(1, 6), 300)) for start in (rng.randrange(300) for _ in range(60))
    ]
    spans = [{"start_token": a, "end_token": b, "label": str(i)} for i, (a, b) in enumerate(places)]
    words = [f"w{i}" for i in range(300)]
    whole = SpanRenderer._assemble_per_token_info(words, [dict(span) for span in spans])

    def assemble(tokens, spans, plain=SpanRenderer._assemble_per_token_info):
        looked_at.append(len(tokens) * len(spans))
        return plain(tokens, spans)

    monkeypatch.setattr(SpanRenderer, "_assemble_per_token_info", staticmethod(assemble))
    assert _Renderer._assemble_per_token_info(words, spans) == whole
    assert sum(looked_at) < 60 * 300 / 10


def test_the_slider_holds_a_least_score_of_three_decimals():
    page = render_page([make_doc(["a"], (0, 1, "X", 0.557))], min_score=0.555)
    least = next(one for one in Elements(page).all("input") if one.get("id") == "least")
    assert (least["value"], least["step"]) == ("0.555", "any")
