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
        (WEBANNO, r"WebAnno TSV 3\.3"),
        (CONLLU, "CoNLL-U, with entities in its last column"),
        (CONLLU.replace("name=B-PER", "_"), "CoNLL-U, a treebank without entities"),
        ("Sentence #,Word,POS,Tag\nSentence: 1,Claire,NNP,B-per\n", "a table with a header, in CSV .*GMB"),
        ("text;label\nUn chat;a\n", "a table with a header, in CSV .*convert-cats"),
        ("Claire\tPERSON\nvit\tO\n", r"labels without B- and I- \(PERSON\)"),
        ("#begin document (a); part 000\na 0 0 Claire NNP (PERSON)\n", "CoNLL-2012"),
        ("a 0 0 Claire NNP (PERSON*\na 0 1 Morel NNP *)\na 0 2 vit VB *\n", "entities in brackets"),
        ('<?xml version="1.0"?>\n<xmi:XMI/>\n', "XML"),
        ("<PERSON>Claire</PERSON> vit à Angers.\n", "XML"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, name, text, seems):
    with pytest.raises(DataError, match=rf"seems to be .*{seems}.*--format"):
        read(tmp_path / name, text)


@pytest.mark.parametrize("text, seems", [(WEBANNO, "WebAnno TSV"), (CONLLU, "CoNLL-U")])
def test_what_is_not_read_is_named_though_a_format_was_given(tmp_path, text, seems):
    with pytest.raises(DataError, match=f"seems to be {seems}"):
        read(tmp_path / "a.tsv", text, format="iob")


@pytest.mark.parametrize(
    "line, seems",
    [
        ('{"tokens": ["Claire"], "ner_tags": [1]}', "Hugging Face"),
        ('{"data": [{"title": "a", "paragraphs": []}]}', "SQuAD"),
        ('{"documentName": "a", "document": "Claire", "tokens": []}', "UBIAI"),
        ('{"text": "Claire", "denotations": []}', "PubAnnotation"),
    ],
)
def test_json_of_another_tool_is_named(tmp_path, line, seems):
    with pytest.raises(DataError, match=rf"a\.jsonl:1: seems to be .*{seems}"):
        read(tmp_path / "a.jsonl", line)


@pytest.mark.parametrize(
    "content, seems",
    [
        (b"PK\x03\x04rest", "zip archive"),
        (b"PAR1rest", "Parquet"),
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


def test_json_files_of_a_folder_are_read_where_there_are_no_others(tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "Claire", "entities": [[0, 6, "PER"]]}]', encoding="utf8")
    records = list(read_records(tmp_path, format="auto", lang="fr", report=ConversionReport()))
    assert entities(records) == [("Claire", "PER")]
    (tmp_path / "b.iob").write_text("Angers B-LOC\n", encoding="utf8")
    records = list(read_records(tmp_path, format="auto", lang="fr", report=ConversionReport()))
    assert entities(records) == [("Angers", "LOC")]
