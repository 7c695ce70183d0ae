"""Charts by hand: well-formed, to scale, and readable on both grounds."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def chart():
    from benchmarks.chart import line_chart

    series = {"a < b": [(1000, 1.0), (10_000, 10.0), (100_000, 100.0)], "c": [(1000, 5.0), (100_000, 5.0)]}
    return line_chart("Time & memory", series, x_label="words", y_label="seconds")


def test_names_with_marks_are_escaped(chart):
    root = ElementTree.fromstring(chart)
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert {"Time & memory", "a < b", "c", "words", "seconds", "1 k", "100 k"} <= set(texts)


def test_what_is_proportional_is_straight_and_what_is_constant_is_level(chart):
    lines = [node.get("points") for node in ElementTree.fromstring(chart).iter(f"{SVG}polyline")]
    rising, level = ([tuple(map(float, p.split(","))) for p in line.split()] for line in lines)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(rising)]
    assert slopes[0] == pytest.approx(slopes[1], abs=0.01)
    assert level[0][1] == level[1][1]


def test_colours_change_on_dark_ground(chart):
    light, dark = chart.split("prefers-color-scheme: dark")
    assert re.findall(r"\.s0 \{[^}]*\}", light) != re.findall(r"\.s0 \{[^}]*\}", dark)
