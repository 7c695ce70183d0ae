"""The label map: parsed, completed, and checked for slips of the pen."""

from collections import Counter

import pytest

from spacy_bertfam.data.labels import parse_map, plan_labels
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError


def plan(rename, *, keep=True):
    report = ConversionReport(n_in=Counter(Person=3, Location=2, Date=1))
    return plan_labels(rename, keep_unmapped=keep, report=report), report.note_lines()


def test_one_string_or_several():
    expected = {"Location": "LOC", "Person": "PER"}
    assert parse_map(["Location=LOC, Person=PER"]) == parse_map(["Location=LOC", "Person=PER"]) == expected


@pytest.mark.parametrize("text", ["Location", "=LOC", "Location=", "", "A=B,,C=D", "A=B,A=C", "A=P\udce9"])
def test_a_bad_map_is_refused(text):
    with pytest.raises(DataError, match="--map: "):
        parse_map([text])


def test_unmapped_labels_are_kept_or_dropped():
    assert plan({"Person": "PER"})[0] == {"Date": "Date", "Location": "Location", "Person": "PER"}
    assert plan({"Person": "PER"}, keep=False)[0] == {"Date": None, "Location": None, "Person": "PER"}


def test_o_drops_a_label_and_no_map_drops_none():
    assert plan({"Date": "O"})[0]["Date"] is None
    assert plan({}, keep=False)[0] == {"Date": "Date", "Location": "Location", "Person": "Person"}


def test_a_key_that_occurs_nowhere_is_noted_with_the_labels_that_do():
    _, notes = plan({"Person": "PER", "Event": "MISC"})
    assert notes == ["--map names Event, which occurs nowhere; the labels that do: Date, Location, Person."]


@pytest.mark.parametrize("slip", ["Locaton", "location", "LOCATION", "Locations"])
def test_a_slip_of_the_pen_is_an_error(slip):
    with pytest.raises(DataError, match=f"'{slip}', which occurs nowhere; did you mean 'Location'"):
        plan({slip: "LOC", "Person": "PER"})


def test_a_map_of_another_corpus_is_an_error():
    with pytest.raises(
        DataError, match="none of its labels occurs; the labels that do are Date, Location, Person"
    ):
        plan({"Chemical": "X"})


def test_labels_that_differ_in_capitals_alone_are_noted():
    report = ConversionReport(n_in=Counter(PER=3, Per=2, LOC=1))
    assert plan_labels({}, keep_unmapped=True, report=report)["Per"] == "Per"
    assert report.note_lines() == ["PER and Per are two labels; --map Per=PER makes one of them."]
    report.notes.clear()
    plan_labels({"Per": "PER"}, keep_unmapped=True, report=report)
    assert not report.note_lines()
