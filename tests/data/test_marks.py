"""Marks that nobody sees at the edge of a line, a word or a label are taken off; texts and offsets stay as they are."""

import json

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.data.trimming import clean_label, clean_word

MARKS = [
    "\ufeff",
    "\u200b",
    "\u2060",
    "\u200e",
    "\u00a0",
    "\u0085",
    "\u2028",
    "\u202f",
    "\u200b\ufeff",
    "\u061c",
    "\u180e",
]


@pytest.fixture
def read(tmp_path):
    """Write a file and read its records."""

    def read_file(name, text):
        (tmp_path / name).write_bytes(text.encode("utf8"))
        return list(read_records(tmp_path / name, format="auto", lang="fr", report=ConversionReport()))

    return read_file


def entities(record):
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_words_and_tags_of_columns(read, mark, separator):
    rows = [("Claire", "B-PER"), ("Morel", "I-PER"), ("vit", "O")]
    rows.append(("Angers", f"B-{mark}LOC"))
    text = "\n".join(f"{mark}{word}{mark}{separator}{tag}{mark}" for word, tag in rows)
    (record,) = read("x.iob", text)
    assert record.words == ("Claire", "Morel", "vit", "Angers")
    assert entities(record) == [("Claire Morel", "PER"), ("Angers", "LOC")]


@pytest.mark.parametrize("mark", MARKS)
def test_a_line_of_marks_alone_is_blank(read, mark):
    first, second = read("x.iob", f"Claire B-PER\n{mark}\nvit O\n")
    assert (first.words, second.words) == (("Claire",), ("vit",))


def test_files_put_together_with_their_byte_order_marks(read):
    parts = ["-DOCSTART- -X- O O\n\nClaire B-PER\n", "-DOCSTART- -X- O O\n\nvit O\n", "\nAngers B-LOC\n"]
    first, second = read("x.conll", "".join("\ufeff" + part for part in parts))
    assert first.words == ("Claire",)
    assert second.words == ("vit", "Angers")
    assert second.sent_starts == (True, True)


@pytest.mark.parametrize("mark", ["\u00a0", "\u2028", "\u200c", "\ufeff"])
def test_marks_within_a_word_stay(read, mark):
    (record,) = read("x.iob", f"12{mark}000 O\nAngers B-LOC\n")
    assert record.words == (f"12{mark}000", "Angers")


@pytest.mark.parametrize("mark", MARKS)
def test_labels_of_json_are_clean_and_offsets_count_the_marks_of_the_text(read, mark):
    text = f"{mark}Claire{mark} vit"
    start, end = len(mark), len(mark) + 6
    entry = {
        "text": text,
        "entities": [[start, end, f"{mark}PER{mark}"], {"start": start, "end": end, "label": f"X{mark}"}],
    }
    line = json.dumps(entry, ensure_ascii=False)
    for name, content in [
        ("x.jsonl", f"{mark}{line}{mark}\n{mark}\n"),
        ("x.json", f"\ufeff[{mark}{line}\n]{mark}"),
    ]:
        if name == "x.json" and mark in ("\u0085", "\u2028"):
            content = f"[{line}]"
        (record,) = read(name, content)
        assert record.text == text
        assert entities(record) == [("Claire", "PER"), ("Claire", "X")]


@pytest.mark.parametrize("mark", MARKS)
def test_labels_and_lines_of_brat_are_clean(read, tmp_path, mark):
    (tmp_path / "x.txt").write_bytes(f"{mark}Claire vit".encode())
    start = len(mark)
    (record,) = read(
        "x.ann",
        f"\ufeffT1\tPER{mark} {start} {start + 6}\tClaire\n{mark}\n\ufeffT2\tA b {start} {start + 6}\t{mark}Claire\n",
    )
    assert record.text.endswith("Claire vit")
    assert [m.label for m in record.mentions] == ["PER", "A b"]
    assert entities(record)[0] == ("Claire", "PER")


@pytest.mark.parametrize("mark", MARKS)
def test_tokens_of_wikiner_are_clean(read, mark):
    (record,) = read("x.wikiner", f"{mark}Claire|NAM|I-{mark}PER vit|VER|O{mark}\n")
    assert record.words == ("Claire", "vit")
    assert entities(record) == [("Claire", "PER")]


def test_a_joiner_at_the_end_of_a_word_means_something_there():
    assert clean_word("\u200bword\u200c\u200f") == "word\u200c"
    assert clean_label("\u200bPER\u200c\u200f") == "PER"


@pytest.mark.parametrize("mark", ["\u200b", "\u2060", "\u200e", "\ufeff"])
def test_a_mark_within_a_label_makes_no_other_label(read, mark):
    (record,) = read("x.iob", f"Anne B-P{mark}ER\nAngers B-LOC\n")
    assert [m.label for m in record.mentions] == ["PER", "LOC"]


def test_a_line_break_of_unicode_within_a_cell_makes_no_tag(read):
    (record,) = read("x.iob", "B-a\u2028b O\nAngers B-LOC\n")
    assert record.words[0] == "B-a\u2028b"


def test_joiners_stay_at_words_and_go_from_tags(read):
    (record,) = read("x.iob", "\xadword\u200c O\nAngers\xad B-LOC\u200c\nest O\xad\n")
    assert record.words == ("\xadword\u200c", "Angers\xad", "est")
    assert [m.label for m in record.mentions] == ["LOC"]


def test_a_word_of_marks_alone_stays_a_word():
    assert clean_word("\u00a0\u200b") == "\u00a0\u200b"


def test_lines_may_end_in_cr_alone(read):
    (record,) = read("x.iob", "Claire B-PER\rMorel I-PER\rvit O\r")
    assert record.words == ("Claire", "Morel", "vit")


def test_a_mark_within_the_offsets_of_brat_is_no_other_text(read, tmp_path):
    (tmp_path / "x.txt").write_bytes("Wales\u200f vit".encode())
    (record,) = read("x.ann", "T1\tPER 0 6\tWales\u200f\n")
    assert entities(record) == [("Wales\u200f", "PER")]
