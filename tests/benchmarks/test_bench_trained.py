"""The systems of the quality benchmark: each trains on the tiny encoder, finds entities, and is not trained twice."""

import sys

import pytest
from forked import Forked, run_module
from spacy.util import load_config


@pytest.fixture(autouse=True)
def forks(monkeypatch):
    """Trainings have processes of their own, which are forked: none imports torch and spaCy again."""
    from benchmarks import ours, trained

    def run_forked(command, log):
        python, option, *words = command
        assert (python, option) == (sys.executable, "-m")
        process = Forked(run_module, words, log)
        said = process.wait()
        assert process.returncode == 0, said

    for module in (ours, trained):
        monkeypatch.setattr(module, "run_logged", run_forked)


@pytest.fixture
def task(tmp_path, tiny_encoder, gold_docs):
    from benchmarks.corpus import write_docs
    from benchmarks.plain_loop import Recipe
    from benchmarks.trained import Task

    write_docs(gold_docs, tmp_path / "train.spacy")
    corpus = {"train": tmp_path / "train.spacy", "dev": tmp_path / "train.spacy"}
    return Task(corpus, tiny_encoder("bert"), Recipe(epochs=2, batch_size=1, learn_rate=1e-3, seed=3), "fr")


@pytest.mark.slow
@pytest.mark.parametrize(
    "system", ["ours", "ours CRF", pytest.param("spacy-transformers", marks=pytest.mark.trf), "plain loop"]
)
def test_a_system_is_trained_once_and_keeps_the_golds_words(task, tmp_path, gold_docs, system):
    from benchmarks.trained import SYSTEMS

    if system == "spacy-transformers":
        pytest.importorskip("spacy_transformers")
    trained = SYSTEMS[system](task, tmp_path / "out")
    assert trained.seconds > 0 and trained.processor_seconds > 0 and trained.peak_mb > 0
    found = trained.predict(gold_docs)
    assert [[t.text for t in doc] for doc in found] == [[t.text for t in doc] for doc in gold_docs]
    written = (tmp_path / "out" / "training.json").stat().st_mtime_ns
    again = SYSTEMS[system](task, tmp_path / "out")
    assert again.seconds == trained.seconds
    assert (tmp_path / "out" / "training.json").stat().st_mtime_ns == written
    if system == "ours CRF":
        assert not (again.folder / "model-best").exists()
        ner = load_config(again.folder / "model-last" / "config.cfg")["components"]["ner"]
        assert ner["model"]["@architectures"] == "spacy-bertfam.CRFTokenClassifier.v1"


@pytest.mark.slow
def test_ours_is_taught_by_the_teachers_of_the_task(task, tmp_path):
    from dataclasses import replace

    from benchmarks.trained import train_ours
    from benchmarks.untrained import make_untrained

    teacher = tmp_path / "teacher"
    make_untrained(task.encoder, labels=("LOC", "PER")).to_disk(teacher)
    taught = train_ours(replace(task, n_layers=1, teachers=[teacher]), tmp_path / "taught").folder
    settings = load_config(taught / "model-last" / "config.cfg")["training"]["before_update"]
    assert (settings["@callbacks"], settings["teacher"]) == ("spacy-bertfam.distil.v1", [str(teacher)])
    assert load_config(taught / "train.cfg")["components"]["encoder"]["model"]["n_layers"] == 1


def test_training_is_beside_the_reference():
    from pathlib import Path

    from benchmarks.quality import training_row
    from benchmarks.trained import Trained

    runs = [Trained(Path(), list, 10.0, 5.0, 100.0), Trained(Path(), list, 30.0, 15.0, 300.0)]
    row = training_row("ours", runs, n_words=1000, reference=20.0)
    assert row == {
        "system": "ours",
        "words a second": 50.0,
        "words a processor second": 100.0,
        "faster by": 2.0,
        "peak MB": 200.0,
    }
