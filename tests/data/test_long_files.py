"""No Doc is written that training cannot read: what marks no sentences, or is too long, is cut outside of entities."""

import json
from itertools import pairwise

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Corpus

from spacy_bertfam.data import blocks, units
from spacy_bertfam.data.cats import convert_cats
from spacy_bertfam.data.convert import convert
from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.records import Mention, Record
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.data.units import cut_record
from spacy_bertfam.errors import DataError

NLP = spacy.blank("xx")
SENTENCE = [("Claire", "B-PER"), ("Morel", "I-PER"), ("habite", "O"), ("Angers", "B-LOC"), (".", "O")]
# the point is within the entity
INSIDE = [
    ("Il", "O"),
    ("voit", "O"),
    ("J", "B-PER"),
    (".", "I-PER"),
    ("Morel", "I-PER"),
    ("!", "O"),
    ("»", "O"),
]


def write(path, rows):
    path.write_text("\n".join(f"{word} {tag}" for word, tag in rows) + "\n", encoding="utf8")
    return path


def read(path):
    report = ConversionReport()
    return list(read_records(path, format="iob", lang="fr", report=report)), report


def sentences(record):
    firsts = [i for i, is_start in enumerate(record.sent_starts) if is_start] + [len(record.words)]
    return [record.words[a:b] for a, b in pairwise(firsts)]


def test_without_blank_lines_sentences_end_at_their_points_outside_of_entities(tmp_path):
    (record,), report = read(write(tmp_path / "x.iob", SENTENCE + INSIDE + SENTENCE))
    assert [len(sentence) for sentence in sentences(record)] == [5, 7, 5]
    assert [m.label for m in record.mentions] == ["PER", "LOC", "PER", "PER", "LOC"]
    assert any("no blank lines between sentences; cut by rule" in line for line in report.note_lines())


def test_blank_lines_are_believed(tmp_path):
    (tmp_path / "x.iob").write_text("Oui O\n. O\nNon O\n\nLyon B-LOC\n", encoding="utf8")
    records, report = read(tmp_path / "x.iob")
    assert [sentences(record) for record in records] == [[("Oui", ".", "Non")], [("Lyon",)]]
    assert not any("cut by rule" in line for line in report.note_lines())


def test_documents_without_blank_lines_stay_documents(tmp_path):
    border = [("-DOCSTART-", "O")]
    records, _ = read(write(tmp_path / "x.iob", border + SENTENCE * 2 + border + SENTENCE))
    assert [len(sentences(record)) for record in records] == [2, 1]


def test_a_block_too_long_for_a_sentence_is_cut_though_others_are_marked(tmp_path):
    rows = [*SENTENCE, ("", ""), *SENTENCE * 300]
    records, report = read(write(tmp_path / "x.iob", rows))
    assert [len(record.words) for record in records] == [5] * 301
    assert any("blocks of over a thousand words; cut by rule" in line for line in report.note_lines())


def test_a_block_without_any_point_is_cut_between_entities(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LONG", 10)
    rows = [("a", "O")] * 9 + [("b", "B-X"), ("c", "I-X"), ("d", "I-X")] + [("e", "O")] * 8
    records, _ = read(write(tmp_path / "x.iob", rows))
    assert [len(record.words) for record in records] == [12, 8]
    assert [m.label for record in records for m in record.mentions] == ["X"]


@pytest.mark.parametrize("unit", ["doc", "sentence"])
def test_a_large_file_without_blank_lines_becomes_docs_that_training_reads(tmp_path, unit):
    report = convert(write(tmp_path / "x.iob", SENTENCE * 1500), tmp_path / "x.spacy", lang="fr", unit=unit)
    lengths = [len(doc) for doc in DocBin().from_disk(tmp_path / "x.spacy").get_docs(NLP.vocab)]
    assert (len(lengths), max(lengths)) == (1500, 5)
    assert report.n_kept == {"PER": 1500, "LOC": 1500}


def test_wikiner_without_blank_lines_has_a_document_a_line(tmp_path):
    (tmp_path / "x.wikiner").write_text("Paris|NAM|I-LOC .|P|O\nLyon|NAM|I-LOC\n", encoding="utf8")
    convert(tmp_path / "x.wikiner", tmp_path / "x.spacy", lang="fr")
    docs = DocBin().from_disk(tmp_path / "x.spacy").get_docs(NLP.vocab)
    assert [doc.text for doc in docs] == ["Paris.", "Lyon"]


@pytest.mark.parametrize("unit", ["doc", "paragraph", "sentence"])
def test_a_long_text_of_json_can_be_read_by_training(tmp_path, monkeypatch, unit):
    nlp = spacy.blank("xx")
    assert nlp.max_length == units.LONGEST
    nlp.max_length = 10_000
    monkeypatch.setattr(units, "LONGEST", 10_000)
    sentence = "Claire habite Angers. "
    entities = [[i * len(sentence), i * len(sentence) + 6, "PER"] for i in range(1000)]
    line = json.dumps({"text": sentence * 1000, "entities": entities})
    (tmp_path / "x.jsonl").write_text(line, encoding="utf8")
    report = convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="xx", unit=unit)
    examples = list(Corpus(tmp_path / "x.spacy")(nlp))
    assert sum(len(eg.reference.ents) for eg in examples) == 1000 == report.n_kept["PER"]
    assert len(examples) == (1000 if unit == "sentence" else 3)


