"""What a user names to be read: texts, files and standard input."""

import gzip
import io
import sys
import zlib
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_bertfam.cli.pretrain import read_corpus
from spacy_bertfam.data.texts import read_docs, read_texts

NLP = spacy.blank("fr")


def read(source, **options):
    return read_texts(str(source), **options)


@pytest.mark.parametrize(
    "text",
    [
        "Anne rit.",
        "Il a lu notes.txt hier.",
        "M. Dupont",
        "U.S.A.",
        "a" * 5000,
        "deux\nlignes.txt",
        "fin.Puis suite",
    ],
)
def test_what_names_no_file_is_the_text(text):
    assert read(text) == [text]


@pytest.mark.parametrize(
    "source",
    [
        "foo.txt",
        "mon fichier.TXT",
        "mes textes.ndjson",
        "mes textes.txt.gz",
        "x.spacy",
        "a/b",
        "a\\b",
        "corpus.html",
        "https://exemple.fr/page",
    ],
)
def test_what_looks_like_a_path_must_exist(source):
    with pytest.raises(ValueError, match="There is no file"):
        read(source)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        read(tmp_path)


def test_a_file_is_one_text_or_one_text_a_line(tmp_path):
    path = tmp_path / "texte.txt"
    path.write_bytes("\ufeffÉté.\r\n\r\nHiver.\r\n".encode())
    assert read(path) == ["Été.\n\nHiver.\n"]
    assert read(path, by_line=True) == ["Été.", "Hiver."]


def test_standard_input_is_read_as_utf8(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO("Été".encode()), encoding="cp1252")
    monkeypatch.setattr(sys, "stdin", stream)
    assert read("-") == ["Été"]


def test_jsonl_gives_its_texts(tmp_path):
    path = tmp_path / "textes.jsonl"
    path.write_text('{"text": "Été"}\n\n{"text": "a\\u2028b", "entities": []}\n', encoding="utf8")
    assert read(path) == ["Été", "a\u2028b"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"un\ndeux\x81", r"a\.txt:2: .* not UTF-8"),
        ("a.txt", b"PK\x03\x04", "not a zip file"),
        ("a.jsonl", b'{"text": ' + b"9" * 5000 + b"}", r"a\.jsonl:1: .* too many digits"),
        ("a.jsonl", b"[" * 100_000, r"a\.jsonl:1: .*nested too deeply"),
        ("a.txt", b" \n", "holds no text"),
        ("a.jsonl", b'{"text": "a"}\n{"text": ', r"a\.jsonl:2: found no valid JSON"),
        ("a.jsonl", b'{"texte": "a"}', r'a\.jsonl:1: found no string under "text"'),
        ("a.jsonl", b"[1]", r"a\.jsonl:1: found a JSON list; expected an object"),
        ("a.jsonl", b'{"text": "\\ud800"}', "surrogate"),
        ("a.jsonl", b"", "holds no text"),
        ("a.spacy", b"text", "does not hold spaCy docs"),
        ("a.spacy", zlib.compress(b"\x80"), "does not hold spaCy docs"),
        ("a.spacy", zlib.compress(b"\x81\xa6tokens\x01"), "does not hold spaCy docs"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name_and_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(path)


def test_a_spacy_file_gives_texts_or_docs(tmp_path):
    path = tmp_path / "gold.spacy"
    doc = NLP("Anne rit.")
    doc.ents = [doc.char_span(0, 4, label="PER")]
    DocBin(docs=[doc]).to_disk(path)
    assert read(path) == ["Anne rit."]
    assert [ent.label_ for ent in read_docs(path, NLP.vocab)[0].ents] == ["PER"]


def test_an_ending_may_be_in_capitals(tmp_path):
    (tmp_path / "A.JSONL").write_text('{"text": "Anne rit."}', encoding="utf8")
    assert read(tmp_path / "A.JSONL") == ["Anne rit."]


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl.gz", "a.JSON.GZ"])
def test_json_is_known_by_all_its_endings(tmp_path, name):
    content = b'{"text": "Anne rit."}'
    (tmp_path / name).write_bytes(gzip.compress(content) if name.lower().endswith("gz") else content)
    assert read(tmp_path / name) == ["Anne rit."]
    assert read_corpus(tmp_path / name) == ["Anne rit."]


def test_files_put_together_have_no_marks_between_their_texts(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffAnne rit.\n\ufeffZoé dort.\n".encode())
    assert read(tmp_path / "a.txt", by_line=True) == ["Anne rit.", "Zoé dort."]
    assert read(tmp_path / "a.txt") == ["Anne rit.\nZoé dort.\n"]


def test_a_path_is_a_file_whatever_it_looks_like(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="texts: cannot be read"):
        read_texts(Path("texts"))
    (tmp_path / "texts").write_text("Un été.\n\nDeux.\n", encoding="utf8")
    assert read_texts(Path("texts"), by_line=True) == ["Un été.", "Deux."]


@pytest.mark.parametrize("suffix", ["csv", "TSV", "parquet", "csv.gz"])
def test_a_table_is_no_text(tmp_path, suffix):
    path = tmp_path / f"texts.{suffix}"
    path.write_text("id,text\n1,Anne\n", encoding="utf8")
    with pytest.raises(ValueError, match=r"is a table; expected .*`bertfam annotate` reads a column"):
        read_texts(str(path))


def test_an_array_of_texts_is_read_too(tmp_path):
    (tmp_path / "a.jsonl").write_text('[\n{"text": "Anne rit."},\n{"text": "Zoé dort."}\n]', encoding="utf8")
    assert read(tmp_path / "a.jsonl") == ["Anne rit.", "Zoé dort."]
