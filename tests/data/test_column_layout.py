"""Columns are found: the words and tags of every layout, never the numbers beside them."""

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError

WORDS = ("Claire", "Morel", "habite", "Angers", ".")
TAGS = ("B-PER", "I-PER", "O", "B-LOC", "O")
ENTITIES = [("Claire Morel", "PER"), ("Angers", "LOC")]
POS = ("PROPN", "PROPN", "VERB", "PROPN", "PUNCT")
LEMMAS = ("claire", "morel", "habiter", "angers", ".")
STARTS, ENDS = ("0", "7", "13", "20", "26"), ("6", "12", "19", "26", "27")
FROM_1, FROM_0 = ("1", "2", "3", "4", "5"), ("0", "1", "2", "3", "4")
CHUNKS = ("B-NP", "I-NP", "B-VP", "B-NP", "O")
NONE, DASHES, EMPTY, FILE = ("O",) * 5, ("-",) * 5, ("_",) * 5, ("doc_1.txt",) * 5
NAMES = ("d1t1", "d1t2", "d1t3", "d1t4", "d1t5")


@pytest.fixture
def read(tmp_path):
    """Read a text as a column file: (records, report)."""

    def read_text(text):
        (tmp_path / "x.tsv").write_text(text, encoding="utf8")
        report = ConversionReport()
        return list(read_records(tmp_path / "x.tsv", format="iob", lang="fr", report=report)), report

    return read_text


def entities(record):
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


def lines(*columns, separator="\t"):
    return "\n".join(map(separator.join, zip(*columns, strict=True))) + "\n"


@pytest.mark.parametrize("separator", ["\t", " "])
@pytest.mark.parametrize(
    "columns",
    [
        (FROM_1, WORDS, TAGS, NONE),  # GermEval 2014
        (FROM_1, WORDS, TAGS, DASHES, DASHES),  # Universal NER
        (FROM_0, WORDS, TAGS),
        (FROM_1, WORDS, LEMMAS, POS, TAGS),
        (WORDS, STARTS, ENDS, TAGS),
        (STARTS, ENDS, WORDS, POS, TAGS),
        (FILE, FROM_0, WORDS, POS, TAGS),
        (NAMES, WORDS, TAGS),
        (("1.", "2.", "3.", "4.", "5."), WORDS, TAGS),
        (("[0]", "[1]", "[2]", "[3]", "[4]"), WORDS, POS, TAGS),
        (("0:6", "7:12", "13:19", "20:26", "26:27"), WORDS, TAGS),
        (("s1", "s1", "s1", "s2", "s2"), FROM_1, WORDS, TAGS),
        (WORDS, POS, CHUNKS, TAGS),  # CoNLL-2003
        (WORDS, LEMMAS, POS, CHUNKS, TAGS),  # its German part
        (WORDS, TAGS, POS),
        (WORDS, TAGS, EMPTY),
        (TAGS, WORDS),
        (WORDS, EMPTY, EMPTY, TAGS),
        (FROM_1, WORDS, LEMMAS, POS, EMPTY, STARTS, ENDS, TAGS, FILE, NONE),
    ],
)
def test_the_word_and_its_tag_are_found(read, columns, separator):
    (record,), report = read(lines(*columns, separator=separator))
    assert record.words == WORDS
    assert entities(record) == ENTITIES
    assert not report.ignored


@pytest.mark.parametrize("separator", ["\t", " "])
def test_the_first_of_two_columns_of_tags_is_taken_and_the_other_counted(read, separator):
    inner = ("O", "B-LOC", "O", "B-LOC", "O")
    (record,), report = read(lines(FROM_1, WORDS, TAGS, inner, separator=separator))
    assert entities(record) == ENTITIES
    assert report.ignored == {"entities of another column of tags (4)": 2}
    assert "x.tsv: has its words in column 2 of 4, their tags in 3." in report.note_lines()


def test_a_column_without_any_entity_is_not_preferred(read):
    (record,), _ = read(lines(WORDS, NONE, TAGS))
    assert entities(record) == ENTITIES


def test_sentences_are_counted_each_from_one(read):
    records, _ = read("1\tClaire\tB-PER\n2\tvit\tO\n\n1\tIl\tO\n2\tpleut\tO\n3\t.\tO\n\n1\tAngers\tB-LOC\n")
    assert [record.words for record in records] == [("Claire", "vit"), ("Il", "pleut", "."), ("Angers",)]


