"""A record -> a Doc: every entity is kept or accounted for, and nothing lost is taught as O."""

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bertfam.data.align import build_doc
from spacy_bertfam.data.convert import trim_record
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


def build_record(record, *, labels=None, alignment="strict", has_overlaps=None):
    """As it is, without trimming."""
    report = ConversionReport(has_overlaps=record.has_overlaps if has_overlaps is None else has_overlaps)
    return build_doc(record, NLP, labels=labels or {}, alignment=alignment, report=report), report


@pytest.mark.parametrize(
    ("missing", "tags"),
    [
        ([], "O B O O O"),
        ([(10, 14)], "O B O - O"),
        ([(11, 12)], "O B O - O"),  # a token is missing as a whole
        ([(8, 11)], "O B - - O"),
        ([(7, 13)], "O B - - O"),  # the space before is no part of it
        ([(2, 7)], "O B O O O"),  # an entity that is there is known
        ([(0, 10)], "- B - O O"),
        ([(9, 10)], "O B O O O"),  # a space alone says nothing
        ([(3, 3), (12, 12)], "O B O O O"),  # nothing, wherever it is
        ([(10, 14), (15, 16)], "O B O - -"),
    ],
)
def test_what_nobody_annotated_is_missing(missing, tags):
    text = "à Paris , hier ."
    record = Record(text, (Mention(2, 7, "LOC", 1),), "d", "x.jsonl", missing=tuple(missing))
    doc, report = build_record(record)
    assert iob(doc) == tags
    assert not report.n_lost


def test_what_nobody_annotated_between_two_invisible_marks_is_its_tokens():
    doc, _ = build_record(Record("Jimmy \u200fWales\u200f parle", (), "d", "x", missing=((5, 13),)))
    assert iob(doc) == "O - O"


def test_words_of_the_file_are_the_tokens():
    record = Record(
        "NewYork est.Là", (Mention(0, 7, "LOC", 3),), "d", "x.conll", 3,
        words=("New", "York", "est", ".", "Là"),
        spaces=(False, True, False, False, False),
        sent_starts=(True, False, False, False, True),
    )  # fmt: skip
    doc, report = build_record(record)
    assert [(token.text, token.whitespace_) for token in doc] == [
        ("New", ""), ("York", " "), ("est", ""), (".", ""), ("Là", ""),
    ]  # fmt: skip
    assert [token.is_sent_start for token in doc] == [True, False, False, False, True]
    assert ents(doc) == [("NewYork", "LOC")]
    assert iob(doc) == "B I O O O"
    assert report.n_kept == {"LOC": 1}


def test_lost_entities_are_told_with_the_tokens_they_touch():
    report = build("un proParis-la", (6, 14, "LOC"))[1]
    assert report.examples == {
        OFF_BORDERS: [
            {"where": "x.jsonl:1", "text": "Paris-la", "label": "LOC", "detail": "tokens: proParis | - | la"}
        ]
    }
    report = build("un proParis la rue", (6, 14, "LOC"))[1]
    assert report.examples[OFF_BORDERS][0]["detail"] == "tokens: proParis | la"


def test_a_moved_entity_is_told_with_its_new_tokens_under_its_old_label():
    doc, report = build("un proParis la rue", (6, 14, "Place"), labels={"Place": "LOC"}, alignment="expand")
    assert ents(doc) == [("proParis la", "LOC")]
    assert report.n_changed == {MOVED: {"Place": 1}}
    assert report.n_kept == {"Place": 1}
    assert report.examples[MOVED] == [
        {"where": "x.jsonl:1", "text": "Paris la", "label": "Place", "detail": "tokens: proParis | la"}
    ]


@pytest.mark.parametrize(
    ("spans", "labels", "reason", "example"),
    [
        ([(0, 4, "LOC"), (0, 4, "LOC")], {}, DUPLICATE, ("Lyon", "LOC")),
        ([(0, 4, "LOC"), (0, 4, "GPE")], {"GPE": "LOC"}, DUPLICATE, ("Lyon", "GPE")),
        ([(0, 4, "LOC"), (0, 7, "ORG")], {}, OVERLAP, ("Lyon", "LOC")),
        ([(0, 4, "LOC")], {"LOC": None}, DROPPED, ("Lyon", "LOC")),
    ],
)
def test_every_loss_is_told_with_its_entity(spans, labels, reason, example):
    doc, report = build("Lyon 69 est là", *spans, labels=labels)
    assert list(report.n_lost) == [reason]
    [found] = report.examples[reason]
    assert (found["where"], found["text"], found["label"], found["detail"]) == ("x.jsonl:1", *example, "")
    assert report.n_kept.total() == len(doc.ents)


def test_entities_after_one_that_is_dropped_or_lost_are_kept():
    doc, _ = build(
        "Jean vit proParis Rouen", (0, 4, "X"), (12, 17, "LOC"), (18, 23, "LOC"), labels={"X": None}
    )
    assert ents(doc) == [("Rouen", "LOC")]
    assert iob(doc) == "O O - B"
    doc, _ = build("Lyon Lyon Rouen", (0, 4, "A"), (0, 4, "A"), (5, 9, "B"), (5, 9, "C"), (10, 15, "D"))
    assert ents(doc) == [("Lyon", "A"), ("Lyon", "B"), ("Rouen", "D")]


def test_a_dropped_entity_leaves_no_place_for_a_label():
    doc, _ = build("Jean", (0, 4, "X"), (0, 4, "PER"), labels={"X": None})
    assert ents(doc) == [("Jean", "PER")]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 1), (4, 9), (6, 7)], ["a", "c d e"]),
        ([(2, 5), (4, 9), (0, 3)], ["a b", "c d e"]),  # of two as long the earlier, and after the longest
        ([(2, 5), (4, 9)], ["c d e"]),
        ([(2, 7), (0, 5)], ["a b c"]),
        ([(4, 9), (0, 5), (6, 7)], ["a b c", "d"]),
        ([(0, 3), (2, 5), (4, 7)], ["a b", "c d"]),
    ],
)
def test_of_overlapping_entities_the_longest_then_the_earliest_is_kept(spans, expected):
    doc, _ = build("a b c d e", *((start, end, "X") for start, end in spans))
    assert [ent.text for ent in doc.ents] == expected


def test_of_two_in_one_token_the_first_in_the_file_is_kept():
    doc, report = build("proParis", (3, 8, "LOC"), (0, 3, "X"), alignment="expand")
    assert ents(doc) == [("proParis", "LOC")]
    assert report.n_lost == {OVERLAP: {"X": 1}}


def test_nested_entities_stand_in_the_order_of_the_text_the_longest_first():
    doc, _ = build("a b c d", (4, 5, "L"), (0, 3, "L"), (0, 5, "L"), (0, 1, "L"), (6, 7, "L"))
    assert [span.text for span in doc.spans["nested"]] == ["a b c", "a b", "a", "c", "d"]


def test_a_corpus_with_overlaps_has_the_group_in_each_doc():
    record = Record("à Paris", (Mention(2, 7, "LOC", 1),), "d", "x.jsonl", 1)
    doc, _ = build_record(record, has_overlaps=True)
    assert [span.text for span in doc.spans["nested"]] == ["Paris"]
    assert "nested" not in build_record(record, has_overlaps=False)[0].spans


def test_only_the_part_of_a_lost_entity_that_no_other_covers_is_missing():
    doc, _ = build("un proParis la rue", (6, 14, "LOC"), (15, 18, "X"), (12, 14, "Y"))
    assert iob(doc) == "O - B B"


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
