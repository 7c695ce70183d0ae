"""What annotation tools say of a text or a span is honored and counted: rejected is not gold."""

import json

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_bertfam.data.cats import convert_cats
from spacy_bertfam.data.convert import convert
from spacy_bertfam.errors import DataError

TEXT = "Claire Morel habite Angers."
PER, LOC = {"start": 0, "end": 12, "label": "PER"}, {"start": 20, "end": 26, "label": "LOC"}
GOLD = [("Claire Morel", "PER"), ("Angers", "LOC")]
REJECTED, SKIPPED = "texts rejected in the annotation tool", "texts skipped in the annotation tool"
UNFINISHED, UNANNOTATED = (
    "texts not confirmed in the annotation tool",
    "texts not annotated in the annotation tool",
)


@pytest.fixture
def read(tmp_path):
    """Convert values, as JSON lines or as one array: (docs, report)."""

    def convert_values(*values, as_array=False):
        path = tmp_path / "x.json"
        text = json.dumps(values, indent=1) if as_array else "\n".join(map(json.dumps, values))
        path.write_text(text, encoding="utf8")
        report = convert(path, tmp_path / "x.spacy", lang="fr")
        return list(DocBin().from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("fr").vocab)), report

    return convert_values


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def prodigy(**keys):
    return {"text": TEXT, "spans": [PER, LOC], **keys}


def doccano(**keys):
    return {"id": 1, "text": TEXT, "label": [[0, 12, "PER"], [20, 26, "LOC"]], **keys}


def label_studio(*annotations, **keys):
    wrong = [{"type": "labels", "value": {"start": 0, "end": 6, "labels": ["WRONG"]}}]
    return {
        "id": 1,
        "data": {"text": TEXT},
        "annotations": annotations,
        "predictions": [{"result": wrong}],
        **keys,
    }


def version(*spans, **keys):
    regions = [
        {"from_name": "label", "type": "labels", "value": {**s, "labels": [s["label"]]}} for s in spans
    ]
    return {"result": regions, "was_cancelled": False, "ground_truth": False, **keys}


def argilla_1(**keys):
    return {
        "text": TEXT,
        "annotation": [["PER", 0, 12], ["LOC", 20, 26]],
        "prediction": [["BAD", 0, 3, 0.9]],
        **keys,
    }


def argilla(*responses, **keys):
    return {"id": "a", "fields": {"text": TEXT}, "suggestions": {"q": {"value": [PER]}}, **keys,
            "responses": {"q": list(responses)}}  # fmt: skip


@pytest.mark.parametrize(
    "gold, other, counted",
    [
        (prodigy(answer="accept"), prodigy(answer="reject"), REJECTED),
        (prodigy(answer="accept"), prodigy(answer="ignore"), SKIPPED),
        (doccano(is_confirmed=True), doccano(is_confirmed=False), UNFINISHED),
        (doccano(annotation_approver="admin"), doccano(annotation_approver=None), UNFINISHED),
        (label_studio(version(PER, LOC)), label_studio(version(PER, was_cancelled=True)), SKIPPED),
        (label_studio(version(PER, LOC)), label_studio(version(PER, skipped=True)), SKIPPED),
        (
            label_studio(version(PER, LOC)),
            label_studio(version(PER, reviews=[{"accepted": False}])),
            REJECTED,
        ),
        (label_studio(version(PER, LOC)), label_studio(), UNANNOTATED),
        (argilla_1(status="Validated"), argilla_1(status="Discarded"), SKIPPED),
        (argilla_1(status="Validated"), argilla_1(status="Edited"), UNFINISHED),
        (argilla_1(status="Validated"), {**argilla_1(status="Default"), "annotation": None}, UNFINISHED),
        (
            argilla({"value": [PER, LOC]}, status="completed"),
            argilla({"value": [PER]}, status="pending"),
            UNFINISHED,
        ),
        (argilla({"value": [PER, LOC]}), argilla({"value": [PER], "status": "discarded"}), SKIPPED),
        (argilla({"value": [PER, LOC]}), argilla(), UNANNOTATED),
        (
            {"text": TEXT, "q.responses": [[PER, LOC]], "q.responses.status": ["submitted"]},
            {"text": TEXT, "q.responses": [[PER]], "q.responses.status": ["draft"]},
            UNFINISHED,
        ),
        (
            {
                "fields": {"text": TEXT},
                "responses": [{"values": {"q": {"value": [PER, LOC]}}, "status": "submitted"}],
            },
            {
                "fields": {"text": TEXT},
                "responses": [{"values": {"q": {"value": [PER]}}, "status": "discarded"}],
            },
            SKIPPED,
        ),
    ],
)
@pytest.mark.parametrize("as_array", [False, True])
def test_what_is_not_gold_is_left_out_and_counted(read, gold, other, counted, as_array):
    (doc,), report = read(gold, other, as_array=as_array)
    assert ents(doc) == GOLD
    assert report.ignored == {counted: 1}
    assert report.to_dict()["ignored"] == {counted: 1}
    assert report.n_in == {"PER": 1, "LOC": 1}