def test_numbers_that_run_through_the_file_are_no_words(read):
    records, _ = read("1 Claire B-PER\n2 vit O\n\n3 Il O\n4 pleut O\n")
    assert [record.words for record in records] == [("Claire", "vit"), ("Il", "pleut")]


@pytest.mark.parametrize(
    "text",
    [
        "# http://x.fr [2009-10-17]\n",
        "#\thttp://x.fr [2009-10-17]\n",
        "# sent_id = 1\n# text = Claire Morel\n",
        "#x=1\n",
    ],
)
def test_comments_before_numbered_words_are_left_out(read, text):
    (record,), report = read(text + lines(FROM_1, WORDS, TAGS, NONE))
    assert record.words == WORDS
    assert report.ignored == {"comment lines": text.count("\n")}


def test_lines_of_contractions_and_of_words_not_written_are_counted(read):
    text = "1\tva\tO\n2-3\tdu\t_\n2\tde\tO\n3\tle\tO\n3.1\tville\tO\n4\tMans\tB-LOC\n"
    (record,), report = read(text)
    assert record.words == ("va", "de", "le", "Mans")
    assert report.ignored == {"lines of contractions and of words not written": 2}


@pytest.mark.parametrize(
    "header", ["Token\tPOS\tTag", "word\tpos\tner", "TOKEN\tX\tNE-COARSE-LIT", "#ID\tFORM\tNER"]
)
def test_a_header_is_left_out(read, header):
    (record,), report = read(f"{header}\n" + lines(WORDS, POS, TAGS))
    assert record.words == WORDS
    assert report.ignored == {"comment lines" if header.startswith("#") else "header lines": 1}


def test_names_that_count_anew_in_each_sentence_are_no_words(read):
    records, _ = read("w1 Claire B-PER\nw2 vit O\n\nw1 Il O\nw2 pleut O\n")
    assert [record.words for record in records] == [("Claire", "vit"), ("Il", "pleut")]


def test_names_of_sentences_are_no_words_however_many_there_are(read):
    text = "".join(f"s{i} Le O\ns{i} mot O\n" for i in range(20)) + "s20 Claire B-PER\n"
    (record,), _ = read(text)
    assert record.words == ("Le", "mot") * 20 + ("Claire",)


def test_words_that_are_numbers_stay(read):
    (record,), _ = read("1998 NUM B-DATE\n1997 NUM B-DATE\n3 NUM O\n")
    assert record.words == ("1998", "1997", "3")


def test_words_that_look_like_tags_stay(read):
    (record,), _ = read("O NOUN O\n- PUNCT O\nB-12 NOUN B-DRUG\n")
    assert record.words == ("O", "-", "B-12")
    assert entities(record) == [("B-12", "DRUG")]


@pytest.mark.parametrize("text", ["1 O\n2 B-PER\n3 O\n", "0\tO\n1\tO\n\n0\tB-X\n1\tO\n"])
def test_numbers_without_words_are_refused(read, text):
    with pytest.raises(
        DataError, match=r"x\.tsv:1: found numbers that count the lines .* no column of words"
    ):
        read(text)


def test_a_language_before_each_word_is_taken_off_and_said(read):
    (record,), report = read("fr:Claire\tB-PER\nfr:vit\tO\nfr:à\tO\n")
    assert record.words == ("Claire", "vit", "à")
    assert "x.tsv: has fr: before each word; taken off." in report.note_lines()


def test_labels_may_hold_spaces_where_the_columns_are_sure(read):
    (record,), _ = read(
        "-DOCSTART- -X- O\nClaire -X- _ B-Nom de personne\nMorel -X- _ I-Nom de personne\nvit -X- _ O\n"
    )
    assert entities(record) == [("Claire Morel", "Nom de personne")]


def test_a_border_of_documents_may_be_numbered_too(read):
    records, _ = read("1\t-DOCSTART-\tO\n\n1\tClaire\tB-PER\n\n1\t-DOCSTART-\tO\n\n1\tRien\tO\n")
    assert [record.words for record in records] == [("Claire",), ("Rien",)]
