"""What `check` says will fail `train` refuses, in one sentence; `spacy train` too, for configs with blocks of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
from forked import Forked, run_module
from small_corpus import SENTENCES, annotated
from spacy.cli._util import app as spacy_app
from spacy.tokens import DocBin
from spacy.util import registry
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app

CONFIG = Path(__file__).parents[2] / "configs" / "ner_shared.cfg"
SETTINGS = (
    "--paths.train", "train.spacy", "--paths.dev", "train.spacy", "--paths.encoder", "encoder",
    "--training.max_steps", "1", "--training.eval_frequency", "1",
    "--training.optimizer.learn_rate.total_steps", "1", "--training.optimizer.learn_rate.warmup_steps", "1",
)  # fmt: skip


@pytest.fixture
def folder(tiny_encoder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: the project's config, an encoder and a corpus."""
    monkeypatch.chdir(tmp_path)
    nlp = spacy.blank("fr")
    DocBin(docs=[annotated(nlp, sentence) for sentence in SENTENCES]).to_disk("train.spacy")
    Path("encoder").symlink_to(tiny_encoder("bert"), target_is_directory=True)
    Path("my.cfg").write_text(CONFIG.read_text(encoding="utf8"), encoding="utf8")
    return tmp_path


def run(command: str, *options: str, **more: Any) -> Any:
    return CliRunner().invoke(app, [command, "my.cfg", *SETTINGS, *options], **more)


def run_spacy(*options: str) -> Any:
    registry.cli.get_all()  # as `python -m spacy` does
    return CliRunner().invoke(spacy_app, ["train", "my.cfg", *SETTINGS, *options])


def test_a_sound_config_passes_all_three(folder: Path) -> None:
    for result in (run("check"), run("train"), run_spacy()):
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("training.max_step", "10", "training.max_step; did you mean training.max_steps?"),
        ("training.dropout", "0", "training.dropout is 0; expected 0.0"),
        ("training.dropout", "high", "dropout: Input should be a valid number"),
        ("training.eval_frequency", "0", "training.eval_frequency is 0; expected 1 or more"),
        ("training.batcher.@batchers", "spacy.batch_by_word.v1", "did you mean spacy.batch_by_words.v1?"),
        ("training.frozen_components", '["nre"]', "the pipeline does not have: nre; did you mean ner?"),
        ("training.annotating_components", '["nre"]', "the pipeline does not have: nre; did you mean ner?"),
        ("training.annotating_components", '["ner"]', "'ner' listens to an encoder that has not run"),
        ("training.score_weights.ents_f", "1e999", "ents_f is inf; expected a finite number"),
        ("components.ner.temperature", "NaN", "temperature is 'NaN'; expected a finite number"),
        ("components.ner.min_score", '"0.5"', "min_score is '0.5'; expected 0 to 1"),
        ("components.encoder.model.window", '"100"', "window is '100': expected at least 4"),
        ("components.encoder.model.overlap", '"10"', "overlap is '10': expected 0 to half"),
        ("components.ner.model.dropout", "2.0", "dropout is 2.0; expected 0.0 to 1.0"),
        ("training.optimizer.beta1", "1.0", "beta1 is 1.0; expected a number between 0 and 1"),
        ("training.optimizer.eps", "0.0", "eps is 0.0; expected a little more than 0"),
        ("training.train_corpus", "corpora.trian", "not a valid section reference: corpora.trian"),
        ("nlp.lang", "zz", "Can't import language zz"),
        ("nlp.pipeline", '["encoder","ner","nope"]', "Can't find component 'nope'"),
        ("components.ner.factory", "bertfam_nr", "did you mean bertfam_ner?"),
        ("components.ner.min_score", "x", "min_score"),
        ("components.encoder.model.pooling", "avg", "pooling is 'avg'"),
        ("components.encoder.model.precision", "fp8", "precision is 'fp8'"),
        ("components.encoder.model.attention", "foo", "foo"),
        ("components.ner.scheme", "BIO", "Unknown tag scheme 'BIO'"),
        ("corpora.train.limit", "x", "limit"),
        ("initialize.vocab_data", "nowhere.jsonl", "nowhere.jsonl"),
        ("initialize.vectors", "nowhere", "nowhere"),
        ("initialize.components.ner.fit_wrds", "3", "fit_wrds"),
        ("pretraining.max_epochs", "3", "Field required; batcher"),
        ("paths.encodr", "x", "paths.encodr; did you mean paths.encoder?"),
    ],
)
def test_check_and_train_refuse_the_same(folder: Path, setting: str, value: str, said: str) -> None:
    checked, trained = (run(command, f"--{setting}", value) for command in ("check", "train"))
    assert checked.exit_code == 1 and trained.exit_code == 1, checked.output
    (sentence,) = (line for line in trained.stderr.splitlines() if line.startswith("Error: "))
    assert said in sentence and "{" not in sentence
    assert trained.exception is None or isinstance(trained.exception, SystemExit)


def test_spacys_train_refuses_what_it_would_overlook(folder: Path) -> None:
    result = run_spacy("--training.max_step", "10")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The config has a setting that nothing reads: training.max_step; did you mean training.max_steps?\n"
    )
    assert not result.stdout


def test_spacys_train_of_other_pipelines_is_left_alone(folder: Path) -> None:
    text = '[paths]\ntrain = null\n\n[nlp]\nlang = "fr"\npipeline = ["ner"]\n\n[components.ner]\nfactory = "ner"\n\n'
    text += "[training]\nseed = 0\ngpu_allocator = null\nmax_step = 3\n"
    Path("my.cfg").write_text(
        text.replace("[components.ner]", "[components]\n\n[components.ner]"), encoding="utf8"
    )
    options = ("--paths.train", "train.spacy", "--training.max_steps", "1")
    result = CliRunner().invoke(spacy_app, ["train", "my.cfg", *options, "--paths.dev", "train.spacy"])
    assert result.exit_code == 0, result.output


def test_a_config_may_come_from_standard_input(folder: Path) -> None:
    text = Path("my.cfg").read_text(encoding="utf8")
    for command in ("check", "train"):
        result = CliRunner().invoke(app, [command, "-", *SETTINGS], input=text)
        assert result.exit_code == 0, result.output
    result = CliRunner().invoke(app, ["train", "-", *SETTINGS, "--nlp.batch_sise", "3"], input=text)
    assert "did you mean nlp.batch_size?" in result.stderr


def test_the_interpreters_own_spacy_train_says_it(folder: Path) -> None:
    words = ["spacy", "train", "my.cfg", *SETTINGS, "--training.max_step", "10"]
    process = Forked(run_module, words, folder / "log")
    said = process.wait()
    assert process.returncode == 1, said
    assert "did you mean training.max_steps?" in said and "Traceback" not in said


@pytest.mark.parametrize("command", ["check", "train"])
def test_code_that_is_not_there_or_fails_is_a_sentence(folder: Path, command: str) -> None:
    Path("mine.py").write_text("import nothing_of_that_name\n", encoding="utf8")
    result = run(command, "--code", "nowhere.py")
    assert result.exit_code == 1 and result.stderr.startswith(
        "Error: No file nowhere.py; expected the Python"
    )
    result = run(command, "--code", "mine.py")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "Error: The code in mine.py fails (ModuleNotFoundError: No module named 'nothing"
    )
