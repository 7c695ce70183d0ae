"""A record -> a Doc: every entity is kept or accounted for, and nothing lost is taught as O."""

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bertfam.data.align import build_doc
from spacy_bertfam.data.records import Mention, Record
from spacy_bertfam.data.report import (
    DROPPED,
    DUPLICATE,
    EMPTY,
    MOVED,
    OFF_BORDERS,
    OVERLAP,
    TRIMMED,
    ConversionReport,
)
from spacy_bertfam.data.trimming import trim_record

NLP = spacy.blank("xx")


def build(text, *spans, labels=None, alignment="strict", report=None):
    """Trim and build; spans are (start, end, label)."""
    report = ConversionReport() if report is None else report
    record = Record(text, tuple(Mention(*span, 1) for span in spans), "d", "x.jsonl", 1)
    report.has_overlaps = record.has_overlaps
    report.n_in.update(label for _, _, label in spans)
    record = trim_record(record, report)
    return build_doc(record, NLP, labels=labels or {}, alignment=alignment, report=report), report


def iob(doc):
    return " ".join({0: "-", 1: "I", 2: "O", 3: "B"}[token.ent_iob] for token in doc)


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_an_entity_on_token_borders_is_kept():
    doc, report = build("à Paris .", (2, 7, "LOC"))
    assert ents(doc) == [("Paris", "LOC")]
    assert iob(doc) == "O B O"
    assert report.n_kept == {"LOC": 1}
    assert not doc.spans


@pytest.mark.parametrize(
    "alignment, text, tags",
    [("strict", None, "O - O"), ("contract", None, "O - O"), ("expand", "proParis", "O B O")],
)
def test_an_entity_inside_a_token(alignment, text, tags):
    doc, report = build("un proParis la", (6, 11, "LOC"), alignment=alignment)
    assert ents(doc) == ([(text, "LOC")] if text else [])
    assert iob(doc) == tags
    reason = MOVED if text else OFF_BORDERS
    assert report.examples[reason] == [
        {"where": "x.jsonl:1", "text": "Paris", "label": "LOC", "detail": "tokens: proParis"}
    ]


@pytest.mark.parametrize(
    "alignment, entities, tags",
    [
        ("strict", [], "- - O"),
        ("contract", [("New", "LOC")], "B O O"),
        ("expand", [("New Yorkais", "LOC")], "B I O"),
    ],
)
def test_an_entity_that_ends_inside_a_token(alignment, entities, tags):
    doc, _ = build("New Yorkais la", (0, 8, "LOC"), alignment=alignment)
    assert ents(doc) == entities
    assert iob(doc) == tags


@pytest.mark.parametrize("mark", [" ", "\u00a0", "\u200f", "\u200e", "\u200b", "\n", "\ufeff", " \u200b\n"])
def test_white_space_and_marks_are_trimmed_off_both_ends(mark):
    text = f"à {mark}Paris{mark} ."
    doc, report = build(text, (2, 7 + 2 * len(mark), "LOC"))
    assert [ent.label_ for ent in doc.ents] == ["LOC"]
    assert "Paris" in doc.ents[0].text
    assert report.n_changed[TRIMMED] == {"LOC": 1}
    assert not report.n_lost


def test_a_mark_glued_to_the_token_does_not_cost_the_entity():
    doc, report = build("Jimmy Wales\u200f parle", (0, 12, "PER"), (0, 11, "PER"))
    assert ents(doc) == [("Jimmy Wales\u200f", "PER")]
    assert report.n_lost == {DUPLICATE: {"PER": 1}}


def test_a_text_may_be_longer_than_parsers_take(monkeypatch):
    monkeypatch.setattr(NLP, "max_length", 10)
    doc, _ = build("Anne lives in Rennes.", (0, 4, "PER"))
    assert ents(doc) == [("Anne", "PER")]


def test_an_entity_of_white_space_is_lost():
    doc, report = build("à Paris", (1, 2, "LOC"), (1, 1, "LOC"))
    assert report.n_lost == {EMPTY: {"LOC": 2}}
    assert iob(doc) == "O O"


def test_of_nested_entities_the_longest_is_kept_and_all_are_in_the_span_group():
    doc, report = build("Université de Lyon", (14, 18, "LOC"), (0, 18, "ORG"))
    assert ents(doc) == [("Université de Lyon", "ORG")]
    assert [(span.text, span.label_) for span in doc.spans["nested"]] == [
        ("Université de Lyon", "ORG"),
        ("Lyon", "LOC"),
    ]
    assert report.n_lost == {OVERLAP: {"LOC": 1}}
    assert iob(doc) == "B I I"


def test_of_crossing_entities_the_rest_of_the_shorter_is_missing():
    doc, _ = build("a b c d e", (0, 5, "X"), (4, 7, "Y"))
    assert iob(doc) == "B I I - O"


def test_of_equal_spans_the_first_in_the_file_wins():
    doc, report = build("Lyon", (0, 4, "LOC"), (0, 4, "ORG"))
    assert ents(doc) == [("Lyon", "LOC")]
    assert report.n_lost == {OVERLAP: {"ORG": 1}}
    assert len(doc.spans["nested"]) == 2


def test_a_label_is_renamed_or_dropped_to_o():
    doc, report = build(
        "Jean vit ici", (0, 4, "Person"), (9, 12, "Place"), labels={"Person": "PER", "Place": None}
    )
    assert ents(doc) == [("Jean", "PER")]
    assert iob(doc) == "B O O"
    assert report.n_lost == {DROPPED: {"Place": 1}}


@settings(deadline=None)
@given(st.data())
def test_in_is_kept_plus_lost_whatever_comes(data):
    text = data.draw(st.text(st.sampled_from("ab .,-\n\u200f\u00a0é😀"), min_size=1, max_size=25))
    offset = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(offset, offset, st.sampled_from("XY")), max_size=6))
    spans = [(min(a, b), max(a, b), label) for a, b, label in pairs]
    alignment = data.draw(st.sampled_from(["strict", "contract", "expand"]))
    doc, report = build(text, *spans, labels={"Y": "Z"}, alignment=alignment)
    lost = sum((counts for counts in report.n_lost.values()), start=type(report.n_in)())
    assert report.n_in == report.n_kept + lost
    assert report.n_kept.total() == len(doc.ents)
    assert doc.text == text
