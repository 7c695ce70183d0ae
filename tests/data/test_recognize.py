"""A file is known by what it holds: read whatever its ending, or refused with the name of what it seems to be."""

import os

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError

WEBANNO = "#FORMAT=WebAnno TSV 3.3\n#T_SP=NE|value\n\n#Text=Claire\n1-1\t0-6\tClaire\tPER\t\n"
CONLLU = (
    "# id = 1\n1\tClaire\tC\tPROPN\t_\t_\t2\tnsubj\t_\tname=B-PER\n2\tvit\tv\tVERB\t_\t_\t0\troot\t_\t_\n"
)


def read(path, text, format="auto"):
    path.write_text(text, encoding="utf8")
    return list(read_records(path, format=format, lang="fr", report=ConversionReport()))


def entities(records):
    return [(record.text[m.start : m.end], m.label) for record in records for m in record.mentions]


@pytest.mark.parametrize("name", ["a.txt", "a.train", "a.iob", "a.json", "a"])
@pytest.mark.parametrize(
    "text",
    [
        "[ O\nClaire B-PER\nMorel I-PER\n] O\n",
        "{ O\nClaire B-PER\nMorel I-PER\n",
        '[ PUNCT O\n" PUNCT O\nClaire NNP B-PER\nMorel NNP I-PER\n',
        "Claire|B-PER Morel|I-PER\n",
        "Claire|NNP|B-PER Morel|NNP|I-PER\n",
        '{"text": "Claire Morel", "entities": [[0, 12, "PER"]]}\n',
        '[\n {\n  "text": "Claire Morel",\n  "entities": [[0, 12, "PER"]]\n }\n]\n',
        '["Claire Morel", {"entities": [[0, 12, "PER"]]}]\n',
        '[["Claire Morel", {"entities": [[0, 12, "PER"]]}]]\n',
        '{"classes": ["PER"], "annotations": [["Claire Morel", {"entities": [[0, 12, "PER"]]}], null]}\n',
        '{"id": 1, "data": "Claire Morel", "label": [[0, 12, "PER"]]}\n',
        '{"text": "Claire Morel", "ents": [{"start": 0, "end": 12, "label": "PER"}], "tokens": []}\n',
        '{"examples": [{"content": "Claire Morel", "annotations": [{"start": 0, "end": 12, "tag": "PER"}]}]}\n',
    ],
)
def test_what_a_file_holds_says_its_format(tmp_path, name, text):
    assert entities(read(tmp_path / name, text)) == [("Claire Morel", "PER")]


@pytest.mark.parametrize("name", ["a.txt", "a.tsv", "a.conll"])
@pytest.mark.parametrize(
    "text, seems",
    [
        (WEBANNO.replace("TSV 3.3", "TSV 2"), "WebAnno TSV 2, older than what is read"),
        (CONLLU.replace("name=B-PER", "_"), "CoNLL-U, a treebank without entities"),
        ("text;label\nUn chat;a\n", "a table with a header, in CSV .*convert-cats"),
        ('<?xml version="1.0"?>\n<a b="c"/>\n', "XML or HTML without entities"),
        ("<!DOCTYPE html>\n<p>Claire <b>Morel</b></p>\n", "an HTML page"),
        ("<?xml version='1.0'?>\n<GateDocument><A>x</A></GateDocument>\n", "GATE's own XML"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, name, text, seems):
    with pytest.raises(DataError, match=rf"seems to be .*{seems}.*--format"):
        read(tmp_path / name, text)


def test_what_is_not_read_is_named_though_a_format_was_given(tmp_path):
    with pytest.raises(DataError, match="seems to be CoNLL-U, a treebank without entities"):
        read(tmp_path / "a.tsv", CONLLU.replace("name=B-PER", "_"), format="iob")


@pytest.mark.parametrize(
    "line, seems",
    [
        ('{"data": [{"title": "a", "paragraphs": [{"context": "Claire", "qas": []}]}]}', "SQuAD"),
        ('{"entity_type": "PERSON", "start": 0, "end": 6, "score": 0.85}', "results without their text"),
        ('[{"entity": "I-PER", "word": "Claire", "start": 0, "end": 6}]', "results without their text"),
    ],
)
def test_json_of_another_tool_is_named(tmp_path, line, seems):
    with pytest.raises(DataError, match=rf"a\.jsonl:1: seems to be .*{seems}"):
        read(tmp_path / "a.jsonl", line)


@pytest.mark.parametrize(
    "content, seems",
    [
        (b"%PDF-1.7", "PDF"),
        (b"x\x9crest", "spaCy's"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, seems):
    (tmp_path / "a.iob").write_bytes(content)
    with pytest.raises(DataError, match=f"seems to be .*{seems}"):
        list(read_records(tmp_path / "a.iob", format="auto", lang="fr", report=ConversionReport()))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["x.iob", "x.jsonl", "x.txt", "x.ann"])
def test_a_pipe_that_nobody_writes_to_is_refused(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match="is no regular file"):
        list(read_records(tmp_path / name, format="auto", lang="fr", report=ConversionReport()))
