"""The page of attention: what it holds, and that nothing of a text can get out of its place."""

import json
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest
from test_page import Elements

from spacy_bertfam.errors import UserError
from spacy_bertfam.visual.attention import Attention, telling_head
from spacy_bertfam.visual.attention_figure import N_LEVELS, level_paths
from spacy_bertfam.visual.attention_page import render_attention
from spacy_bertfam.visual.colors import DARK, LIGHT, READABLE, contrast
from spacy_bertfam.visual.template import read_resource
from spacy_bertfam.visual.wording import Wording

WORDINGS = json.loads(read_resource("wording.json"))
HOSTILE = ["</script><script>alert(1)</script>", "<!--", "<script", "{title}", "&amp;", "'\"", "$1", "\u2028"]


def make_attention(words, *, n_layers=2, n_heads=3, n_left=0, n_without=0, lang="en", direction="ltr"):
    """Random weights over the words between two special pieces."""
    n = len(words) + 2
    drawn = np.random.default_rng(0).dirichlet(np.ones(n), size=(n_layers, n_heads, n)).astype(np.float32)
    tokens = np.array([-1, *range(len(words)), -1])
    n_tokens = len(words) + n_left + n_without
    return Attention(["[CLS]", *words, "[SEP]"], drawn, tokens, n_tokens, n_without, lang, direction)


