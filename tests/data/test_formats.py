"""Which files are read, and as what."""

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError

JSONL = '{"text": "Paris", "entities": [[0, 5, "LOC"]]}\n'
COLUMNS = "Paris B-LOC\n"
ANN = "T1\tLOC 0 5\tParis\n"


@pytest.fixture
def write(tmp_path):
    """Write files by their relative names into a folder."""

    def write_files(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf8")
        return tmp_path

    return write_files


def sources(path, format="auto", report=None):
    report = ConversionReport() if report is None else report
    records = list(read_records(path, format=format, lang="fr", report=report))
    assert all([record.text[m.start : m.end] for m in record.mentions] == ["Paris"] for record in records)
    return [record.source for record in records]


@pytest.mark.parametrize(
    "name, text",
    [
        ("a.jsonl", JSONL),
        ("a.json", JSONL),
        ("a", JSONL),
        ("a.iob", COLUMNS),
        ("a.txt", COLUMNS),
        ("a.IOB2", COLUMNS),
    ],
)
def test_a_file_goes_by_its_ending_or_its_first_line(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf8")
    assert sources(tmp_path / name) == [name]


@pytest.mark.parametrize("name", ["a.txt", "a.ann"])
def test_either_file_of_a_brat_pair_will_do(write, name):
    assert sources(write(a_txt="Paris", a_ann=ANN) / name) == ["a.ann"]


def test_folders_are_read_with_the_folders_in_them_by_name(write):
    folder = write(b__c__x_ann=ANN, b__c__x_txt="Paris", a_ann=ANN, a_txt="Paris")
    assert sources(folder) == ["a.ann", "b/c/x.ann"]


def test_texts_without_annotation_beside_brat_pairs_are_counted(write):
    report = ConversionReport()
    sources(write(a_ann=ANN, a_txt="Paris", urls_txt="x"), report=report)
    assert report.ignored == {".txt files without .ann": 1}


def test_hidden_files_and_files_of_other_endings_are_left_alone(write):
    folder = write(a_jsonl=JSONL, LICENSE="x", readme_md="x")
    (folder / "._a.jsonl").write_bytes(b"\x00\xff")
    assert sources(folder) == ["a.jsonl"]


def test_txt_files_of_a_folder_may_be_columns(write):
    assert sources(write(train_txt=COLUMNS, dev_txt=COLUMNS)) == ["dev.txt", "train.txt"]


def test_each_file_of_a_folder_is_read_by_its_content(write):
    report = ConversionReport()
    folder = write(
        a_jsonl=JSONL, b_iob=COLUMNS, c_json=JSONL, d_ann=ANN, d_txt="Paris", e_txt="<LOC>Paris</LOC> est là.",
    )  # fmt: skip
    assert sources(folder, report=report) == ["a.jsonl", "b.iob", "c.json", "d.ann", "e.txt"]
    assert report.formats == {"JSON": 2, "columns": 1, "brat": 1, "inline XML": 1}
    assert sources(folder, format="iob") == ["b.iob"]
    assert sources(folder, format="jsonl") == ["a.jsonl"]


def test_files_of_a_folder_without_annotation_are_counted(write):
    report = ConversionReport()
    folder = write(
        a_iob=COLUMNS,
        b_json='{"name": "x"}',
        c_txt="Paris",
        d_csv="text,label\nParis,a\n",
        e_md="x",
        state_json="{}",
    )
    assert sources(folder, report=report) == ["a.iob"]
    assert report.ignored == {
        "files without annotation": 3, "files of other endings": 1, "files that describe a data set": 1
    }  # fmt: skip


def test_a_file_of_a_folder_that_is_of_another_kind_than_its_ending_says_is_refused(write):
    with pytest.raises(DataError, match=r"b\.conll: seems to be an HTML page"):
        sources(write(a_iob=COLUMNS, b_conll="<html><p>Paris</p></html>"))


def test_one_name_in_two_formats_is_taken_for_the_same_texts_twice(write):
    folder = write(train_jsonl=JSONL, train_iob=COLUMNS, dev_iob=COLUMNS)
    found = (
        r"holds train\.iob \(iob\) and train\.jsonl \(jsonl\), the same texts twice\? Say which .* --format"
    )
    with pytest.raises(DataError, match=found):
        sources(folder)
    assert sources(folder, format="iob") == ["dev.iob", "train.iob"]


def test_a_folder_without_annotated_files_is_said(write):
    with pytest.raises(DataError, match="holds no annotated files"):
        sources(write(readme_md="x"))


@pytest.mark.parametrize(
    "name, format, found",
    [
        ("nowhere", "auto", "does not exist"),
        ("", "brat", r"holds no files of brat; expected \.ann"),
        ("a.txt", "brat", r"found no a\.ann beside it"),
    ],
)
def test_what_cannot_be_read_is_said(write, name, format, found):
    folder = write(a_txt="Paris")
    with pytest.raises(DataError, match=found):
        sources(folder / name, format=format)


def test_a_missing_annotation_or_text_of_brat_is_said(write):
    folder = write(a_ann=ANN)
    with pytest.raises(DataError, match=r"found no a\.txt beside it"):
        sources(folder)
