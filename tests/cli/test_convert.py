"""`bertfam convert` on the command line."""

import json

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app

RECORD = {
    "text": "Jean, pro-Assad, vit à Lyon .",
    "entities": [[0, 4, "Person"], [10, 15, "Person"], [23, 28, "Location"], [0, 4, "Person"]],
}


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join([json.dumps({"id": i, **RECORD}) for i in range(5)]), encoding="utf8")
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["convert", *map(str, arguments)])


def test_table_report_and_file(jsonl, tmp_path):
    output, report = tmp_path / "x.spacy", tmp_path / "report.json"
    result = run(jsonl, output, "--lang", "fr", "--map", "Person=PER,Location=LOC", "--report", report)
    assert result.exit_code == 0, result.output
    assert "read   5 documents in 1 file (1 in JSON)\n" in result.output
    assert ["Person", "PER", "15", "5", "10"] in [line.split() for line in result.output.splitlines()]
    assert "lost: 5 off token borders" in result.output
    assert 'corpus.jsonl:1  "Assad" Person  tokens: pro-Assad' in result.output
    assert "lost: 5 duplicate" in result.output
    assert "changed: 5 white space trimmed off offsets" in result.output
    numbers = json.loads(report.read_text(encoding="utf8"))
    assert numbers["entities"] == {"in": 20, "kept": 10, "lost": 10}
    assert numbers["labels"]["Person"] == {
        "as": "PER",
        "in": 15,
        "kept": 5,
        "lost": {"off token borders": 5, "duplicate": 5},
    }
    assert len(numbers["examples"]["duplicate"]) == 3
    docs = list(DocBin().from_disk(output).get_docs(spacy.blank("fr").vocab))
    assert [ent.label_ for ent in docs[0].ents] == ["PER", "LOC"]


def test_split_writes_a_file_for_each_part(jsonl, tmp_path):
    result = run(
        jsonl, tmp_path / "out", "--lang", "fr", "--split", "train=0.6,dev=0.2,test=0.2", "--seed", 7
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dev.spacy",
        "test.spacy",
        "train.spacy",
    ]
    wrote = [line.split()[1:3] for line in result.output.splitlines() if line.startswith("wrote")]
    assert wrote == [["train.spacy:", "3"], ["dev.spacy:", "1"], ["test.spacy:", "1"]]


def test_unmapped_labels_can_be_dropped(jsonl, tmp_path):
    result = run(jsonl, tmp_path / "x.spacy", "--lang", "fr", "--map", "Person=PER", "--drop-unmapped")
    assert result.exit_code == 0, result.output
    assert "lost: 5 label dropped by the map (their tokens are O)" in result.output


