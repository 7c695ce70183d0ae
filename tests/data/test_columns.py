"""Column files: separators, borders, comments, BOM, line ends, and lines that are not what they should be."""

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import MENDED, ConversionReport
from spacy_bertfam.errors import DataError


@pytest.fixture
def read(tmp_path):
    """Read a text as a column file: (records, report)."""

    def read_text(text, lang="fr"):
        path = tmp_path / "x.iob"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf8"))
        report = ConversionReport()
        return list(read_records(path, format="iob", lang=lang, report=report)), report

    return read_text


def entities(record):
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


@pytest.mark.parametrize(
    "text",
    [
        "à O\nParis B-LOC\n",
        "à\tO\nParis\tB-LOC\n",
        "à   O\nParis   B-LOC",
        "à PREP O\nParis NP B-LOC\n",
        "à PREP x O\nParis NP x B-LOC\n",
        "\ufeffà O\r\nParis B-LOC\r\n\r\n",
        "à O  \nParis B-LOC\t\n",
        "\n\n \nà O\nParis B-LOC\n\n\n",
    ],
)
def test_separators_columns_bom_and_line_ends(read, text):
    (record,), _ = read(text)
    assert record.words == ("à", "Paris")
    assert entities(record) == [("Paris", "LOC")]


def test_tokens_keep_no_break_space_and_line_separator(read):
    (record,), _ = read("12\u00a0000 O\na\u2028b B-X\n\x85 O\n")
    assert record.words == ("12\u00a0000", "a\u2028b", "\x85")


def test_tokens_between_tabs_may_hold_spaces(read):
    (record,), _ = read("New York\tB-LOC\n")
    assert record.words == ("New York",)


def test_docstart_lines_make_documents_and_blank_lines_sentences(read):
    text = "-DOCSTART- -X- O O\n\na O\nb O\n\nc O\n-DOCSTART- -X- O O\nd B-X\n"
    records, report = read(text)
    assert [record.words for record in records] == [("a", "b", "c"), ("d",)]
    assert records[0].sent_starts == (True, False, True)
    assert [record.line for record in records] == [3, 8]
    assert not report.notes


def test_without_docstart_each_block_is_a_document_and_that_is_said(read):
    records, report = read("a O\n\nb B-X\n")
    assert [record.words for record in records] == [("a",), ("b",)]
    assert records[0].document != records[1].document
    assert "no -DOCSTART-" in report.note_lines()[0]


def test_comment_lines_are_left_out_and_counted_but_a_hash_token_stays(read):
    (record,), report = read("# sent_id = 1\n# a = b\n# O\nParis B-LOC\n# text = Paris\n#tag O\n")
    assert record.words == ("#", "Paris", "#tag")
    assert report.ignored == {"comment lines": 3}


def test_comment_lines_in_a_file_with_tabs(read):
    (record,), report = read("# text = x O\nParis\tB-LOC\n#\tO\n")
    assert record.words == ("Paris", "#")
    assert report.ignored["comment lines"] == 1


def test_iob1_is_repaired_and_said_so(read):
    (record,), report = read("Paris I-LOC\nLyon B-LOC\net O\nNice I-LOC\n")
    assert entities(record) == [("Paris", "LOC"), ("Lyon", "LOC"), ("Nice", "LOC")]
    assert report.schemes == {"IOB1": 1}
    assert any("is IOB1" in line and "repaired" in line for line in report.note_lines())
    assert not report.n_changed


def test_stray_inside_tags_of_iob2_are_mended_and_counted(read):
    (record,), report = read("Jean B-PER\nà O\nSt I-LOC\nLô I-LOC\n")
    assert entities(record) == [("Jean", "PER"), ("St Lô", "LOC")]
    assert report.n_changed[MENDED] == {"LOC": 1}
    assert report.examples[MENDED] == [
        {"where": "x.iob:3", "text": "St", "label": "LOC", "detail": "I-LOC in IOB2"}
    ]


def test_a_dash_for_a_tag_is_missing_annotation(read):
    (record,), _ = read("Jean U-PER\nParis -\n")
    assert [record.text[a:b] for a, b in record.missing] == ["Paris"]


@pytest.mark.parametrize(
    "text, line, found",
    [
        ("a O\nParis\n", 2, "found 1 column"),
        ("Paris\n", 1, "found 1 column"),
        ("a b c d e\n", 1, "found the tag 'e'"),
        ("a O\nb NN O\n", 2, "expected 2"),
        ("a O\n\nb X-\n", 3, "found the tag 'X-'"),
        ("a O\nb B-\n", 2, "found the tag 'B-'"),
        ("a PER\n", 1, "found the tag 'PER'"),
        ("a O\n\tO\n", 2, "found no token"),
        ("a\tO\n\tO\n", 2, "found no token"),
        ("a S-X\nb U-X\n", 2, "'S-X' in line 1"),
        ("a\tO\nNew York\n", 2, "found 1 column"),
        (b"a O\n\x81t\x81 O\n", 2, "0x81"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(read, text, line, found):
    with pytest.raises(DataError) as error:
        read(text)
    assert f"x.iob:{line}: " in str(error.value)
    assert found in str(error.value)
    assert error.value.line == line
