"""Encodings: read and said where the bytes tell, refused by name where they do not; packed files within bounds."""

import bz2
import gzip
import io
import json
import logging
import sys
import zipfile

import pytest
import spacy

from spacy_bertfam.data import text_file
from spacy_bertfam.data.cats import convert_cats
from spacy_bertfam.data.convert import convert
from spacy_bertfam.data.texts import read_texts
from spacy_bertfam.errors import DataError

COLUMNS = "été O\nÉléonore B-PER\nest O\nà O\nFlœrs B-LOC\n. O\n"
WORDS = ["été", "Éléonore", "est", "à", "Flœrs", "."]


def docs_of(path, tmp_path):
    from spacy.tokens import DocBin

    report = convert(path, tmp_path / "out.spacy", lang="fr")
    return list(DocBin().from_disk(tmp_path / "out.spacy").get_docs(spacy.blank("fr").vocab)), report


@pytest.mark.parametrize(
    "encoding, name",
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252 (Latin-1)"),
    ],
)
@pytest.mark.parametrize("kind", ["x.iob", "x.jsonl", "x.ann", "x.iob.gz"])
def test_an_encoding_is_read_and_said(tmp_path, encoding, name, kind):
    text = COLUMNS
    if kind == "x.jsonl":
        text = json.dumps({"text": "Éléonore est à Flœrs", "entities": [[0, 8, "PER"]]}, ensure_ascii=False)
    elif kind == "x.ann":
        (tmp_path / "x.txt").write_bytes("Éléonore est à Flœrs".encode(encoding))
        text = "T1\tPER 0 8\tÉléonore\n"
    data = text.encode(encoding)
    (tmp_path / kind).write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    (doc,), report = docs_of(tmp_path / kind, tmp_path)
    assert doc.ents[0].text == "Éléonore"
    assert [line for line in report.note_lines() if " is in " in line] == (
        [f"{kind}: is in {name}, and was read so; save it in UTF-8 if a character is wrong."] if name else []
    )


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("Москва B-LOC\nживёт O\n" * 5, "cp1251"),
        ("北京 B-LOC\n中国 O\n" * 5, "gbk"),
        ("Αθήνα B-LOC\nζει O\n" * 5, "cp1253"),
        ("Łódź B-LOC\nzażółć O\n" * 5, "cp1250"),
        ("Łódź B-LOC\nžije O\nPříbram B-LOC\nkoruna O\nčeská O\n", "cp1250"),
        ("Orléans B-LOC\nété O\nâgé O\n" * 5, "cp850"),
        ("Orléans B-LOC\nà O\nfrère O\n" * 5, "mac-roman"),
    ],
)
def test_an_encoding_that_bytes_do_not_tell_is_refused(tmp_path, text, encoding):
    (tmp_path / "x.iob").write_bytes(text.encode(encoding))
    with pytest.raises(
        DataError,
        match=r"x\.iob:\d+: .* is not UTF-8 nor Windows-1252 .*; save the file in the encoding UTF-8",
    ):
        docs_of(tmp_path / "x.iob", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "Price (£m)",
        "12 £",
        "£k and £5",
        "mot¹",
        "¹Voir",
        "n° 3",
        "L’HAŸ",
        "aÿ",
        "¿Qué?",
        "2 m²",
        "¥en",
        "Sales (£million)",
    ],
)
def test_signs_beside_words_are_western(tmp_path, text):
    (tmp_path / "x.txt").write_bytes(text.encode("cp1252"))
    assert read_texts(tmp_path / "x.txt") == [text]


