"""Which files a folder has for those who read all of them."""

import gzip
import json
import os

import pytest

from spacy_bertfam.cli.pretrain import read_corpus
from spacy_bertfam.data.folders import chosen_files, files_of
from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.data.text_stream import stream_texts
from spacy_bertfam.errors import DataError


def jsonl_of(text):
    return json.dumps({"text": text, "entities": []}) + "\n"


def converted(folder, format="auto"):
    records = read_records(folder, format=format, lang="fr", report=ConversionReport())
    return [record.text for record in records]


def streamed(folder):
    return [text.text for text in stream_texts(str(folder))]


@pytest.fixture
def linked(tmp_path):
    """A folder, with a link to another one in which there is a link back."""
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for place in (folder / ".hidden", folder / "a", elsewhere):
        place.mkdir(parents=True)
    for place in (
        folder / ".hidden" / "x",
        folder / "._x",
        folder / "a" / "x",
        folder / "z",
        elsewhere / "y",
    ):
        place.with_suffix(".jsonl").write_text(jsonl_of(place.name), encoding="utf8")
        place.with_suffix(".txt").write_text(place.name, encoding="utf8")
    try:
        (folder / "b").symlink_to(elsewhere)
    except OSError:
        pytest.skip("links want a right on Windows")
    (elsewhere / "back").symlink_to(folder)
    return folder


def test_links_to_folders_are_followed_once_and_what_is_hidden_is_left_alone(linked):
    places = [file.relative_to(linked).as_posix() for file in files_of(linked)]
    assert places == [f"{name}.{ending}" for name in ("a/x", "b/y", "z") for ending in ("jsonl", "txt")]


@pytest.mark.parametrize("read", [converted, streamed, read_corpus])
def test_whoever_reads_a_folder_follows_links(linked, read):
    assert read(linked) == sorted("xyz" * (2 if read is read_corpus else 1))


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    def refuse(place):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\); expected a folder"):
        files_of(tmp_path)


@pytest.mark.parametrize("read", [streamed, read_corpus])
def test_an_ending_may_be_in_capitals_or_that_of_a_packed_file_and_others_are_counted(tmp_path, caplog, read):
    (tmp_path / "A.TXT").write_text("Un.", encoding="utf8")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"Deux."))
    (tmp_path / "c.md").write_text("Trois.", encoding="utf8")
    assert read(tmp_path) == ["Un.", "Deux."]
    assert f"{tmp_path} has 1 files of other endings than .txt" in caplog.text


@pytest.mark.parametrize(
    ("read", "name", "content"),
    [
        (converted, "x.jsonl", jsonl_of("Un.")),
        (lambda folder: converted(folder, "jsonl"), "x.jsonl", jsonl_of("Un.")),
        (streamed, "x.txt", "Un."),
        (read_corpus, "x.txt", "Un."),
    ],
)
def test_a_packed_copy_beside_a_file_is_refused(tmp_path, read, name, content):
    (tmp_path / name).write_text(content, encoding="utf8")
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    with pytest.raises(DataError, match=rf"holds {name} and {name}\.gz, the same texts twice\? Remove one"):
        read(tmp_path)


def test_a_packed_file_of_docs_is_not_chosen_and_a_text_named_like_one_is(tmp_path):
    for name in ("a.spacy", "b.spacy.gz", "c.spacy.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [file.name for file in chosen_files(tmp_path, [".spacy", ".txt"])] == ["a.spacy", "c.spacy.txt"]
