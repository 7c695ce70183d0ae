"""What counts as one mistake, what kind it is, and which one comes first."""

import pytest

from spacy_bertfam.audit.findings import (
    WEIGHT,
    places_that_differ,
    self_confidence,
    weighed,
    with_strings,
)
from spacy_bertfam.audit.strings import Usage
from spacy_bertfam.types import ScoredSpan


def spans(*found):
    return tuple(ScoredSpan(*span, 0.5) for span in found)


def places(gold, found):
    return [
        ([s[:3] for s in one.gold], [s[:3] for s in one.suggested], one.kind)
        for one in places_that_differ(0, spans(*gold), spans(*found))
    ]


PER, LOC = (1, 3, "PER"), (1, 3, "LOC")


@pytest.mark.parametrize(
    ("gold", "found", "kind"),
    [
        ([], [PER], "missed"),
        ([PER], [], "no entity"),
        ([PER], [LOC], "label"),
        ([PER], [(0, 3, "PER")], "border"),
        ([PER], [(1, 2, "LOC")], "label and border"),
        ([(0, 4, "PER")], [(0, 2, "PER"), (3, 4, "PER")], "border"),
        ([(0, 2, "PER"), (2, 4, "LOC")], [(0, 4, "PER")], "label and border"),
        ([(0, 1, "PER"), (2, 4, "PER")], [(0, 3, "PER")], "border"),
    ],
)
def test_one_mistake_is_one_place(gold, found, kind):
    assert places(gold, found) == [(gold, found, kind)]


def test_what_both_sides_have_is_no_mistake():
    assert places([PER, (5, 6, "ORG")], [PER, (5, 6, "ORG")]) == []
    found = places([PER, (4, 5, "ORG")], [(0, 1, "LOC"), PER, (4, 5, "LOC")])
    assert [kind for *_, kind in found] == ["missed", "label"]


def test_neighbors_are_two_mistakes():
    assert [kind for *_, kind in places([(0, 2, "PER")], [(2, 4, "LOC")])] == ["no entity", "missed"]


def test_the_confidence_of_a_label_is_the_mean_of_its_entities():
    gold = [[ScoredSpan(0, 1, "PER", 0.9), ScoredSpan(2, 3, "LOC", 0.3)], [ScoredSpan(0, 1, "PER", 0.6)], []]
    assert self_confidence(gold) == pytest.approx({"PER": 0.75, "LOC": 0.3, "": 0.6})
    assert self_confidence([[]]) == {}


@pytest.mark.parametrize(
    ("gold", "found", "bar"), [([PER], [LOC], 0.4), ([PER], [], 0.7), ([LOC], [PER], 0.8)]
)
def test_a_finding_is_confident_where_its_suggestion_is_as_sure_as_its_label_is(gold, found, bar):
    (one,) = places_that_differ(0, spans(*gold), spans(*found))
    confidence = {"PER": 0.8, "LOC": 0.4, "": 0.7}
    assert weighed(one, 0.1, bar, confidence).is_confident
    assert not weighed(one, 0.1, bar - 0.01, confidence).is_confident


def test_the_score_is_the_normalized_margin_and_the_strings_add_to_it():
    (one,) = places_that_differ(0, spans(PER), spans(LOC))
    assert weighed(one, 0.1, 0.7, {}).score == pytest.approx(0.5 + 0.3 / (1 + WEIGHT))
    assert weighed(one, 0.4, 0.4, {}).score == 0.5
    (with_string,) = with_strings(0, [one], [Usage(2, 3, "", "LOC", (9, 1))], one.gold)
    assert weighed(with_string, 0.1, 0.7, {}).score == pytest.approx(
        0.5 + (0.6 + 0.9 * WEIGHT) / (1 + WEIGHT) / 2
    )
    (usual,) = with_strings(0, [one], [Usage(1, 3, "PER", "PER", (9, 1))], one.gold)
    assert weighed(usual, 0.1, 0.7, {}).score == pytest.approx(0.5 + (0.6 - 0.9 * WEIGHT) / (1 + WEIGHT) / 2)
    assert weighed(usual, 1.0, 0.0, {}).score > 0 and (usual.deviations, with_string.deviations != []) == (
        [],
        True,
    )


@pytest.mark.parametrize("usual", ["LOC", ""])
def test_a_deviation_of_a_string_alone_is_a_finding(usual):
    gold = spans((4, 5, "PER"))
    (one,) = with_strings(3, [], [Usage(4, 5, "PER", usual, (4, 1))], gold)
    one = weighed(one, 0.8, 0.2, {})
    assert (one.text, one.gold, one.kind) == (3, gold, "annotated differently elsewhere")
    assert one.suggested == ((ScoredSpan(4, 5, "LOC", 0.2),) if usual else ())


def test_a_string_that_is_annotated_as_everywhere_is_no_finding():
    assert with_strings(0, [], [Usage(4, 5, "PER", "PER", (4, 1))], spans((4, 5, "PER"))) == []