@pytest.mark.parametrize("broken", [b"\xc3", b"\xe2\x82", b"\xff", b"\xed\xa0\x80"])
def test_utf8_with_a_broken_byte_is_not_taken_for_another_encoding(tmp_path, broken):
    (tmp_path / "x.iob").write_bytes(COLUMNS.encode() * 2 + b"a" + broken + b" O\n")
    with pytest.raises(DataError, match=r"x\.iob:13: found the byte 0x.., which is not UTF-8; save"):
        docs_of(tmp_path / "x.iob", tmp_path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_encoding_cut_off_is_named(tmp_path, encoding):
    (tmp_path / "x.iob").write_bytes(COLUMNS.encode(encoding)[:-1])
    with pytest.raises(DataError, match=rf"x\.iob:6: .* which is not {encoding.upper()}"):
        docs_of(tmp_path / "x.iob", tmp_path)


def test_tables_of_a_spreadsheet_are_read(tmp_path):
    (tmp_path / "x.tsv").write_bytes("text\tlabel\nÉté.\ta\nHiver.\tb\n".encode("utf-16"))
    report = convert_cats(tmp_path / "x.tsv", tmp_path / "x.spacy", lang="fr")
    assert report.n_labels == {"a": 1, "b": 1}
    assert "x.tsv: is in UTF-16" in report.notes[0]


def test_texts_to_show_are_read_and_their_encoding_is_logged(tmp_path, monkeypatch, caplog):
    logging.getLogger("spacy").propagate = True
    (tmp_path / "x.txt").write_bytes("Été à Orléans.".encode("cp1252"))
    with caplog.at_level(logging.WARNING, logger="spacy"):
        assert read_texts(str(tmp_path / "x.txt")) == ["Été à Orléans."]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Été".encode("utf-16"))))
        assert read_texts("-") == ["Été"]
    assert "x.txt is in Windows-1252 (Latin-1)" in caplog.text
    assert "Standard input is in UTF-16" in caplog.text


@pytest.mark.parametrize(
    "pack, name", [(gzip.compress, "x.iob.gz"), (bz2.compress, "x.iob.bz2"), (gzip.compress, "x.iob")]
)
def test_a_packed_file_that_fills_the_memory_is_refused(tmp_path, monkeypatch, pack, name):
    monkeypatch.setattr(text_file, "SMALL", 1 << 20)
    (tmp_path / name).write_bytes(pack(b"a O\n" * (1 << 19)))
    with pytest.raises(DataError, match=r"unpacks to more than 1,048,576 bytes from [\d,]+, as no text does"):
        docs_of(tmp_path / name, tmp_path)


def test_no_more_of_a_packed_file_is_unpacked_than_is_read(tmp_path, monkeypatch):
    read = []
    opener = text_file.PACKED[".gz"][1]

    def watched(file):
        stream = opener(file)
        inner = stream.read
        stream.read = lambda size: read.append(size) or inner(size)
        return stream

    monkeypatch.setitem(text_file.PACKED, ".gz", (b"\x1f\x8b", watched))
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"a O\n" * (40 << 20)))
    with pytest.raises(DataError, match="unpacks to more than"):
        text_file.read_text(tmp_path / "x.gz")
    assert sum(read) <= text_file.SMALL + text_file.CHUNK


def test_a_packed_file_is_known_by_its_first_bytes(tmp_path):
    (tmp_path / "x.iob").write_bytes(gzip.compress(b"Claire B-PER\n"))
    (doc,), _ = docs_of(tmp_path / "x.iob", tmp_path)
    assert doc.text == "Claire"


@pytest.mark.parametrize("names", [["x.iob"], ["x.iob", "__MACOSX/._x.iob", "TypeSystem.xml", "a/"]])
def test_a_zip_archive_of_one_file_is_read(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, COLUMNS)
    ((doc,), _) = docs_of(tmp_path / "x.zip", tmp_path)
    assert [token.text for token in doc] == WORDS


@pytest.mark.parametrize("names", [[], ["x.iob", "y.iob"]])
def test_a_zip_archive_of_several_files_or_none_is_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in [*names, "TypeSystem.xml"]:
            archive.writestr(name, COLUMNS)
    with pytest.raises(DataError, match=rf"is an archive of {len(names)} files; expected one"):
        docs_of(tmp_path / "x.zip", tmp_path)


def test_a_zip_archive_with_a_password_or_cut_off_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("x.iob", COLUMNS)
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag of a file that is encrypted
    for broken in (content, content[:-9]):
        (tmp_path / "x.zip").write_bytes(broken)
        with pytest.raises(DataError, match="cannot be unpacked"):
            docs_of(tmp_path / "x.zip", tmp_path)
