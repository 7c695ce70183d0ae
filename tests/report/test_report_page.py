"""The page of a report: text is text, the most confident errors are first, and as much is shown as was asked for."""

import json
import re

from spacy.training import Example

from spacy_bertfam.report.page import AROUND
from spacy_bertfam.report.report import make_report
from spacy_bertfam.report.writing import written

HOSTILE = ["<script>alert(1)</script>", "\"'`|&amp;", "\u202e\u200fשלום", "👩‍🔬"]


def files(examples, predicted, *, other=None, n_shown=500, **options):
    report = make_report([eg.y for eg in examples], predicted(examples), data="dev", other=other, **options)
    return report, written(report, lang="en", n_shown=n_shown)


def cards(page):
    return re.findall(r'(?s)<article class="error" data-kind="(\w+)".*?</article>', page)


def test_hostile_text_and_labels_stay_text(make_doc, predicted):
    label = "<b onclick='x'>|L"
    gold = make_doc(HOSTILE, (0, 1, label))
    gold.user_data["by"] = "<i>"
    _, found = files([Example(make_doc(HOSTILE, (0, 2, label, 0.9)), gold)], predicted, by="by")
    page = found["report.html"]
    assert page.count("<script") == 2 and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b " not in page and "<i>" not in page and "👩‍🔬" in page
    rows = [line for line in found["report.md"].splitlines() if line.startswith("|")]
    assert "<" not in "".join(rows) and len({len(re.findall(r"(?<!\\)\|", row)) for row in rows[:4]}) == 1


def test_the_most_confident_error_is_first_and_missed_ones_are_last(make_doc, predicted):
    scores = [0.2, 0.9, 0.5]
    examples = [Example(make_doc("a b", (0, 1, "X", score)), make_doc("a b")) for score in scores]
    examples.insert(0, Example(make_doc("a b"), make_doc("a b", (0, 1, "X"))))
    report, found = files(examples, predicted)
    assert [error.doc for error in report.errors] == [2, 3, 1, 0]
    assert cards(found["report.html"]) == ["spurious", "spurious", "spurious", "missed"]


def test_no_more_errors_are_shown_than_asked_for_and_the_rest_is_counted(drawn, predicted):
    report, found = files(drawn, predicted, n_shown=5)
    assert len(cards(found["report.html"])) == 5
    assert f"5 of {len(report.errors)} errors are on this page" in found["report.html"]
    assert len(json.loads(found["report.json"])["errors"]) == len(report.errors) > 5


def test_a_long_text_is_cut_around_the_error_and_a_short_sentence_is_whole(make_doc, predicted):
    words = [f"w{i}" for i in range(200)]
    _, found = files([Example(make_doc(words, (100, 101, "X")), make_doc(words))], predicted)
    page = found["report.html"]
    assert "… <div" in page and f"w{100 - AROUND} " in page and f"w{99 - AROUND} " not in page
    assert f"w{100 + AROUND}" in page and f"w{101 + AROUND}" not in page
    gold = make_doc(words)
    for i in range(200):
        gold[i].is_sent_start = i % 40 == 0
    _, found = files([Example(make_doc(words, (100, 101, "X")), gold)], predicted)
    assert "w80 " in found["report.html"] and "w119" in found["report.html"]
    assert "w79" not in found["report.html"] and "w120" not in found["report.html"]


def test_what_is_new_and_what_is_mended_is_told(make_doc, predicted):
    gold = make_doc("a b c d", (0, 1, "X"), (1, 2, "X"), (2, 3, "X"))
    mine = [Example(make_doc("a b c d", (0, 1, "X"), (3, 4, "X")), gold)]
    theirs = [Example(make_doc("a b c d", (1, 2, "X"), (3, 4, "X")), gold)]
    report, found = files(mine, predicted, other=predicted(theirs, "other"))
    states = {(error.state, (error.outcome.gold or error.outcome.predicted).start) for error in report.errors}
    assert states == {("new", 1), ("mended", 0), ("shared", 2), ("shared", 3)}
    assert (
        "which other does not make: 1. Errors of both: 2. Mended errors, of other alone: 1."
        in found["report.md"]
    )
    comparison = json.loads(found["report.json"])["comparison"]
    assert comparison["f"]["all"]["difference"] == 0 and comparison["f"]["all"]["p_randomization"] == 1


def test_parts_of_the_entities_are_counted_by_hand(make_doc, predicted):
    gold = make_doc("Anne Roy voit Brest puis Paul", (0, 2, "PER"), (3, 4, "LOC"), (5, 6, "PER"))
    train = [make_doc("Brest rit", (0, 1, "LOC")), make_doc("Paul rit", (0, 1, "LOC"))]
    found = make_doc("Anne Roy voit Brest puis Paul", (0, 2, "PER"), (5, 6, "LOC"))
    report, _ = files([Example(found, gold)], predicted, train=train)
    rows = {
        one.name: dict(zip(one.rows, one.counts.sum(axis=0).tolist(), strict=True)) for one in report.slices
    }
    assert rows["length"] == {"1": [0, 1, 2], "2": [1, 1, 1]}
    assert rows["training"] == {"seen": [0, 1, 1], "seen_otherwise": [0, 0, 1], "unseen": [1, 1, 1]}
    assert rows["place"] == {"beginning": [1, 1, 1], "middle": [0, 0, 1], "end": [0, 1, 1]}
    assert rows["doc_length"] == {"1-25": [1, 2, 3]}
    assert report.confusion == {("PER", "PER"): 1, ("LOC", ""): 1, ("PER", "LOC"): 1}
