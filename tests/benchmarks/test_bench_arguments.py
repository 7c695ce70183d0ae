"""What a user may get wrong on the command line of the benchmarks."""

import pytest
import typer
from typer.testing import CliRunner


@pytest.fixture
def quality_arguments(tmp_path):
    (tmp_path / "encoder").mkdir()
    return [tmp_path / "corpus", tmp_path / "encoder", tmp_path / "out"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "found no train.jsonl, dev.jsonl, test.jsonl"),
        (
            ["--systems", "ours,ourz"],
            "found ourz; expected some of ours, ours CRF, spacy-transformers, plain loop",
        ),
        (["--seeds", "0;1"], "'0;1'"),
    ],
)
def test_what_is_wrong_with_a_comparison_of_quality_is_one_sentence(
    tmp_path, quality_arguments, options, sentence
):
    from benchmarks import quality

    app = typer.Typer()
    app.command()(quality.main_cli)
    if "--seeds" in options:
        (tmp_path / "corpus").mkdir()
        for part in ("train", "dev", "test"):
            (tmp_path / "corpus" / f"{part}.jsonl").touch()
    result = CliRunner().invoke(app, [*map(str, quality_arguments), *options])
    assert result.exit_code == 1
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit)
    assert not (tmp_path / "out").exists()


def test_parts_are_files_or_folders(tmp_path, gold_docs):
    from benchmarks.corpus import convert_parts, find_parts, read_docs, write_docs

    (tmp_path / "train").mkdir()
    write_docs(gold_docs[:1], tmp_path / "train" / "a.spacy")
    write_docs(gold_docs[1:], tmp_path / "train" / "b.spacy")
    (tmp_path / "dev.iob").write_text("Paris B-LOC\n\nRome B-LOC\n", encoding="utf8")
    parts = find_parts(tmp_path, ["train", "dev"])
    assert [path.name for path in parts.values()] == ["train", "dev.iob"]
    units = convert_parts(parts, tmp_path / "new", lang="fr", unit="sentence")
    found = read_docs(units["train"], "fr")
    assert [doc.text for doc in found] == [doc.text for doc in gold_docs]
    assert [doc.text.strip() for doc in read_docs(units["dev"], "fr")] == ["Paris", "Rome"]


def test_the_same_docs_are_drawn_each_time(tmp_path, gold_docs):
    from benchmarks.corpus import draw_docs, read_docs, write_docs

    path = tmp_path / "train.spacy"
    write_docs(gold_docs, path)
    assert draw_docs(path, None, lang="fr") == path
    drawn = [[doc.text for doc in read_docs(draw_docs(path, 2, lang="fr"), "fr")] for _ in range(2)]
    assert drawn[0] == drawn[1] and len(set(drawn[0])) == 2
    assert len(read_docs(draw_docs(path, 1000, lang="fr"), "fr")) == len(gold_docs)
