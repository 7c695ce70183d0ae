"""WikiNER: a sentence a line, blank lines between the articles, packed as it is downloaded."""

import bz2
import gzip

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError

TEXT = (
    "Marie|NAM|I-PER Curie|NAM|I-PER vit|VER:pres|O à|PRP|O Paris|NAM|I-LOC .|SENT|O\n"
    "Elle|PRO|O y|PRO|O meurt|VER|O\n"
    "\n"
    "Lyon|NAM|I-LOC Paris|NAM|B-LOC a|b|SYM|O\n"
)


def read(path, format="auto"):
    report = ConversionReport()
    return list(read_records(path, format=format, lang="fr", report=report)), report


def entities(record):
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


@pytest.mark.parametrize(
    "name, pack",
    [("aij-wikiner-fr-wp3", bytes), ("x.wikiner", bytes), ("x.bz2", bz2.compress), ("x.gz", gzip.compress)],
)
def test_articles_become_documents_and_lines_sentences(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(TEXT.encode("utf8")))
    (first, _), report = read(tmp_path / name)
    assert entities(first) == [("Marie Curie", "PER"), ("Paris", "LOC")]
    assert [word for word, start in zip(first.words, first.sent_starts, strict=True) if start] == [
        "Marie",
        "Elle",
    ]
    assert report.schemes == {"IOB1": 1}


def test_neighbors_are_parted_and_a_word_may_hold_the_bar(tmp_path):
    (tmp_path / "x.wikiner").write_text(TEXT, encoding="utf8")
    _, second = read(tmp_path / "x.wikiner")[0]
    assert entities(second) == [("Lyon", "LOC"), ("Paris", "LOC")]
    assert second.words == ("Lyon", "Paris", "a|b")


@pytest.mark.parametrize(
    "line, found",
    [
        ("Paris|NAM", r"x\.wikiner:2: found 'Paris\|NAM'; expected `word\|POS\|tag`"),
        ("|NAM|O", r"x\.wikiner:2: found '\|NAM\|O'"),
        ("Paris|NAM|LOC", r"x\.wikiner:2: found the tag 'LOC' in 'Paris\|NAM\|LOC'"),
    ],
)
def test_a_token_of_another_form_is_named_with_its_line(tmp_path, line, found):
    (tmp_path / "x.wikiner").write_text(f"a|b|O\n{line}\n", encoding="utf8")
    with pytest.raises(DataError, match=found):
        read(tmp_path / "x.wikiner")


@pytest.mark.parametrize("name", ["x.iob.gz", "x.iob.bz2"])
def test_other_formats_may_be_packed_too(tmp_path, name):
    pack = gzip.compress if name.endswith("gz") else bz2.compress
    (tmp_path / name).write_bytes(pack(b"Paris B-LOC\n"))
    (record,), _ = read(tmp_path / name)
    assert entities(record) == [("Paris", "LOC")]


@pytest.mark.parametrize("name", ["x.iob.gz", "x.iob.bz2"])
@pytest.mark.parametrize(
    "content",
    [b"Paris B-LOC\n", b"\x1f\x8b", gzip.compress(b"Paris B-LOC\n")[:-9]],
    ids=["plain", "two bytes", "cut off"],
)
def test_a_broken_archive_is_said(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be unpacked .*fetch it again"):
        read(tmp_path / name)
