"""What a user may get wrong on the command line of the benchmarks."""

import pytest
import typer
from typer.testing import CliRunner


@pytest.mark.parametrize(
    ("text", "expected"),
    [("254/64", [(254, 64)]), ("510/128, 126/0", [(510, 128), (126, 0)])],
)
def test_pairs_of_window_and_overlap(text, expected):
    from benchmarks.windows import parse_pairs

    assert parse_pairs(text) == expected


@pytest.mark.parametrize("text", ["254", "254/", "a/b", "254/64,,126/0"])
def test_what_is_no_pair_is_named(text):
    from benchmarks.windows import parse_pairs

    with pytest.raises(ValueError, match="expected WINDOW/OVERLAP"):
        parse_pairs(text)


def test_missing_corpus_is_one_sentence(tmp_path):
    from benchmarks import quality

    app = typer.Typer()
    app.command()(quality.main_cli)
    arguments = [tmp_path / "corpus", tmp_path / "encoder", tmp_path / "out"]
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 1
    assert "train.jsonl" in result.output
    assert isinstance(result.exception, SystemExit)
    assert not (tmp_path / "out").exists()


def test_limit_keeps_the_first_docs(tmp_path, gold_docs):
    from spacy.tokens import DocBin

    from benchmarks.corpus import limit_docs, read_docs

    path = tmp_path / "train.sentence.spacy"
    DocBin(docs=gold_docs).to_disk(path)
    assert limit_docs(path, None, lang="fr") == path
    limited = read_docs(limit_docs(path, 2, lang="fr"), "fr")
    assert [doc.text for doc in limited] == [doc.text for doc in gold_docs[:2]]
    assert [len(doc.ents) for doc in limited] == [2, 1]
    assert limited[0][1].ent_iob_ == "O"


@pytest.mark.parametrize("command", ["compare", "windows"])
def test_missing_pipeline_is_one_sentence(tmp_path, command):
    from benchmarks import speed

    arguments = [command, tmp_path / "model", tmp_path / "corpus", tmp_path / "out"]
    result = CliRunner().invoke(speed.app, [str(a) for a in arguments])
    assert result.exit_code == 1
    assert "expected a trained pipeline" in result.output
    assert not (tmp_path / "out").exists()
