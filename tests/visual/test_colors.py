import pytest
from spacy.displacy.render import DEFAULT_LABEL_COLORS

from spacy_bertfam.visual.colors import (
    DARK,
    LABEL_COLORS,
    LIGHT,
    READABLE,
    contrast,
    hashed_color,
    is_hex_color,
    readable_shade,
)

LABEL_SETS = {
    "CoNLL": "PER LOC ORG MISC",
    "OntoNotes": "PERSON NORP FAC ORG GPE LOC PRODUCT EVENT WORK_OF_ART LAW LANGUAGE DATE TIME PERCENT MONEY"
    " QUANTITY ORDINAL CARDINAL",
    "WiNER": "Person Location Organization Date Hour Event Product",
    "biomedical": "Chemical Disease Gene Protein",
    "French": "FT ACT TITRE CARDINAL",
}
EVERY_COLOR = {**DEFAULT_LABEL_COLORS, **LABEL_COLORS}


@pytest.mark.parametrize("name", LABEL_SETS)
def test_every_label_of_a_common_set_has_a_color(name):
    missing = [label for label in LABEL_SETS[name].split() if label.upper() not in EVERY_COLOR]
    assert missing == []


@pytest.mark.parametrize("name", ["CoNLL", "WiNER", "biomedical", "French"])
def test_the_colors_of_one_set_differ(name):
    colors = [EVERY_COLOR[label.upper()] for label in LABEL_SETS[name].split()]
    assert len(set(colors)) == len(colors)


def test_no_color_of_displacy_is_repainted():
    assert LABEL_COLORS.keys() & DEFAULT_LABEL_COLORS.keys() == set()


def test_displacy_looks_labels_up_in_capitals():
    assert all(label == label.upper() and is_hex_color(color) for label, color in LABEL_COLORS.items())


@pytest.mark.parametrize("label", EVERY_COLOR)
def test_dark_text_is_readable_on_the_color_as_it_is(label):
    assert contrast(EVERY_COLOR[label], LIGHT.text) >= READABLE


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_the_shade_of_any_label(theme):
    hashed = [hashed_color(f"LABEL_{i}") for i in range(500)]
    hard = ["#000", "#fff", "#ff0000", "#0000FF", "#808080", theme.text]
    for color in [*EVERY_COLOR.values(), *hashed, *hard]:
        assert contrast(readable_shade(color, theme), theme.text) >= READABLE, color


@pytest.mark.parametrize(("first", "second", "ratio"), [("#000", "#ffffff", 21), ("#777777", "#fff", 4.48)])
def test_contrast_agrees_with_the_published_examples(first, second, ratio):
    assert contrast(first, second) == pytest.approx(ratio, abs=0.01)
    assert contrast(second, first) == contrast(first, second)


@pytest.mark.parametrize(
    "color", ["linear-gradient(90deg, #aa9cfc, #fc9ce7)", "red", "#12", "#12345g", "#fff\n"]
)
def test_what_is_no_hex_color_is_told_apart(color):
    assert not is_hex_color(color)


def test_a_hashed_color_is_the_same_in_every_run():
    assert hashed_color("GRADE") == hashed_color("grade") == "#aea8f0"
    assert hashed_color("GRADE") != hashed_color("RANK")
