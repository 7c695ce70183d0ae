"""The page of a calibration: its diagrams are where the figures are, and nothing in it runs."""

import re
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np
import pytest

from spacy_bertfam.evaluation.calibration import Calibration
from spacy_bertfam.evaluation.scored import Counts, scored_entities
from spacy_bertfam.visual.reliability import render_calibration
from spacy_bertfam.visual.reliability_chart import COUNTS, LEFT, SIDE, TOP, reliability_chart
from spacy_bertfam.visual.wording import Wording

ENGLISH = Wording("calibration", "en")
SVG = "{http://www.w3.org/2000/svg}"
ENTITIES = scored_entities([(0.95, True), (0.97, False), (0.99, True), (0.25, False), (0.21, True)])


def elements(svg, name):
    return [element.attrib for element in ElementTree.fromstring(svg).iter(SVG + name)]


def test_a_point_stands_at_the_mean_score_and_the_share_that_is_right():
    low, high = elements(reliability_chart(ENTITIES, css="before", label="x", words=ENGLISH), "circle")
    assert float(low["cx"]) == pytest.approx(LEFT + SIDE * 0.23, abs=0.1)
    assert float(low["cy"]) == pytest.approx(TOP + SIDE / 2, abs=0.1)
    assert float(high["cx"]) == pytest.approx(LEFT + SIDE * 0.97, abs=0.1)
    assert float(high["cy"]) == pytest.approx(TOP + SIDE / 3, abs=0.1)


def test_the_bars_are_as_high_as_the_tenths_are_full():
    svg = reliability_chart(ENTITIES, css="before", label="x", words=ENGLISH)
    low, high = (float(bar["height"]) for bar in elements(svg, "rect"))
    assert low / high == pytest.approx(2 / 3, abs=0.01) and high < COUNTS
    assert re.findall(r">(\d+)</text>", svg)[-2:] == ["2", "3"]


def test_nothing_is_drawn_beside_the_picture():
    everywhere = scored_entities((score, score > 0.5) for score in np.linspace(0, 1, 101))
    svg = reliability_chart(everywhere, css="after", label="x", words=ENGLISH)
    _, _, width, height = map(float, ElementTree.fromstring(svg).attrib["viewBox"].split())
    for name in ("cx", "x", "x1", "x2"):
        assert all(0 <= float(value) <= width for value in re.findall(rf' {name}="([^"]*)"', svg))
    for name in ("cy", "y", "y1", "y2"):
        assert all(0 <= float(value) <= height for value in re.findall(rf' {name}="([^"]*)"', svg))


def test_bins_of_fewer_than_ten_entities_are_faint():
    scores = [(0.55, True)] * 9 + [(0.95, True)] * 10
    svg = reliability_chart(scored_entities(scores), css="after", label="x", words=ENGLISH)
    for name in ("circle", "rect"):
        low, high = (element["class"].split() for element in elements(svg, name))
        assert "few" in low and "few" not in high
    gaps = [line["class"] for line in elements(svg, "line") if line["class"].startswith("gap")]
    assert gaps == ["gap after few", "gap after"]
    style = files("spacy_bertfam.visual").joinpath("reliability.css").read_text("utf8")
    assert re.search(r"svg \.few \{ opacity: \.\d+; \}", style)


def calibration(**changed):
    fields = {
        "component": "<b>",
        "min_score": 0.3,
        "n_texts": 2,
        "before": 1.0,
        "after": 2.0,
        "entities_before": ENTITIES,
        "entities_after": ENTITIES,
        "held_out": None,
        "counts": Counts(n_gold=4, n_unscored=0, n_unscored_right=0),
    }
    return Calibration(**{**fields, **changed})


def test_names_are_escaped_and_warnings_are_shown():
    page = render_calibration(calibration(), name="<script>alert(1)</script>")
    assert "<script" not in page and "<b>" not in page
    assert "Only 5 entities are found; a temperature of fewer than 50 is mostly chance" in page
    assert "measured on the texts that the temperature was fitted to" in page
    assert '<tr class="set"><th scope="row">0.3</th><td>3</td><td>0.667</td><td>0.500</td>' in page


def test_the_page_speaks_the_language_of_the_pipeline():
    many = scored_entities([(0.9, True), (0.2, False)] * 600)
    page = render_calibration(calibration(after=20.0, entities_before=many), name="presse", lang="fr")
    assert '<html lang="fr">' in page and "Scores de presse" in page
    assert "2 textes, 1\u202f200 entités selon" in page
    assert "La température est au bord de ce qui est essayé (de 0.1 à 20)" in page
    english = Wording("calibration", "en").sentences.values()
    assert not [text for text in english if len(text) > 12 and f">{text}" in page]
    for lang in ("en", "de"):
        page = render_calibration(calibration(entities_before=many), name="news", lang=lang)
        assert '<html lang="en">' in page and "2 texts, 1,200 entities found by" in page
