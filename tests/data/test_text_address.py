"""Texts at an address are read as those of a file, and the copy is removed."""

from pathlib import Path

import pytest

from spacy_bertfam.data.text_address import local_copy
from spacy_bertfam.data.text_stream import stream_texts
from spacy_bertfam.errors import DataError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def memory():
    """A file system of fsspec's that is no disk."""
    system = fsspec.filesystem("memory")
    system.pipe({"/bucket/in.jsonl": '{"id": 7, "text": "Été"}\n'.encode(), "/bucket/a/b.txt": b"Oui."})
    yield
    system.rm("/bucket", recursive=True)


@pytest.mark.parametrize(
    "address, texts",
    [("memory://bucket/in.jsonl", [(7, "Été")]), ("memory://bucket/a", [("b.txt", "Oui.")])],
    ids=["file", "folder"],
)
def test_a_file_and_a_folder_are_copied(memory, address, texts):
    with local_copy(address) as place:
        assert list(stream_texts(place)) == texts
    assert not Path(place).exists()


def test_what_is_no_address_stays_where_it_is():
    with local_copy("in.jsonl") as place:
        assert place == "in.jsonl"


@pytest.mark.parametrize("address", ["memory://bucket/none.jsonl", "nosuch://bucket/in.jsonl"])
def test_what_cannot_be_read_is_named(memory, address):
    with pytest.raises(DataError, match=f"{address} cannot be read"), local_copy(address):
        pass


@pytest.mark.parametrize("name", ["in[1].jsonl", "in*.jsonl", "in?.jsonl"])
def test_a_name_is_no_pattern(memory, name):
    system = fsspec.filesystem("memory")
    system.pipe({f"/bucket/{name}": b'{"text": "Non."}\n', "/bucket/in1.jsonl": b'{"text": "Autre."}\n'})
    system.pipe({f"/bucket/d/{name}/a.txt": b"Non.", "/bucket/d/in1.jsonl/a.txt": b"Autre."})
    with local_copy(f"memory://bucket/{name}") as place:
        assert [text for _, text in stream_texts(place)] == ["Non."]
    with local_copy(f"memory://bucket/d/{name}") as place:
        assert Path(place, "a.txt").read_bytes() == b"Non."


def test_a_folder_in_a_folder_is_copied(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").write_text("Oui.", encoding="utf8")
    (tmp_path / "empty").mkdir()
    with local_copy(f"file://{tmp_path.as_posix()}/a") as place:
        assert Path(place, "b", "c.txt").read_text(encoding="utf8") == "Oui."
    with local_copy(f"file://{tmp_path.as_posix()}/empty") as place:
        assert Path(place).is_dir()


def test_what_is_asked_of_a_server_is_no_part_of_a_name(memory, monkeypatch):
    system, path = fsspec.filesystem("memory"), "/bucket/in.jsonl?key=a/b"
    system.pipe({path: b'{"text": "Oui."}\n'})
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda source: (system, path))
    with local_copy("https://bucket/in.jsonl?key=a/b") as place:
        assert Path(place).name == "in.jsonl" and [text for _, text in stream_texts(place)] == ["Oui."]


def test_a_name_that_leads_out_of_a_folder_is_refused(memory, monkeypatch):
    system = fsspec.filesystem("memory")
    monkeypatch.setattr(type(system), "find", lambda self, path: [f"{path}/../../out.txt"])
    with pytest.raises(DataError, match="a name leads out of it"), local_copy("memory://bucket/a"):
        pass
