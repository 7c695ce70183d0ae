"""JSON lines: the common shapes of an entity, and lines that are none."""

import json

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.records import Mention
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError


def read(tmp_path, *lines):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines), encoding="utf8")
    return list(read_records(path, format="jsonl", lang="xx", report=ConversionReport()))


@pytest.mark.parametrize(
    "entry",
    [
        {"entities": [[0, 5, "LOC"]]},
        {"entities": [{"start": 0, "end": 5, "label": "LOC"}]},
        {"entities": [{"id": 7, "label": "LOC", "start_offset": 0, "end_offset": 5}], "relations": []},
        {"spans": [{"start": 0, "end": 5, "label": "LOC", "token_start": 0}]},
        {"label": [[0, 5, "LOC"]]},
        {"labels": [[0, 5, "LOC"]]},
        {"entities": [], "spans": [{"start": 0, "end": 5, "label": "LOC"}]},
    ],
)
def test_shapes_of_entities(tmp_path, entry):
    (record,) = read(tmp_path, json.dumps({"id": "a", "text": "Paris 😀 brûle", **entry}))
    assert record.mentions == (Mention(0, 5, "LOC", 1),)
    assert record.document == "x.jsonl:a"


def test_blank_lines_bom_and_missing_ids(tmp_path):
    line = json.dumps({"text": "a", "entities": []})
    records = read(tmp_path, "\ufeff" + line, "", line)
    assert [record.line for record in records] == [1, 3]
    assert records[0].document != records[1].document


@pytest.mark.parametrize(
    "line, found",
    [
        ('{"text": "a", ', "found no valid JSON"),
        ('["a"]', "found a JSON list"),
        ('{"txt": "a", "entities": []}', "no string under \"text\" (keys: 'txt', 'entities')"),
        ('{"text": "a"}', "keys: 'text'"),
        ('{"text": "a", "label": "POSITIVE"}', 'no list under "entities"'),
        ('{"text": "abc", "entities": [[0, 4, "X"]]}', "found the offsets 0-4 (X)"),
        ('{"text": "abc", "entities": [[-1, 2, "X"]]}', "found the offsets -1-2"),
        ('{"text": "abc", "entities": [[2, 1, "X"]]}', "found the offsets 2-1"),
        ('{"text": "abc", "entities": [[0, 1]]}', "found the entity [0, 1]"),
        ('{"text": "abc", "entities": [[0, NaN, "X"]]}', "two whole numbers"),
        ('{"text": "abc", "entities": [[false, true, "X"]]}', "two whole numbers"),
        ('{"text": "abc", "entities": [[0, 1, ""]]}', "a string"),
        ('{"text": "abc", "entities": [{"start": 0, "label": "X"}]}', "found the entity"),
        ('{"text": "a\\ud83d", "entities": []}', "surrogate"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(tmp_path, line, found):
    with pytest.raises(DataError, match=r"x\.jsonl:2: ") as error:
        read(tmp_path, '{"text": "a", "entities": []}', line)
    assert found in str(error.value)
    assert "expected" in str(error.value)


TEXT = "😀 Paris 😀 brûle à\nLyon"


@pytest.mark.parametrize(
    ("start", "end", "own", "place"),
    [
        (2, 7, "Paris", (2, 7)),
        (3, 8, "Paris", (2, 7)),  # in UTF-16, as tools in JavaScript and Java count
        (20, 24, "Lyon", (18, 22)),  # beyond the text's length in characters
        (16, 22, "à\\nLyon", (16, 22)),  # Label Studio writes a line break so
        (10, 15, "  ", (10, 15)),
    ],
)
def test_offsets_are_those_at_which_the_tools_own_text_stands(tmp_path, start, end, own, place):
    report, path = ConversionReport(), tmp_path / "x.jsonl"
    entry = {"text": TEXT, "entities": [{"start": start, "end": end, "label": "LOC", "text": own}]}
    path.write_text(json.dumps(entry), encoding="utf8")
    (record,) = read_records(path, format="jsonl", lang="xx", report=report)
    assert [(m.start, m.end) for m in record.mentions] == [place]
    assert not report.n_changed


def read_counted(tmp_path, *entries):
    report, path = ConversionReport(), tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, entries)), encoding="utf8")
    return list(read_records(path, format="jsonl", lang="xx", report=report)), report


@pytest.mark.parametrize(
    ("words", "place", "change"),
    [
        ("Paris", (2, 7), "put where the text has the words that the tool gives beside the offsets"),
        ("Lyon", (18, 22), "put where the text has the words that the tool gives beside the offsets"),
        ("Pari", (10, 15), "at offsets where other words stand than the tool gives beside them"),
        ("Nantes", (10, 15), "at offsets where other words stand than the tool gives beside them"),
    ],
)
def test_other_words_than_the_tool_gives_are_counted_and_mended_where_the_text_has_them(
    tmp_path, words, place, change
):
    entry = {"text": TEXT, "entities": [{"start": 10, "end": 15, "label": "LOC", "text": words}]}
    records, report = read_counted(tmp_path, *[entry] * 3)
    assert [(m.start, m.end) for record in records for m in record.mentions] == [place] * 3
    assert report.n_changed == {change: {"LOC": 3}}


