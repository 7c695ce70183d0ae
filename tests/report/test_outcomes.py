"""Kinds of error, counted by hand; and the same figures as three other programs."""

from collections import Counter

import pytest
from spacy.scorer import Scorer
from spacy.training import Example, offsets_to_biluo_tags
from spacy.training.iob_utils import biluo_to_iob

from spacy_bertfam.errors import UserError
from spacy_bertfam.report.outcomes import (
    BOTH,
    BOUNDARY,
    MISSED,
    RIGHT,
    SPURIOUS,
    TYPE,
    Entity,
    pair_entities,
    predicted_entities,
)
from spacy_bertfam.report.overlap import overlap_scores
from spacy_bertfam.report.report import make_report


def kinds(gold, predicted):
    return [one.kind for one in pair_entities([Entity(*g) for g in gold], [Entity(*p) for p in predicted])]


@pytest.mark.parametrize(
    "gold, predicted, expected",
    [
        ([("PER", 0, 2)], [("PER", 0, 2)], [RIGHT]),
        ([("PER", 0, 2)], [("LOC", 0, 2)], [TYPE]),
        ([("PER", 0, 2)], [("PER", 0, 1)], [BOUNDARY]),
        ([("PER", 0, 2)], [("LOC", 1, 4)], [BOTH]),
        ([("PER", 0, 2)], [], [MISSED]),
        ([], [("PER", 0, 2)], [SPURIOUS]),
        ([("PER", 0, 2)], [("PER", 2, 3)], [MISSED, SPURIOUS]),
        # each once: the longer overlap is taken, the other is spurious
        ([("PER", 0, 5)], [("PER", 0, 1), ("PER", 2, 5)], [SPURIOUS, BOUNDARY]),
        ([("PER", 0, 2), ("PER", 2, 5)], [("PER", 0, 5)], [MISSED, BOUNDARY]),
        # the same borders go before the same label
        ([("PER", 0, 2), ("LOC", 2, 3)], [("LOC", 0, 2), ("LOC", 2, 3)], [TYPE, RIGHT]),
        # the same label goes before the longer overlap
        ([("PER", 0, 3), ("LOC", 3, 4)], [("LOC", 0, 4)], [MISSED, BOUNDARY]),
    ],
)
def test_kinds_are_those_counted_by_hand(gold, predicted, expected):
    assert kinds(gold, predicted) == expected


def test_every_entity_counts_once(drawn, predicted):
    for eg, of_doc in zip(drawn, predicted(drawn).outcomes, strict=True):
        gold = [one.gold[:3] for one in of_doc if one.gold]
        found = [one.predicted[:3] for one in of_doc if one.predicted]
        assert sorted(gold) == sorted((e.label_, e.start, e.end) for e in eg.reference.ents)
        assert sorted(found) == sorted((e.label_, e.start, e.end) for e in eg.predicted.ents)
    counts = Counter(one.kind for of_doc in predicted(drawn).outcomes for one in of_doc)
    assert len(counts) == 6, "the drawn texts show all kinds"


def test_scores_are_those_of_spacy(drawn, predicted):
    report = make_report([eg.reference for eg in drawn], predicted(drawn), data="drawn")
    scores = Scorer().score(drawn)
    everything, labels = report.slices[:2]
    assert everything.scores()[0].tolist() == pytest.approx([scores[f"ents_{x}"] for x in "prf"])
    for row, found in zip(labels.rows, labels.scores().tolist(), strict=True):
        assert found == pytest.approx([scores["ents_per_type"][row][x] for x in "prf"])


def test_scores_are_those_of_seqeval(drawn, predicted):
    metrics = pytest.importorskip("seqeval.metrics")

    def tags(doc):
        entities = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
        return biluo_to_iob(offsets_to_biluo_tags(doc, entities))

    gold, found = ([tags(doc) for doc in side] for side in zip(*((e.y, e.x) for e in drawn), strict=True))
    (scores,) = make_report([eg.y for eg in drawn], predicted(drawn), data="").slices[0].scores().tolist()
    theirs = [getattr(metrics, name)(gold, found) for name in ("precision_score", "recall_score", "f1_score")]
    assert scores == pytest.approx(theirs)


def test_the_strict_scores_of_nervaluate_are_ours_and_the_others_are_higher(drawn, predicted):
    pytest.importorskip("nervaluate")
    outcomes = predicted(drawn).outcomes
    ways = overlap_scores(outcomes)
    (scores,) = make_report([eg.y for eg in drawn], predicted(drawn), data="").slices[0].scores().tolist()
    assert list(ways["strict"]) == pytest.approx(scores)
    assert ways["strict"][2] < ways["exact"][2] < ways["partial"][2]
    assert ways["strict"][2] < ways["type"][2]


def test_what_has_no_gold_annotation_does_not_count(make_doc):
    gold = make_doc("Anne voit Paul")
    gold.set_ents([], missing=[gold[0:1]], default="outside")
    eg = Example(make_doc("Anne voit Paul", (0, 1, "PER"), (2, 3, "PER")), gold)
    assert list(predicted_entities(eg, {})) == [None, Entity("PER", 2, 3)]


def test_other_tokens_are_compared_by_their_characters(make_doc):
    gold = make_doc(["Saint-Malo", "dort"], (0, 1, "LOC"))
    found = Example(make_doc(["Saint", "-", "Malo", "dort"], (0, 3, "LOC")), gold)
    assert list(predicted_entities(found, {"LOC": "VILLE"})) == [Entity("VILLE", 0, 1)]
    assert list(predicted_entities(found, {"LOC": "O"})) == []


def test_a_document_of_very_many_entities_has_no_table_of_overlaps():
    one = pair_entities([Entity("X", 0, 1)], [])
    with pytest.raises(UserError, match="a document has over 500 entities"):
        overlap_scores([one * 501])
