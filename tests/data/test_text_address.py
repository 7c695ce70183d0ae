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