def test_of_two_places_with_the_words_the_nearer_one_is_taken(tmp_path):
    entry = {"text": "Oz, Oz, Oz", "entities": [{"start": 5, "end": 7, "label": "LOC", "text": "Oz"}]}
    (record,), _ = read_counted(tmp_path, entry)
    assert [(m.start, m.end) for m in record.mentions] == [(4, 6)]


def test_whole_numbers_may_be_written_as_others_and_fractions_are_counted(tmp_path):
    spans = [[0.0, 2.0, "A"], ["4", "6", "B"], [7.5, 9, "C"]]
    (record,), report = read_counted(tmp_path, {"text": "Oz, Oz, Oz", "entities": spans})
    assert record.mentions == (Mention(0, 2, "A", 1), Mention(4, 6, "B", 1))
    assert record.missing == ((7, 9),)
    assert report.n_lost == {"at a fraction of a character": {"C": 1}}


def test_a_span_without_a_label_is_counted_and_costs_no_other_one(tmp_path):
    region = {"from_name": "label", "to_name": "text", "type": "labels"}
    result = [
        {**region, "value": {"start": 0, "end": 2, "text": "Oz", "labels": []}},
        {**region, "value": {"start": 0, "end": 2, "text": "Oz"}},
        {**region, "value": {"start": 4, "end": 6, "text": "Oz", "labels": ["LOC"]}},
        {**region, "type": "choices", "value": {"start": 4, "end": 6, "text": "Oz", "choices": ["sure"]}},
        {**region, "type": "textarea", "value": {"start": 4, "end": 6, "text": ["a note"]}},
    ]
    task = {"id": 1, "data": {"text": "Oz, Oz"}, "annotations": [{"result": result}]}
    (record,), report = read_counted(tmp_path, task)
    assert [(m.start, m.label) for m in record.mentions] == [(4, "LOC")]
    assert report.ignored["spans without a label"] == 2
    assert report.ignored["regions, choices or relations that are no spans"] == 2


def test_spans_of_groups_and_missing_annotation_are_read_as_our_writers_have_them(tmp_path):
    entry = {"text": "Rue de Lyon", "entities": [{"start": 7, "end": 11, "label": "LOC", "score": None}]}
    spans = {"sc": [{"start": 0, "end": 11, "label": "VOIE", "score": 0.5}], "none": []}
    table = [{"group": "sc", **spans["sc"][0]}]
    records, _ = read_counted(
        tmp_path, {**entry, "spans": spans, "missing": [[0, 3]]}, {**entry, "entities": [], "spans": table}
    )
    assert records[0].mentions == (Mention(7, 11, "LOC", 1), Mention(0, 11, "VOIE", 1, "sc"))
    assert records[0].missing == ((0, 3),) and not records[0].has_overlaps
    assert records[1].mentions == (Mention(0, 11, "VOIE", 2, "sc"),)


GROUPED = {"sc": [{"start": 7, "end": 11, "label": "LOC", "kb_id": ""}]}
LISTED = {"sc": [[7, 11, "LOC", ""]], "b": []}


@pytest.mark.parametrize("key", ["entities", "ents"])
@pytest.mark.parametrize("spans", [GROUPED, LISTED])
@pytest.mark.parametrize("ents", [[], [{"start": 0, "end": 3, "label": "VOIE"}]])
@pytest.mark.parametrize("is_pair", [False, True], ids=["object", "pair"])
def test_groups_of_spans_are_read_as_spacy_has_them(tmp_path, key, spans, ents, is_pair):
    annotation = {key: ents, "spans": spans}
    text = "Rue de Lyon"
    (record,), report = read_counted(
        tmp_path, [text, annotation] if is_pair else {"text": text, **annotation}
    )
    assert record.mentions == (*(Mention(0, 3, "VOIE", 1) for _ in ents), Mention(7, 11, "LOC", 1, "sc"))
    assert not report.ignored


LOC, VOIE = [[7, 11, "LOC"]], [{"start": 0, "end": 3, "label": "VOIE"}]


@pytest.mark.parametrize(
    ("entry", "label", "ignored"),
    [
        ({"entities": LOC, "spans": VOIE}, "LOC", {"spans under another key ('spans')": 1}),
        ({"label": LOC, "entities": VOIE}, "VOIE", {"spans under another key ('label')": 1}),
        (
            {"label": {"LOC": [{"indices": [7, 11]}]}, "ents": VOIE * 2},
            "LOC",
            {"spans under another key ('ents')": 2},
        ),
        (
            {"entities": LOC, "spans": [{**VOIE[0], "group": "a"}, *VOIE]},
            "LOC",
            {"spans under another key ('spans')": 2},
        ),
        ({"labels": [], "ner": LOC}, "LOC", {}),
        ({"label": {}, "ents": LOC}, "LOC", {}),
        ({"labels": ["news"], "entities": LOC}, "LOC", {}),
        ({"label": {"choices": ["news"]}, "spans": LOC, "ents": []}, "LOC", {}),
    ],
)
def test_of_two_keys_with_spans_one_is_read_and_the_other_counted(tmp_path, entry, label, ignored):
    (record,), report = read_counted(tmp_path, {"text": "Rue de Lyon", **entry})
    assert {mention.label for mention in record.mentions} == {label}
    assert report.ignored == ignored