@pytest.mark.parametrize(
    "verdict, reason",
    [
        ({"answer": "reject"}, "rejected in the annotation tool"),
        ({"answer": "ignore"}, "skipped in the annotation tool"),
        ({"correct": False, "reviewed": True}, "rejected in the annotation tool"),
    ],
)
def test_the_tokens_of_a_span_that_is_not_gold_are_unknown(read, verdict, reason):
    (doc,), report = read({"text": TEXT, "spans": [PER, {**LOC, **verdict}], "answer": "accept"})
    assert ents(doc) == GOLD[:1]
    assert [token.text for token in doc if token.ent_iob == 0] == ["Angers"]
    assert report.n_lost == {reason: {"LOC": 1}}
    assert report.n_in == {"PER": 1, "LOC": 1}


@pytest.mark.parametrize(
    "verdict", [{"answer": "accept"}, {"status": "Validated"}, {"annotation_approver": "a"}]
)
def test_an_accepted_text_without_spans_has_no_entities(read, verdict):
    (_, doc), report = read(prodigy(), {"text": "Il pleut.", "tokens": [], **verdict})
    assert [token.ent_iob_ for token in doc] == ["O", "O", "O"]
    assert not report.ignored


def test_a_text_without_spans_of_which_nothing_is_said_stops_the_file(read):
    with pytest.raises(DataError, match=r"x\.json:2: found no list under \"entities\" \(keys: 'text'\)"):
        read(prodigy(), {"text": "Il pleut."})


@pytest.mark.parametrize("key", [{"_is_binary": True}, {"_view_id": "ner"}])
def test_a_yes_to_one_span_says_nothing_of_the_other_words(read, key):
    (doc,), report = read({"text": TEXT, "spans": [PER], "answer": "accept", **key})
    assert [token.ent_iob for token in doc] == [3, 1, 0, 0, 0]
    assert "answers about single spans" in report.note_lines()[0]


def test_where_nobody_approves_all_are_read_and_that_is_said(read):
    docs, report = read(doccano(annotation_approver=None), doccano(annotation_approver=None))
    assert len(docs) == 2
    assert "annotation_approver" in report.note_lines()[0]


def test_of_several_annotators_the_ground_truth_counts(read):
    (doc,), report = read(
        label_studio(version(PER, LOC, ground_truth=True, created_at="1"), version(PER, created_at="2"))
    )
    assert ents(doc) == GOLD
    assert report.ignored == {"further annotations of the same text": 1}


def test_a_file_of_rejected_texts_alone_says_why_nothing_is_left(read):
    with pytest.raises(DataError, match=rf"holds no text \(2 {REJECTED}\)"):
        read(prodigy(answer="reject"), prodigy(answer="reject"))


def test_a_status_that_is_no_verdict_changes_nothing(read):
    (doc,), report = read(doccano(status="published", answer="42", state="draft"))
    assert ents(doc) == GOLD
    assert not report.ignored


def test_texts_with_labels_are_asked_too(tmp_path):
    rows = [{"text": "Un.", "label": "a"}, {"text": "Deux.", "label": "b", "answer": "accept"}]
    rows.append({"text": "Trois.", "label": "c", "answer": "reject"})
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    report = convert_cats(path, tmp_path / "x.spacy", lang="fr")
    assert report.n_labels == {"a": 1, "b": 1}
    assert report.n_refused == {"rejected in the annotation tool": 1}


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"accept": 0}, REJECTED),
        ({"accepted": "no"}, REJECTED),
        ({"rejected": "true"}, REJECTED),
        ({"is_valid": False}, REJECTED),
        ({"skip": True}, SKIPPED),
        ({"status": "deleted"}, SKIPPED),
        ({"verified": False}, UNFINISHED),
        ({"status": "IN_REVIEW"}, UNFINISHED),
        ({"status": "Not-started"}, UNFINISHED),
    ],
)
def test_verdicts_in_other_words(read, keys, reason):
    (doc,), report = read(prodigy(), prodigy(**keys))
    assert ents(doc) == GOLD
    assert report.ignored == {reason: 1}
    assert not report.notes


def test_a_verdict_that_is_not_known_is_noted(read):
    docs, report = read(prodigy(status="with the lawyers"), prodigy(status="done"), prodigy(status=""))
    assert [ents(doc) for doc in docs] == [GOLD] * 3
    (note,) = report.notes
    assert note == (
        'has texts with a verdict that is not known, and read as annotated: status: "with the lawyers" (1).'
    )
