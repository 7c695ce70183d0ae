"""JSON lines: the common shapes of an entity, and lines that are none."""

import json

import pytest

from spacy_bertfam.data.jsonl import read_jsonl
from spacy_bertfam.data.records import Mention
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError


def read(tmp_path, *lines):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines), encoding="utf8")
    return list(read_jsonl(path, "x.jsonl", report=ConversionReport()))


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
        ('{"text": "abc", "entities": [[0, 1.5, "X"]]}', "two whole numbers"),
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
    (record,) = read_jsonl(path, "x.jsonl", report=report)
    assert [(m.start, m.end) for m in record.mentions] == [place]
    assert not report.notes


def test_another_text_at_the_offsets_is_said_once(tmp_path):
    report, path = ConversionReport(), tmp_path / "x.jsonl"
    entry = {"text": TEXT, "entities": [{"start": 10, "end": 15, "label": "LOC", "text": "Paris"}]}
    path.write_text("\n".join([json.dumps(entry)] * 3), encoding="utf8")
    records = list(read_jsonl(path, "x.jsonl", report=report))
    assert [(m.start, m.end) for record in records for m in record.mentions] == [(10, 15)] * 3
    (note,) = report.note_lines()
    assert note.startswith("x.jsonl: has entities that say another text") and "offsets are taken" in note