@pytest.mark.parametrize("span", [[7], "x", 3, {"start": 7}])
def test_a_span_of_a_group_that_is_none_is_refused(tmp_path, span):
    entry = {"text": "Rue de Lyon", "ents": [], "spans": {"sc": [span]}}
    with pytest.raises(DataError, match=r"x\.jsonl:1: found the entity"):
        read(tmp_path, json.dumps(entry))


TITLED = {"title": "Rue à Lyon, Lyon", "body": "Rue de Lyon"}


@pytest.mark.parametrize("words", ["Lyon", None, "Rue"])
def test_of_several_strings_the_one_with_the_words_of_the_spans_is_the_text(tmp_path, words):
    value = {"start": 7, "end": 11, "labels": ["LOC"], **({"text": words} if words else {})}
    task = {"id": 1, "data": TITLED, "annotations": [{"result": [{"type": "labels", "value": value}]}]}
    span = {**value, "label": "LOC"}
    argilla = {"fields": TITLED, "responses": {"spans": [{"value": [span], "status": "submitted"}]}}
    for each in (task, argilla):
        if words == "Lyon":
            (record,), _ = read_counted(tmp_path, each)
            assert record.text[7:11] == "Lyon"
        else:
            with pytest.raises(
                DataError, match=r"x\.jsonl:1: found several strings \('title', 'body'\).*: rename"
            ):
                read_counted(tmp_path, each)


@pytest.mark.parametrize(
    ("places", "found", "is_said"),
    [
        ([[3, 8], [20, 24]], ["Paris", "Lyon"], True),  # in UTF-16 all are words
        ([[2, 7], [18, 22]], ["Paris", "Lyon"], False),
        ([[3, 8], [2, 7]], ["aris", "Paris"], False),  # in neither unit: the offsets are taken
    ],
)
def test_offsets_without_words_are_in_the_unit_in_which_they_are_words(tmp_path, places, found, is_said):
    entry = {"text": TEXT, "entities": [[*place, "LOC"] for place in places]}
    (record,), report = read_counted(tmp_path, entry)
    assert [record.text[m.start : m.end].strip() for m in record.mentions] == found
    assert any("UTF-16 units" in note for note in report.notes) is is_said


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("😀 涨5%了", 3, 5, "5%"),
        ("😀 涨5%了", 3, 5, None),
        ("😀 A5$ more", 3, 5, "5$"),
    ],
)
def test_offsets_that_say_what_the_tool_says_are_not_read_in_another_unit(tmp_path, text, start, end, words):
    entity = {"start": start, "end": end, "label": "P", **({"text": words} if words else {})}
    (record,), report = read_counted(tmp_path, {"text": text, "entities": [entity]})
    assert [(m.start, m.end) for m in record.mentions] == [(start, end)]
    assert not report.n_changed


def test_words_are_found_between_letters_of_a_script_without_spaces(tmp_path):
    entity = {"start": 1, "end": 3, "label": "LOC", "text": "北京"}
    (record,), _ = read_counted(tmp_path, {"text": "他在北京工作", "entities": [entity]})
    assert [(m.start, m.end) for m in record.mentions] == [(2, 4)]


def test_words_far_from_their_offsets_are_another_mention(tmp_path):
    text = "He left the U.S. in May. " + "It rained. " * 100 + "The United States is big."
    entity = {"start": 12, "end": 16, "label": "LOC", "text": "United States"}
    (record,), report = read_counted(tmp_path, {"text": text, "entities": [entity]})
    assert [(m.start, m.end) for m in record.mentions] == [(12, 16)]
    assert (
        sum(report.n_changed["at offsets where other words stand than the tool gives beside them"].values())
        == 1
    )


def test_a_kind_beside_a_category_is_no_label(tmp_path):
    entity = {"start": 0, "end": 3, "type": "entity", "category": "PER"}
    (record,), _ = read_counted(tmp_path, {"text": "Bob", "entities": [entity]})
    assert [m.label for m in record.mentions] == ["PER"]


def test_a_key_row_that_holds_no_row_is_a_number_of_the_tool(tmp_path):
    part = {"row": 3, "text": "Bob", "entities": [[0, 3, "PER"]]}
    (record,), _ = read_counted(tmp_path, {"data": [part]})
    assert [m.label for m in record.mentions] == ["PER"]
