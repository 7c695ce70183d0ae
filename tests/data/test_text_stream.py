"""Texts one by one, from whatever holds them."""

import io
import json
import sys

import pytest

from spacy_bertfam.data.text_stream import Text, stream_texts
from spacy_bertfam.errors import DataError


def read(path, **options):
    return list(stream_texts(str(path), **options))


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("x.txt", "Un.\r\nDeux.\n", [(1, "Un.\nDeux.\n")]),
        (
            "x.jsonl",
            '\ufeff{"id": "a", "text": "Un.\\nDeux."}\n\n{"text": ""}\n',
            [("a", "Un.\nDeux."), (2, "")],
        ),
        (
            "x.csv",
            'id,text\n7,"Un, ""deux"".\nTrois."\n,Quatre\n',
            [("7", 'Un, "deux".\nTrois.'), (2, "Quatre")],
        ),
        ("x.csv", "note;text\n1;Un, deux\n", [(1, "Un, deux")]),
        ("x.tsv", "text\tn\nUn, deux; trois\t1\n", [(1, "Un, deux; trois")]),
        ("x.jsonl", '\u200b{"text": "a\u200bb\u200f\ufeff"}\n', [(1, "a\u200bb\u200f\ufeff")]),
        ("x.json", '[{"text": "Un."}, {"text": "Deux."}]', [(1, "Un."), (2, "Deux.")]),
    ],
)
def test_each_text_has_a_name(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content.encode())
    assert read(tmp_path / name) == [Text(*pair) for pair in expected]


def test_a_folder_has_the_paths_of_its_files(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("Deux.", encoding="utf8")
    (tmp_path / "a.txt").write_text("Un.", encoding="utf8")
    (tmp_path / "a.ann").write_text("", encoding="utf8")
    assert read(tmp_path) == [("a.txt", "Un."), ("b/c.txt", "Deux.")]
    (tmp_path / "a.txt").write_text("\ufeffUn.\n\nTrois.\n", encoding="utf8")
    assert read(tmp_path, by_line=True) == [("a.txt:1", "Un."), ("a.txt:3", "Trois."), ("b/c.txt:1", "Deux.")]


@pytest.mark.parametrize("by_line", [False, True])
def test_standard_input_is_one_text_or_one_a_line(monkeypatch, by_line):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\ufeffUn é.\r\n\nDeux.".encode())))
    expected = [(1, "Un é."), (3, "Deux.")] if by_line else [(1, "Un é.\n\nDeux.")]
    assert read("-", by_line=by_line) == expected


def test_a_large_file_is_read_as_a_small_one(tmp_path, monkeypatch):
    rows = [{"text": f"Né en {n}.\u2028Oui"} for n in range(5)]
    lines = "\ufeff" + "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "x.jsonl").write_text(lines, encoding="utf8")
    small = read(tmp_path / "x.jsonl")
    monkeypatch.setattr("spacy_bertfam.data.text_stream.SMALL", 10)
    assert read(tmp_path / "x.jsonl") == small
    assert [text.text for text in small] == [row["text"] for row in rows]


def test_parquet_has_its_columns(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(
        pa.table({"body": ["Un.", "Deux."], "id": ["a", "b"], "n": [1, 2]}), tmp_path / "x.parquet"
    )
    assert read(tmp_path / "x.parquet", column="body") == [("a", "Un."), ("b", "Deux.")]
    with pytest.raises(DataError, match=r"no text under 'text' \(but 'body', 'id', 'n'\)"):
        read(tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DataError, match=r"y\.parquet: cannot be read as a table"):
        read(tmp_path / "y.parquet")


@pytest.mark.parametrize(
    "name, content, found",
    [
        ("x.jsonl", b'{"text": "a"}\n{"text": ', r"x\.jsonl:2: found no valid JSON"),
        ("x.jsonl", b'{"text": "a"}\n["a"]', r"x\.jsonl:2: found \["),
        ("x.jsonl", b'{"body": "a"}', r"x\.jsonl:1: found no text under 'text' \(but 'body'\)"),
        ("x.csv", b"text,n\nUn,1\nDeux, trois,2\n", r"x\.csv:3: found 3 cells and 2 columns"),
        ("x.csv", b'text,n\n"Un"e,1\n', r"x\.csv:2: found a broken cell"),
        ("nowhere.txt", None, "does not exist"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, content, found):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=found):
        read(tmp_path / name)


def test_a_large_file_in_another_encoding_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("spacy_bertfam.data.text_stream.SMALL", 1)
    (tmp_path / "x.txt").write_bytes("Né.\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"x\.txt: found the byte 0xe9, which is not UTF-8"):
        read(tmp_path / "x.txt", by_line=True)