def test_a_map_key_that_occurs_nowhere_is_told(jsonl, tmp_path):
    result = run(jsonl, tmp_path / "x.spacy", "--lang", "fr", "--map", "Person=PER,Event=MISC")
    assert result.exit_code == 0
    assert (
        "Note: --map names Event, which occurs nowhere; the labels that do: Location, Person."
        in result.output
    )


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--map", "Persn=PER"], "did you mean 'Person'"),
        (["--map", "Person"], "found 'Person'; expected OLD=NEW"),
        (["--split", "train=0.8,dev=0.1"], "add up to 0.9"),
        (["--split", "a=0.1,b=0.1,c=0.1,d=0.1,e=0.1,f=0.5"], "found 5 documents for 6 parts"),
        (["--format", "iob"], "corpus.jsonl:1: found "),
        (["--format", "brat"], "found no corpus.ann beside it"),
        (["--unit", "word"], "--unit: found 'word'"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_1(jsonl, tmp_path, arguments, sentence):
    result = run(
        jsonl,
        tmp_path / "x.spacy" if "--split" not in arguments else tmp_path / "out",
        "-l",
        "fr",
        *arguments,
    )
    assert result.exit_code == 1
    assert sentence in result.output
    assert result.output.startswith("Error: ")
    assert len(result.output.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.jsonl"]


def test_a_missing_file_and_a_bad_line_are_named(tmp_path):
    assert (
        "nowhere.iob: does not exist"
        in run(tmp_path / "nowhere.iob", tmp_path / "x.spacy", "-l", "fr").output
    )
    (tmp_path / "x.iob").write_text("Lyon B-LOC\nest X-\n", encoding="utf8")
    result = run(tmp_path / "x.iob", tmp_path / "x.spacy", "-l", "fr")
    assert result.exit_code == 1
    assert "x.iob:2: found the tag 'X-' in column 2; expected O" in result.output


@pytest.mark.parametrize("option", ["output", "--report"])
@pytest.mark.parametrize("name", ["/proc/x.spacy", "folder", "x" * 300 + ".spacy"])
def test_what_cannot_be_written_is_a_sentence_and_nothing_is_left(jsonl, tmp_path, option, name):
    (tmp_path / "folder").mkdir()
    place = tmp_path / name
    output = [place] if option == "output" else [tmp_path / "x.spacy", "--report", place]
    result = run(jsonl, *output, "-l", "fr")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "cannot be written" in result.output or "does not end as a format" in result.output
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "a") == ["corpus.jsonl", "folder"]
    assert not any((tmp_path / "folder").iterdir())


def test_verdicts_and_encodings_are_printed(tmp_path):
    line = {"text": "Été à Orléans", "spans": [{"start": 6, "end": 13, "label": "LOC"}]}
    lines = [
        json.dumps({**line, "answer": answer}, ensure_ascii=False)
        for answer in ("accept", "reject", "ignore")
    ]
    (tmp_path / "x.jsonl").write_bytes("\n".join(lines).encode("cp1252"))
    result = run(tmp_path / "x.jsonl", tmp_path / "x.spacy", "-l", "fr")
    assert result.exit_code == 0, result.output
    counted = "1 texts rejected in the annotation tool, 1 texts skipped in the annotation tool"
    assert f"ignored: {counted}" in result.output
    assert "Note: x.jsonl: is in Windows-1252 (Latin-1), and was read so" in result.output


@pytest.mark.parametrize("name", ["x.jsonl", "x.conll", "x.bioes", "brat", "x.json", "doccano", "prodigy"])
def test_any_form_that_is_written_is_read_back_with_the_same_entities(tmp_path, name):
    texts = [
        ("Rue de Lyon.", [[0, 11, "VOIE"], [7, 11, "LOC"]]),
        ("Il pleut.", []),
        ("A. Roux", [[3, 7, "PER"]]),
    ]
    lines = [json.dumps({"id": f"n{i}", "text": t, "entities": e}) for i, (t, e) in enumerate(texts)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf8")
    to = {"x.json": "label-studio"}.get(name, name)
    arguments = ["--to", to] if "." not in name or name == "x.json" else []
    there = run(tmp_path / "in.jsonl", tmp_path / name, "-l", "fr", *arguments)
    back = run(tmp_path / name, tmp_path / "back.spacy", "-l", "fr")
    assert there.exit_code == back.exit_code == 0, there.output + back.output
    docs = list(DocBin().from_disk(tmp_path / "back.spacy").get_docs(spacy.blank("fr").vocab))
    found = sorted((ent.text.replace(" .", "."), ent.label_) for doc in docs for ent in doc.ents)
    assert found == [("Roux", "PER"), ("Rue de Lyon", "VOIE")]
    is_in_columns = name in ("x.conll", "x.bioes")
    assert ("1 spans that overlap others" in there.output) is is_in_columns
    assert is_in_columns or any(span.label_ == "LOC" for doc in docs for span in doc.spans["nested"])


def test_parts_of_another_form_and_what_it_has_no_place_for(tmp_path):
    lines = [
        json.dumps({"id": i, "text": "pro-Assad, à Lyon", "entities": [[4, 9, "P"], [13, 17, "L"]]})
        for i in range(4)
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf8")
    result = run(
        tmp_path / "in.jsonl", tmp_path / "out", "-l", "fr", "--to", "doccano", "--split", "a=0.5,b=0.5"
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.jsonl", "b.jsonl"]
    assert "This format has no place for: 4 tokens of missing annotation." in result.output


@pytest.mark.parametrize(
    "source, output, to, sentence",
    [
        ("in.jsonl", "in.jsonl", "jsonl", "is what is to be read; expected another place"),
        ("in.jsonl", "full", "brat", "exists already; expected a new folder"),
        ("in.jsonl", "full", "jsonl", "is no name for a file; expected one that ends in .jsonl"),
        ("in.jsonl", "x.txt", None, "x.txt does not end as a format that is known; expected one of jsonl"),
        ("in.jsonl", "x.txt", "conll", "--to: found 'conll'; expected one of jsonl"),
    ],
)
def test_what_is_there_is_not_overwritten_by_what_is_made_of_it(
    jsonl, tmp_path, source, output, to, sentence
):
    jsonl.rename(tmp_path / "in.jsonl")
    before = (tmp_path / "in.jsonl").read_bytes()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    result = run(tmp_path / source, tmp_path / output, "-l", "fr", *(["--to", to] if to else []))
    assert result.exit_code == 1 and sentence in result.output
    assert (tmp_path / "in.jsonl").read_bytes() == before
