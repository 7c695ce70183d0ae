"""Texts with labels: tables and JSON lines to `.spacy`, with an account of the labels."""

import json

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.data.cats import convert_cats
from spacy_bertfam.data.pairs import first_length
from spacy_bertfam.errors import DataError

TABLE = """id\tabstract\tkinds
1\tUn chat.\tanimal
2\t" Un ""beau"" rosier
rouge."\tplant | red
3\t  \tplant
4\tRien.\t
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "texts.tsv"
    path.write_text("\ufeff" + TABLE, encoding="utf8")
    return path


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("fr").vocab))


def test_a_table_with_quotes_line_breaks_and_several_labels(table, tmp_path):
    report = convert_cats(table, tmp_path / "out.spacy", lang="fr", text="abstract", labels="kinds")
    first, second, third = read(tmp_path / "out.spacy")
    assert first.cats == {"animal": 1.0, "plant": 0.0, "red": 0.0}
    assert second.text == 'Un "beau" rosier\nrouge.' and second.cats == {
        "animal": 0.0,
        "plant": 1.0,
        "red": 1.0,
    }
    assert set(third.cats.values()) == {0.0}
    assert report.n_blank == 1 and not report.is_exclusive and report.n_labels["plant"] == 1


def test_a_csv_of_a_french_excel_has_semicolons(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_bytes("text;label\r\nL’été, à Nîmes;lieu\r\nUn chat;animal\r\n".encode("cp1252"))
    report = convert_cats(path, tmp_path / "out.spacy", lang="fr")
    assert [doc.text for doc in read(tmp_path / "out.spacy")] == ["L’été, à Nîmes", "Un chat"]
    assert report.n_labels == {"lieu": 1, "animal": 1}


@pytest.mark.parametrize(
    "value",
    [
        "a|b",
        ["a", "b"],
        {"a": True, "b": 1.0, "c": False},
        {"a": "true", "b": "1", "c": "No", "d": "0", "e": 0.0, "f": None},
    ],
)
def test_json_lines_say_labels_in_three_ways(tmp_path, value):
    path = tmp_path / "texts.jsonl"
    rows = [{"text": "Un.", "label": value}, {"text": "Deux.", "label": "b"}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    convert_cats(path, tmp_path / "out.spacy", lang="fr")
    assert [doc.cats for doc in read(tmp_path / "out.spacy")] == [{"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 1.0}]


def test_the_command_says_which_component_the_labels_are_for(table, tmp_path):
    arguments = ["convert-cats", str(table), str(tmp_path / "out.spacy"), "--lang", "fr"]
    result = CliRunner().invoke(app, [*arguments, "--text", "abstract", "--labels", "kinds"])
    assert result.exit_code == 0, result.output
    assert "animal      1\n" in result.stdout and "left out: 1 texts" in result.stdout
    assert "labels a text: 1 with 0, 1 with 1, 1 with 2; for textcat_multilabel" in result.stdout
    refused = CliRunner().invoke(app, arguments)
    assert (
        refused.exit_code == 1
        and "texts.tsv:2: found no 'text' (but 'id', 'abstract', 'kinds')" in refused.stderr
    )


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.txt", "text\n", "ends in .txt; expected one of .tsv, .csv, .jsonl"),
        ("a.csv", "text,label\nUn, deux,a\n", "a.csv:2: found 3 cells and 2 columns"),
        ("a.csv", 'text,label\n"Un" deux,a\n', "a.csv:2: found a broken cell"),
        (
            "a.csv",
            "text,label\nUn,a\nDeux,a\n",
            "holds 2 texts with the labels a; expected two labels or more",
        ),
        ("a.jsonl", '{"text": "Un", "label": 3}\n', "a.jsonl:1: found no labels but '3'"),
        ("a.jsonl", '{"text": 3, "label": "a"}\n', "a.jsonl:1: found no whole text"),
        *(
            (
                "a.jsonl",
                f'{{"text": "Un", "label": {{"a": true, "b": {value}}}}}\n',
                f"found {value} for the label 'b'",
            )
            for value in ("0.98", "-1", '"peut-être"', "NaN")
        ),
        ("a.jsonl", "[]\n", "a.jsonl:1: found a JSON list; expected an object"),
    ],
)
def test_what_is_no_corpus_of_texts_is_refused_with_its_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(DataError, match=message):
        convert_cats(tmp_path / name, tmp_path / "out.spacy", lang="fr")
    assert not (tmp_path / "out.spacy").exists()


def test_the_output_has_the_ending_that_spacy_reads(table, tmp_path):
    with pytest.raises(DataError, match=r"expected one that ends in \.spacy"):
        convert_cats(table, tmp_path / "out.json", lang="fr", text="abstract", labels="kinds")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_the_tool_says_is_not_gold_is_left_out_but_no_column_that_is_asked_for(tmp_path, ending):
    texts, labels, answers = ["Un", "Deux", "Trois"], ["accept", "reject", "reject"], ["accept", "", "ignore"]
    rows = [
        dict(zip(("text", "status", "answer"), row, strict=True))
        for row in zip(texts, labels, answers, strict=True)
    ]
    lines = [",".join(row.values()) for row in [dict(zip(rows[0], rows[0], strict=True)), *rows]]
    content = "\n".join(lines if ending == "csv" else map(json.dumps, rows))
    (tmp_path / f"x.{ending}").write_text(content, encoding="utf8")
    report = convert_cats(tmp_path / f"x.{ending}", tmp_path / "o.spacy", lang="fr", labels="status")
    assert [doc.text for doc in read(tmp_path / "o.spacy")] == ["Un", "Deux"]
    assert report.n_refused == {"skipped in the annotation tool": 1}


def test_columns_of_a_table_that_are_of_the_texts_themselves_are_no_verdicts(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("text,label,status,verified\nUn,a,open,False\nDeux,b,new,True\n", encoding="utf8")
    assert not convert_cats(path, tmp_path / "o.spacy", lang="fr").n_refused
    assert len(read(tmp_path / "o.spacy")) == 2


PAIRS = """premise\thypothesis\tlabel
Un chat dort.\tIl rit.\tno
"Un\tchat dort."\t" ""Il"" dort. "\tyes
Un chat.\t \tno
"""


def test_two_columns_become_pairs_as_the_tokenizer_of_pairs_reads_them(tmp_path):
    (tmp_path / "pairs.tsv").write_text(PAIRS, encoding="utf8")
    arguments = [
        str(tmp_path / "pairs.tsv"),
        str(tmp_path / "out.spacy"),
        "--lang",
        "fr",
        "--text",
        "premise",
    ]
    result = CliRunner().invoke(app, ["convert-cats", *arguments, "--pair", "hypothesis"])
    assert result.exit_code == 0 and "left out: 1 texts of white space alone" in result.output, result.output
    first, second = read(tmp_path / "out.spacy")
    assert (first.text, first_length(first), first.cats) == ("Un chat dort.\tIl rit.", 5, {"no": 1, "yes": 0})
    assert (second.text, first_length(second)) == ('Un chat dort.\t"Il" dort.', 5)
    config = {"nlp": {"tokenizer": {"@tokenizers": "spacy-bertfam.PairTokenizer.v1"}}}
    assert first_length(spacy.blank("fr", config=config)(second.text)) == 5


def test_a_second_text_that_is_not_there_is_said(tmp_path):
    (tmp_path / "pairs.tsv").write_text(PAIRS, encoding="utf8")
    with pytest.raises(
        DataError, match=r"pairs\.tsv:2: found no 'body' \(but 'premise', 'hypothesis', 'label'\)"
    ):
        convert_cats(tmp_path / "pairs.tsv", tmp_path / "o.spacy", lang="fr", text="premise", pair="body")
