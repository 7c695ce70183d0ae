"""The benchmarks of the workflows: recipes, treebanks, thresholds, sizes."""

from importlib import import_module

import pytest
import spacy
import tiny_treebank
import typer
from spacy.tokens import Doc, DocBin
from typer.testing import CliRunner


def test_a_recipe_stands_in_the_config_of_the_project(tmp_path):
    from benchmarks.short_run import ShortRun, short_config

    run = ShortRun(tmp_path / "encoder", steps=50, learn_rate=1e-3, frozen_layers=2)
    config = short_config("fr_full", run, tmp_path / "training.json", **{"corpora.train.repeat.treebank": 2})
    assert config["paths"]["encoder"] == str(tmp_path / "encoder")
    assert (
        config["training"]["max_steps"] == config["training"]["optimizer"]["learn_rate"]["total_steps"] == 50
    )
    assert config["training"]["optimizer"]["learn_rate"]["warmup_steps"] == 5
    assert config["components"]["encoder"]["model"]["frozen_layers"] == 2
    assert config["corpora"]["train"]["repeat"] == {"treebank": 2, "entities": 1}
    with pytest.raises(KeyError):
        short_config("fr_textcat", run, tmp_path / "training.json", **{"corpora.train.repeat.treebank": 2})


def test_a_treebank_is_converted_with_contractions_whole(tmp_path):
    from benchmarks.full import convert_treebank

    (tmp_path / "fr.conllu").write_text(tiny_treebank.conllu(), encoding="utf8")
    path = convert_treebank(tmp_path / "fr.conllu", tmp_path / "new" / "fr.spacy")
    (doc,) = DocBin().from_disk(path).get_docs(spacy.blank("fr").vocab)
    assert "du" in [token.text for token in doc] and len(list(doc.sents)) == 3
    assert not doc.has_annotation("ENT_IOB")


@pytest.mark.parametrize("parts", [("train", "dev", "test"), ("dev", "test")])
def test_the_dev_part_is_learned_from_where_there_is_no_train_part(tmp_path, parts):
    from benchmarks.full import find_treebank

    for part in parts:
        (tmp_path / f"fr_x-ud-{part}.conllu").touch()
    learned, test = find_treebank(tmp_path)
    assert (learned.stem, test.stem) == (f"fr_x-ud-{parts[0]}", "fr_x-ud-test")


def test_sizes_are_sums_over_folders(tmp_path):
    from benchmarks.full import folder_mb

    (tmp_path / "inner").mkdir()
    for path in (tmp_path / "a", tmp_path / "inner" / "b"):
        path.write_bytes(b"x" * 500_000)
    assert folder_mb(tmp_path) == pytest.approx(1.0)


def test_every_pipeline_of_a_system_is_run_and_timed():
    from benchmarks.full import seconds_of

    seen = []

    class Counting:
        def __init__(self, name):
            self.name = name

        def pipe(self, texts):
            for text in texts:
                seen.append((self.name, text))
                yield text

    systems = {"one": [Counting("a")], "two": [Counting("b"), Counting("c")]}
    found = seconds_of(systems, ["x", "y"], n_rounds=2)
    assert set(found) == {"one", "two"} and all(value >= 0 for value in found.values())
    assert sorted(seen) == sorted((name, text) for name in "abc" for text in "xy" for _ in range(2))


def labelled(scores, gold):
    vocab = spacy.blank("fr").vocab
    found = []
    for values in (scores, gold):
        docs = [Doc(vocab, words=["Un"]) for _ in values]
        for doc, pair in zip(docs, values, strict=True):
            doc.cats = dict(zip("ab", pair, strict=True))
        found.append(docs)
    return found


def test_the_threshold_that_is_best_for_all_labels_is_found():
    from benchmarks.textcat import best_threshold, macro_f, textcat_row

    found, gold = labelled([(0.3, 0.1), (0.1, 0.3), (0.3, 0.3)], [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
    assert macro_f(found, gold, 0.5) == 0.0
    assert 0.1 < best_threshold(found, gold) <= 0.3
    row = textcat_row("cls", found, gold, seconds=1.0)
    assert (row["macro F1"], row["macro F1 there"], row["macro AUC"]) == (0.0, 1.0, 1.0)


def test_texts_are_cut_with_their_categories(tmp_path):
    from benchmarks.corpus import read_docs
    from benchmarks.textcat import cut_texts

    doc = spacy.blank("fr")("Un deux trois quatre.")
    doc.cats = {"a": 1.0, "b": 0.0}
    DocBin(docs=[doc]).to_disk(tmp_path / "x.spacy")
    assert cut_texts(tmp_path / "x.spacy", 0, lang="fr") == tmp_path / "x.spacy"
    (short,) = read_docs(cut_texts(tmp_path / "x.spacy", 2, lang="fr"), "fr")
    assert short.text.strip() == "Un deux" and short.cats == doc.cats


@pytest.mark.parametrize(
    "name, expected", [("full", "expected a treebank"), ("textcat", "expected two tables")]
)
def test_missing_corpora_are_one_sentence(tmp_path, name, expected):
    module = import_module(f"benchmarks.{name}")
    app = typer.Typer()
    app.command()(module.main_cli)
    folders = ["treebank", "corpus", "encoder", "out"] if name == "full" else ["corpus", "encoder", "out"]
    result = CliRunner().invoke(app, [str(tmp_path / folder) for folder in folders])
    assert result.exit_code == 1 and expected in result.output
    assert not (tmp_path / "out").exists()
