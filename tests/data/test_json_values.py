"""JSON in every layout, and JSON that is made to break its reader."""

import json

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.json_values import read_values, shown
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError

FORM = "a value"


def read(tmp_path, text):
    (tmp_path / "x.json").write_text(text, encoding="utf8")
    return list(read_values(tmp_path / "x.json", form=FORM))


@pytest.mark.parametrize(
    "text, expected",
    [
        ('{"a": 1}\n\n{"a": 2}\n', [(1, {"a": 1}), (3, {"a": 2})]),
        ('[{"a": 1}, {"a": 2}]', [(1, {"a": 1}), (1, {"a": 2})]),
        ('[\n{"a":\n1},\n{"a": 2}\n]\n', [(2, {"a": 1}), (4, {"a": 2})]),
        ('{\n"a": 1\n}\n{\n"a": 2\n}', [(1, {"a": 1}), (4, {"a": 2})]),
        ('{"examples": [\n{"a": 1}\n]}', [(1, {"examples": [{"a": 1}]})]),
        ('["a", {"b": 1}]\n["c", {}]\n', [(1, ["a", {"b": 1}]), (2, ["c", {}])]),
        ('[\n"a",\n{"b": 1}\n]', [(1, ["a", {"b": 1}])]),
        ('[\n["a", {}],\n["b", {}]\n]', [(2, ["a", {}]), (3, ["b", {}])]),
        ("[]", [(1, [])]),
        ("", []),
        (" \n\ufeff\n", []),
        ('{"a": "\\ud83d\\ude00"}', [(1, {"a": "😀"})]),
    ],
)
def test_values_and_their_lines(tmp_path, text, expected):
    assert read(tmp_path, text) == expected


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ('{"a": 1}\n{"a": ' + "9" * 5000 + "}\n", 2, "a number with too many digits"),
        ("9" * 5000, 1, "a number with too many digits"),
        ('[\n{"a": 1},\n{"a": ' + "9" * 5000 + "}\n]", 3, "a number with too many digits"),
        ("[" * 100_000, 1, "nested too deeply"),
        ('{"a":' * 100_000, 1, "nested too deeply"),
        ('{"a": 1}\n' + "[" * 100_000 + "]" * 100_000, 2, "nested too deeply"),
        ('[\n{"a": 1},\n' + "[" * 100_000, 3, "nested too deeply"),
        ('{"a": 1}\n{"a": \n', 2, "Expecting value at column"),
        ('{"a": \n{"a": 1}\n{"a": 2}\n', 1, "Expecting value at column"),
        ('[\n{"a": 1}\n{"a": 2}\n]', 3, "expected a comma or ]"),
        ('{\n"a": 1,\n}', 3, "Expecting property name"),
    ],
)
def test_what_breaks_a_reader_is_a_sentence_with_its_line(tmp_path, text, line, reason):
    with pytest.raises(DataError) as error:
        read(tmp_path, text)
    assert error.value.line == line
    assert reason in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("text", ['{"%s": 1}', '{"a": "%s"}', '[\n{"a": ["%s"]}\n]'])
def test_half_of_a_surrogate_pair_is_refused_wherever_it_stands(tmp_path, text):
    with pytest.raises(DataError, match="half of a surrogate pair"):
        read(tmp_path, text % "\\udc00")


@pytest.mark.parametrize(
    "value", [10**4000, -(10**4000), 1e308, [[[]]], {"a": None}, "a\u2028" * 500, float("nan")]
)
def test_a_message_shows_any_value_short_and_in_one_line(tmp_path, value):
    (tmp_path / "x.jsonl").write_text(
        json.dumps({"text": "a", "entities": [[0, value, "X"]]}), encoding="utf8"
    )
    with pytest.raises(DataError, match=r"x\.jsonl:1: found the (entity|offsets) ") as error:
        list(read_records(tmp_path / "x.jsonl", format="jsonl", lang="xx", report=ConversionReport()))
    assert len(str(error.value)) < 400
    assert "\n" not in str(error.value) and "\u2028" not in str(error.value)


def test_a_value_nested_deeply_can_be_shown():
    value = []
    for _ in range(100_000):
        value = [value]
    assert len(shown(value)) < 70


def test_texts_of_one_array_are_documents_of_their_own(tmp_path):
    entry = {"text": "a", "entities": []}
    (tmp_path / "x.json").write_text(json.dumps([entry, entry, {**entry, "id": 7}]), encoding="utf8")
    records = list(read_records(tmp_path / "x.json", format="jsonl", lang="xx", report=ConversionReport()))
    assert len({record.document for record in records}) == 3
    assert records[2].document == "x.json:7"