def test_that_a_text_was_cut_for_its_length_is_said(tmp_path):
    line = json.dumps({"text": "Claire habite Angers. " * 50_000, "entities": [[0, 6, "PER"]]})
    (tmp_path / "x.jsonl").write_text(line, encoding="utf8")
    report = convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="xx")
    assert report.n_docs == 2
    assert "x.jsonl: has texts of over 1,000,000 characters, too long for spaCy; cut." in report.note_lines()


@pytest.mark.parametrize(
    "text, places",
    [
        ("aaaa\nbbbb. cc dd", ["aaaa", "bbbb.", "cc dd"]),  # at a line, else a sentence, else a space
        ("aaaa. bb cccc", ["aaaa.", "bb cccc"]),
        ("aa bb cc dd ee", ["aa bb cc", "dd ee"]),
        ("aaa\nbbb\nccc\n", ["aaa\nbbb", "ccc"]),
    ],
)
def test_a_text_is_cut_at_the_best_border_that_is_near_enough(monkeypatch, text, places):
    monkeypatch.setattr(units, "LONGEST", 10)
    assert [part.text for part in cut_record(Record(text, (), "d", "s"), "doc", NLP)] == places


def test_a_long_text_is_not_cut_inside_an_entity(monkeypatch):
    monkeypatch.setattr(units, "LONGEST", 10)
    record = Record("aa bb cc dd ee", (Mention(3, 11, "X"),), "d", "s")
    parts = list(cut_record(record, "doc", NLP))
    assert [part.text for part in parts] == ["aa", "bb cc dd", "ee"]
    assert [part.text[m.start : m.end] for part in parts for m in part.mentions] == ["bb cc dd"]


def test_a_long_document_of_columns_is_cut_at_its_sentences(monkeypatch):
    monkeypatch.setattr(units, "LONGEST", 10)
    words, starts = ("aa", "bb", "cc", "dd", "ee", "ff"), (True, False, True, False, True, False)
    record = Record(
        "aa bb cc dd ee ff", (Mention(6, 8, "X"),), "d", "s", 1, words, (True,) * 5 + (False,), starts
    )
    parts = list(cut_record(record, "doc", NLP))
    assert [part.words for part in parts] == [("aa", "bb"), ("cc", "dd"), ("ee", "ff")]
    assert [(p.text[m.start : m.end], p.sent_starts) for p in parts for m in p.mentions] == [
        ("cc", (True, False))
    ]


def test_what_has_no_place_to_cut_is_refused_with_its_line(monkeypatch):
    monkeypatch.setattr(units, "LONGEST", 10)
    with pytest.raises(DataError, match=r"x\.jsonl:7: found 10 characters without a place to cut"):
        list(cut_record(Record("a" * 11, (), "d", "x.jsonl", 7), "doc", NLP))


def test_a_text_with_labels_cannot_be_cut_and_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text(f"text,label\nUn,a\n{'Un ' * 400_000},b\n", encoding="utf8")
    with pytest.raises(
        DataError, match=r"x\.csv:3: found a text of 1,199,999 characters; expected 1,000,000 at most"
    ):
        convert_cats(tmp_path / "x.csv", tmp_path / "x.spacy", lang="fr")


def test_a_cell_of_a_table_may_be_long(tmp_path):
    (tmp_path / "x.csv").write_text(f"text,label\nUn,a\n{'Un ' * 100_000},b\n", encoding="utf8")
    assert convert_cats(tmp_path / "x.csv", tmp_path / "x.spacy", lang="fr").n_docs == 2


@pytest.mark.slow
def test_many_entities_in_one_text_take_seconds_by_sentence(tmp_path):
    """20,000 sentences with an entity each: 4 seconds; the bound is there to find what is quadratic."""
    from time import process_time

    sentence = "Claire habite Angers. "
    entities = [[i * len(sentence), i * len(sentence) + 6, "PER"] for i in range(20_000)]
    line = json.dumps({"text": sentence * 20_000, "entities": entities})
    (tmp_path / "x.jsonl").write_text(line, encoding="utf8")
    spacy.blank("fr")
    start = process_time()
    report = convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="fr", unit="sentence")
    assert report.n_docs == 20_000
    assert process_time() - start < 20
