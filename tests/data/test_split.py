"""Parts drawn by document."""

import json

import pytest

from spacy_bertfam.data.convert import convert
from spacy_bertfam.data.split import parse_split, split_documents
from spacy_bertfam.errors import DataError

SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}


def test_shares_are_parsed():
    assert parse_split("train=0.8, dev=.1,test=0.1") == SHARES
    assert parse_split("all=1") == {"all": 1.0}


@pytest.mark.parametrize(
    "text", ["train=0.8", "train", "train=0.5,train=0.5", "a=1,b=0", "a b=1", "a=x", "a=-1,b=2"]
)
def test_bad_shares_are_refused(text):
    with pytest.raises(DataError, match=r"--split: .*train=0\.8,dev=0\.1,test=0\.1"):
        parse_split(text)


def test_each_document_has_one_part_of_about_the_size_asked_for():
    documents = [f"d{i}" for i in range(100)] * 2
    parts = split_documents(documents, SHARES, seed=0)
    assert set(parts) == set(documents)
    assert {part: list(parts.values()).count(part) for part in SHARES} == {"train": 80, "dev": 10, "test": 10}


def test_the_seed_decides_the_parts():
    documents = [f"d{i}" for i in range(50)]
    assert split_documents(documents, SHARES, seed=1) == split_documents(documents, SHARES, seed=1)
    assert split_documents(documents, SHARES, seed=1) != split_documents(documents, SHARES, seed=2)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_no_part_is_empty(n):
    assert set(split_documents([f"d{i}" for i in range(n)], SHARES, seed=0).values()) == set(SHARES)


def test_too_few_documents_are_refused():
    with pytest.raises(DataError, match="found 2 documents for 3 parts"):
        split_documents(["a", "b", "a"], SHARES, seed=0)


def test_parts_may_be_files_in_folders_of_their_own(tmp_path):
    lines = [json.dumps({"text": f"Lyon {n}.", "entities": [[0, 4, "LOC"]]}) for n in range(4)]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf8")
    split = parse_split("train/press=0.75,dev/press=0.25")
    report = convert(tmp_path / "x.jsonl", tmp_path / "out", lang="fr", split=split)
    assert {name: counts["n_docs"] for name, counts in report.parts.items()} == {
        "train/press.spacy": 3,
        "dev/press.spacy": 1,
    }
    assert (tmp_path / "out" / "train" / "press.spacy").exists()
    assert (tmp_path / "out" / "dev" / "press.spacy").exists()


@pytest.mark.parametrize("name", ["../x", "/x", "x/", "a//b"])
def test_a_part_stays_within_the_folder(name):
    with pytest.raises(DataError, match="expected names with shares"):
        parse_split(f"{name}=1")
