"""Parquet and Arrow, as Hugging Face's datasets writes them."""

import builtins
import json

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.options import make_options
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError

NAMES = ["O", "B-PER", "I-PER", "B-LOC"]
OTHER = {"feature": {"names": ["NOUN", "VERB"], "_type": "ClassLabel"}}
FEATURES = {
    "info": {
        "features": {"pos_tags": OTHER, "ner_tags": {"feature": {"names": NAMES, "_type": "ClassLabel"}}}
    }
}
RIGHT = [("Claire Morel", "PER"), ("Angers", "LOC")]


def read(path, **options):
    report = ConversionReport()
    records = read_records(path, format="auto", lang="fr", report=report, options=make_options(**options))
    return [(r.text[m.start : m.end], m.label) for r in records for m in r.mentions], report


@pytest.fixture
def write(tmp_path):
    """Write rows as a file of one of three forms."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def write_rows(name, rows, metadata=None):
        table = pa.Table.from_pylist(rows)
        if metadata:
            table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
        if name.endswith(".parquet"):
            parquet.write_table(table, tmp_path / name)
        else:
            new = pa.ipc.new_stream if name.startswith("stream") else pa.ipc.new_file
            with new(tmp_path / name, table.schema) as writer:
                writer.write_table(table)
        return tmp_path / name

    return write_rows


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "stream.arrow", "export.bin"])
def test_rows_are_read_with_the_names_of_their_tags(write, name):
    rows = [{"tokens": ["Claire", "Morel", "habite", "Angers"], "ner_tags": [1, 2, 0, 3], "image": b"\xff"}]
    found, report = read(write(name, rows, FEATURES))
    assert found == RIGHT
    assert report.formats == {"Parquet or Arrow": 1}
    assert read(write(name, rows), tag_names=",".join(NAMES))[0] == RIGHT


def test_rows_of_texts_with_offsets_are_read(write):
    spans = [{"start": 0, "end": 12, "label": "PER"}, {"start": 20, "end": 26, "label": "LOC"}]
    assert read(write("x.parquet", [{"text": "Claire Morel habite Angers.", "entities": spans}]))[0] == RIGHT


def test_names_stand_in_a_file_beside_it(write):
    path = write("x.parquet", [{"tokens": ["Angers"], "ner_tags": [3]}])
    with pytest.raises(DataError, match="expected --labels"):
        read(path)
    path.with_name("config.json").write_text(
        json.dumps({"id2label": dict(enumerate(NAMES))}), encoding="utf8"
    )
    found, report = read(path)
    assert found == [("Angers", "LOC")]
    assert report.note_lines()[0] == "config.json: names the tags of the files beside it (4)."


@pytest.mark.parametrize("name", ["x.parquet", "x.arrow", "stream.arrow"])
def test_a_broken_table_is_refused_with_a_sentence(write, name):
    path = write(name, [{"tokens": ["Angers"] * 50, "ner_tags": ["B-LOC"] * 50}] * 20)
    content = path.read_bytes()
    for n in (9, len(content) // 2, len(content) - 4):
        path.write_bytes(content[:n])
        try:
            read(path)  # a stream may end after any of its parts
        except DataError as error:
            assert name in str(error)
    path.write_bytes(content[:8] + b"\xff" * (len(content) - 16) + content[-8:])
    with pytest.raises(DataError, match="cannot be read as a table"):
        read(path)


def test_a_table_that_would_fill_the_memory_is_refused(write, monkeypatch):
    from spacy_bertfam.data import arrow_tables

    monkeypatch.setattr(arrow_tables, "SMALL", 1000)
    monkeypatch.setattr(arrow_tables, "RATIO", 1)
    path = write("x.parquet", [{"tokens": ["a"] * 90_000, "ner_tags": ["O"] * 90_000}])
    with pytest.raises(DataError, match="as no text does"):
        read(path)


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r'pip install "spacy-bertfam\[parquet\]"'):
        read(tmp_path / "x.parquet")