def data_of(page):
    (found,) = re.findall(r'(?s)<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(found)


def weights_in(page):
    data = data_of(page)
    n = len(data["words"])
    roots = np.frombuffer(b64decode(data["roots"]), dtype=np.uint8)
    return (roots.reshape(data["layers"], data["heads"], n, n) / 255) ** 2


def test_the_weights_in_the_page_are_those_that_were_given():
    attention = make_attention(["Anne", "rit", "."])
    np.testing.assert_allclose(weights_in(render_attention(attention)), attention.weights, atol=0.004)


def test_a_long_text_is_less_than_a_megabyte_and_keeps_the_largest_weights():
    attention = make_attention(["Strasbourg"] * 200, n_layers=12, n_heads=12)
    page = render_attention(attention)
    assert len(page.encode("utf8")) < 1_000_000
    data = data_of(page)
    kept, n = data["kept"], len(data["words"])
    roots, at = (np.frombuffer(b64decode(data[name]), dtype=np.uint8) for name in ("roots", "at"))
    rows, columns = attention.weights.reshape(-1, n), at.reshape(-1, kept).astype(int)
    found = (roots.reshape(-1, kept) / 255) ** 2
    np.testing.assert_allclose(found, np.take_along_axis(rows, columns, axis=1), atol=0.004)
    np.testing.assert_allclose(np.sort(found), np.sort(rows)[:, -kept:], atol=0.004)
    assert f"the {kept} largest weights are kept" in page


def test_the_page_begins_with_the_head_that_looks_at_words_farther_away():
    attention = make_attention(["Anne", "qui", "chante", "rit"])
    weights = np.zeros_like(attention.weights)
    weights[..., 0] = 1  # all look at [CLS],
    weights[0, 1, 1:5] = np.eye(6)[2:6]  # at the next one,
    weights[1, 2, 1:5] = 0.5 * np.eye(6)[[3, 4, 1, 2]]  # and here at one farther away
    found = replace(attention, weights=weights)
    assert telling_head(found) == (1, 2, 0.5)
    page = render_attention(found)
    assert (data_of(page)["layer"], data_of(page)["head"]) == (1, 2)
    assert "begins with layer 2, head 3" in page and "(.50 on average)" in page
    assert '<p class="hint" id="chosen">Layer 2, head 3</p>' in page
    for path in level_paths(weights[1, 2]):
        assert f'd="{path}"' in page
    assert "begins with" not in render_attention(found, layer=0)


def test_the_sentence_stands_in_the_page_as_buttons():
    page = render_attention(make_attention(["Anne", "rit"]))
    buttons = Elements(page).all("button")
    assert [attrs["class"] for attrs in buttons] == ["word special", "word", "word", "word special"]
    assert re.findall(r"<bdi>(.*?)</bdi>", page) == ["[CLS]", "Anne", "rit", "[SEP]"]
    assert data_of(page)["word"] == 1  # no special piece is chosen at first


def test_words_and_title_cannot_get_out_of_their_place():
    page = render_attention(make_attention(HOSTILE), title=HOSTILE[0])
    elements = Elements(page)
    assert elements.all("script") == [{"type": "application/json", "id": "data"}, {}]
    assert page.count("</script") == 2 and page.count("<!--") == 0
    assert data_of(page)["words"] == ["[CLS]", *HOSTILE, "[SEP]"]
    plain = render_attention(make_attention(["a"] * len(HOSTILE)))
    assert [tag for tag, _ in elements.found if tag != "path"] == [
        tag for tag, _ in Elements(plain).found if tag != "path"
    ]


def test_only_the_script_of_the_page_may_run_and_nothing_is_fetched():
    page = render_attention(make_attention(["Anne"]))
    script = re.findall(r"(?s)<script>(.*?)</script>", page)
    assert script == [files("spacy_bertfam.visual").joinpath("attention.js").read_text("utf8")]
    digest = b64encode(sha256(script[0].encode("utf8")).digest()).decode("ascii")
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline';")
    assert re.findall(r"https?:|url\(|@import|<link|<img|src=|href=|\son\w+=", page) == []


def test_thirty_words_of_twelve_layers_and_heads_are_less_than_a_megabyte():
    page = render_attention(make_attention(["Strasbourg"] * 30, n_layers=12, n_heads=12))
    assert len(page.encode("utf8")) < 400_000


@pytest.mark.parametrize(
    ("lang", "page_lang", "text_lang"), [("fr", "fr", "fr"), ("ar", "en", "ar"), ("xx", "en", "")]
)
def test_the_page_speaks_the_language_of_the_text_or_english(lang, page_lang, text_lang):
    direction = "rtl" if lang == "ar" else "ltr"
    page = render_attention(make_attention(["a", "b"], lang=lang, direction=direction))
    elements = Elements(page)
    assert elements.all("html") == [{"lang": page_lang}]
    (words,) = [div for div in elements.all("div") if div.get("id") == "words"]
    assert (words["lang"], words["dir"]) == (text_lang, direction)
    say = Wording("attention", page_lang).sentences
    assert say["caution"] in elements.text and say["no_script"] in elements.text
    assert f"<title>{say['title']}</title>" in page
    assert data_of(page)["say"]["all_layers"] == say["all_layers"]


@pytest.mark.parametrize("page", WORDINGS)
def test_every_language_has_the_same_sentences_with_the_same_gaps_to_fill(page):
    english = WORDINGS[page]["en"]
    for sentences in WORDINGS[page].values():
        assert sentences.keys() == english.keys()
        for name, sentence in sentences.items():
            if name == "nouns":  # each is there to be replaced
                assert all(noun in " ".join(map(str, sentences.values())) for noun in sentence)
                continue
            gaps = sorted(re.findall(r"\{\w+\}", sentence))
            assert gaps == sorted(re.findall(r"\{\w+\}", english[name])), name


def test_what_is_not_shown_is_counted():
    text = Elements(render_attention(make_attention(["a"] * 3, n_left=4, n_without=1))).text
    assert "3 words, 2 layers, 3 heads." in text
    assert "3 of 8 tokens are shown" in text and "1 token without word pieces" in text
    whole = Elements(render_attention(make_attention(["a"]))).text
    assert "tokens are shown" not in whole and "white space" not in whole
    assert "1 word, 2 layers" in whole


def test_layer_and_head_may_be_chosen_and_every_one_is_a_choice():
    page = render_attention(make_attention(["a"]), layer=1, head=2)
    data = data_of(page)
    assert (data["layer"], data["head"]) == (1, 2)
    values = [option["value"] for option in Elements(page).all("option")]
    assert values == ["", "0", "1", "", "0", "1", "2"]
    average = data_of(render_attention(make_attention(["a"])))
    assert (average["layer"], average["head"]) == (None, None)


@pytest.mark.parametrize(
    ("choice", "message"), [({"layer": 2}, "no layer number 3"), ({"head": -1}, "no head")]
)
def test_a_layer_or_head_that_is_not_there_is_told(choice, message):
    with pytest.raises(UserError, match=message):
        render_attention(make_attention(["a"]), **choice)


def test_the_average_is_drawn_without_a_script():
    attention = make_attention(["Anne", "rit"])
    page = render_attention(attention)
    shown = page[: page.index('<script type="application/json"')]
    for path in level_paths(attention.weights.mean(axis=(0, 1))):
        assert f'd="{path}"' in shown
    assert shown.count(">Anne</text>") == 2


def test_neighbors_of_one_level_are_one_line():
    paths = level_paths(np.array([[1, 1, 0], [0, 0.25, 0.75], [0.001, 0, 1]], dtype=np.float32))
    assert len(paths) == N_LEVELS
    drawn = {level: path for level, path in enumerate(paths, start=1) if path}
    assert drawn == {15: "M0 0h2M2 2h1", 8: "M1 1h1", 13: "M2 1h1"}


def test_words_are_readable_on_the_strongest_shade():
    style = files("spacy_bertfam.visual").joinpath("attention.css").read_text("utf8")
    shades = re.findall(r"--shade: (#\w{6})", style)
    for shade, theme in zip(shades, (LIGHT, DARK), strict=True):
        assert contrast(shade, theme.text) >= READABLE
