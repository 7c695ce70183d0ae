"""Tables: which delimiter, which quotes are quotes, and columns of one name."""

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.options import make_options
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.data.tables import read_rows
from spacy_bertfam.errors import DataError


def rows(text, wanted=()):
    return [(line, *row.values()) for line, row in read_rows(iter(text.splitlines(keepends=True)), wanted)]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("a,b\nx,y\n", [(2, "x", "y")]),
        ("a;b\nx;1,5\n", [(2, "x", "1,5")]),
        ("sep=;\r\na;b\r\nx;y\r\n", [(3, "x", "y")]),
        ('"sep=|"\na|b\nx|y\n', [(3, "x", "y")]),
        ("\n\na\tb, c\nx\ty\n\n", [(4, "x", "y")]),
        ('a,b\n"x\ny",z\n', [(3, "x\ny", "z")]),
    ],
)
def test_the_delimiter_is_found(table, expected):
    assert rows(table) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('il dit "oui"\ty\n', [(2, 'il dit "oui"', "y")]),
        ('"oui" dit-il\ty\n', [(2, '"oui" dit-il', "y")]),
        ('"un ""beau""\nchat"\ty\n', [(3, 'un "beau"\nchat', "y")]),
        ('"un\tchat"\ty\n', [(2, "un\tchat", "y")]),
        ('x\t"un\nchat"\nz\ty\n', [(3, "x", "un\nchat"), (4, "z", "y")]),
        ('"un\ty\ndeux\ty\ntrois "\ty\n', [(2, '"un', "y"), (3, "deux", "y"), (4, 'trois "', "y")]),
    ],
)
def test_between_tabs_only_quotes_around_a_cell_are_quotes(row, expected):
    assert rows(f"a\tb\n{row}") == expected


def test_two_columns_of_the_name_that_is_wanted_are_refused():
    assert rows("a,b,b\nx,y,z\n", ("a",)) == [(2, "x", "z")]
    with pytest.raises(DataError, match="found 2 columns of the name 'b'; expected one"):
        rows("a,b,b\nx,y,z\n", ("a", "b"))


def read(path, tag_column=""):
    options = make_options(tag_column=tag_column)
    return list(read_records(path, format="auto", lang="fr", report=ConversionReport(), options=options))


def test_excels_first_line_hides_no_table_of_words(tmp_path):
    (tmp_path / "x.csv").write_text("\ufeffsep=;\r\nWord;Tag\r\nLyon;B-LOC\r\n", encoding="utf8")
    (record,) = read(tmp_path / "x.csv")
    assert [(m.label, m.line) for m in record.mentions] == [("LOC", 3)]


@pytest.mark.parametrize("table", ["text\nHello, world\n", 'text\n"Hello, world"\n', "text\nHello; world\n"])
def test_nothing_cuts_the_cells_of_one_column(table):
    assert rows(table) == [(2, *table.splitlines()[1].strip('"').split("\t"))]


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ('id\ttext\n1\t"I came.\n2\tI saw.\n3\tI won."\n', "runs over rows with tabs of their own"),
        ("text,id\nHello\nworld,7\n", "found 1 cells and 2 columns, and none for 'id'"),
    ],
)
def test_rows_that_a_cell_swallows_or_that_end_early_are_refused(table, found):
    with pytest.raises(DataError, match=found):
        rows(table, ("text", "id"))


def test_a_first_line_of_any_length_is_read():
    assert rows("a" * 200_000 + ",b\nx,y\n") == [(2, "x", "y")]
