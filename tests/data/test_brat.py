"""brat standoff: pieces, line breaks inside offsets, other kinds of lines, and files that do not fit."""

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import DISCONTINUOUS, ConversionReport
from spacy_bertfam.errors import DataError

TEXT = "Le Conseil\nrégional et l'Université Paul Valéry de Montpellier\n"


@pytest.fixture
def read(tmp_path):
    """Write a pair of files and read it: (record, report)."""

    def read_pair(annotation, text=TEXT):
        (tmp_path / "sub").mkdir(exist_ok=True)
        (tmp_path / "sub" / "a.txt").write_bytes(text.encode("utf8"))
        (tmp_path / "sub" / "a.ann").write_text(annotation, encoding="utf8", newline="")
        report = ConversionReport()
        (record,) = read_records(tmp_path, format="brat", lang="fr", report=report)
        return record, report

    return read_pair


def entities(record):
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


def test_entities_may_nest_and_run_over_a_line_break(read):
    annotation = "T1\tOrg 3 19\tConseil régional\nT2\tOrg 25 62\tUniversité Paul Valéry de Montpellier\n"
    record, _ = read(annotation + "T3\tPer 36 47\tPaul Valéry\n")
    assert entities(record)[0] == ("Conseil\nrégional", "Org")
    assert entities(record)[2] == ("Paul Valéry", "Per")
    assert [mention.line for mention in record.mentions] == [1, 2, 3]
    assert record.has_overlaps


def test_pieces_with_only_white_space_between_are_one(read):
    record, report = read("T1\tOrg 3 10;11 19\tConseil régional\n")
    assert entities(record) == [("Conseil\nrégional", "Org")]
    assert not report.n_lost


def test_discontinuous_entities_are_counted_and_their_pieces_missing(read):
    record, report = read("T1\tOrg 25 35;51 62\tUniversité Montpellier\n")
    assert record.mentions == ()
    assert [record.text[a:b] for a, b in record.missing] == ["Université", "Montpellier"]
    assert report.n_lost[DISCONTINUOUS] == report.n_in == {"Org": 1}
    assert report.examples[DISCONTINUOUS][0]["where"] == "sub/a.ann:1"


def test_offsets_of_tools_in_java_count_utf16_units(read):
    record, _ = read("T1\tPer 3 9\tClaire\nT2\tLoc 11 17\tAngers\n", "😀 Claire, Angers 😀")
    assert entities(record) == [("Claire", "Per"), ("Angers", "Loc")]


def test_other_kinds_of_lines_are_counted(read):
    lines = [
        "R1\tIn Arg1:T1 Arg2:T2",
        "E1\tX:T1",
        "A1\tOld T1",
        "M2\tOld T1",
        "N1\tRef T1 W:1",
        "#1\tNote T1\tx",
    ]
    _, report = read("\r\n".join([*lines, "*\tEquiv T1 T2", "", ""]))
    assert report.ignored == {
        "relation lines": 1,
        "event lines": 1,
        "attribute lines": 2,
        "normalization lines": 1,
        "note lines": 1,
        "equivalence lines": 1,
    }


@pytest.mark.parametrize(
    "raw, start, end",
    [
        ("a\r\nParis", 3, 8),  # annotated with its CRLF
        ("a\r\nParis", 2, 7),  # got its CRLF afterwards
        ("\ufeffa\nParis", 3, 8),  # annotated with its BOM
        ("\ufeffa\nParis", 2, 7),  # got its BOM afterwards
        ("😀\nParis", 2, 7),
    ],
)
def test_the_text_of_the_line_tells_how_offsets_count(read, raw, start, end):
    record, _ = read(f"T1\tLoc {start} {end}\tParis\n", text=raw)
    assert entities(record) == [("Paris", "Loc")]


@pytest.mark.parametrize("raw", ["Et Claire vit", "\ufeffEt Claire vit", "😀 Claire vit", "a\r\nClaire vit"])
def test_of_a_line_without_its_text_the_reading_that_cuts_no_word_is_taken(read, raw):
    start = 2 if "\r" in raw else 3
    record, _ = read(f"T1\tPer {start} {start + 6}\nT2\tX {start} {start}\n", raw)
    assert entities(record)[0] == ("Claire", "Per")


def test_a_line_without_its_text_may_cut_a_word(read):
    record, _ = read("T1\tOrg 4 10\n")
    assert entities(record) == [("onseil", "Org")]


def test_accents_may_be_apart_in_the_text_and_not_on_the_line(read):
    record, _ = read("T1\tPer 0 6\tRen\u00e9e\n", "Rene\u0301e vit")
    assert entities(record) == [("Rene\u0301e", "Per")]


@pytest.mark.parametrize("names", [("x.ann", "x.TXT"), ("x.ANN", "x.TXT"), ("X.ann", "x.txt")])
def test_endings_may_be_in_capitals(tmp_path, names):
    for name, content in zip(names, ("T1\tPER 0 6\tClaire\n", "Claire vit"), strict=True):
        (tmp_path / name).write_text(content, encoding="utf8")
    for place in (tmp_path, tmp_path / names[0]):
        report = ConversionReport()
        (record,) = read_records(place, format="auto", lang="fr", report=report)
        assert entities(record) == [("Claire", "PER")]
        assert not report.ignored


@pytest.mark.parametrize(
    "annotation, found",
    [
        ("\nT1\tOrg 3 11111\tx\n", "found the offsets 3 11111 (Org)"),
        ("\nT1\tOrg 10 3\tx\n", "found the offsets 10 3 (Org)"),
        ("\nT1\tOrg 3 9\tConseil\n", "found 'Consei' at the offsets of Org; expected 'Conseil'"),
        ("\nT1 Org 3 10\tConseil\n", "expected `T1<tab>Label 0 5<tab>text`"),
        ("\nT1\tOrg 3\tConseil\n", "expected `T1<tab>"),
        ("\nConseil B-Org\n", "found 'Conseil B-Org'"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(read, annotation, found):
    with pytest.raises(DataError, match=r"a\.ann:2: ") as error:
        read(annotation)
    assert found in str(error.value)


def test_a_missing_text_is_named(tmp_path):
    path = tmp_path / "b.ann"
    path.write_text("", encoding="utf8")
    with pytest.raises(DataError, match=r"b\.ann: found no b\.txt"):
        list(read_records(path, format="brat", lang="fr", report=ConversionReport()))
