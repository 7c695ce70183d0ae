"""The script that trains for all workflows: which corpus, whose scores, and where it stops."""

from pathlib import Path

import pytest
import start
import train_pipeline
import typer
from typer.testing import CliRunner

WORDS = ["a.cfg", "mine", "corpus/mine", "--steps", "5", "--eval-every", "2"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the script where the training leaves one component. RETURNS (Callable): what it ran, of the words."""
    monkeypatch.chdir(tmp_path)

    def run(*words, factory="bertfam_ner"):
        said: list[list[str]] = []

        def leave(command):
            said.append(command)
            Path("training/mine/model-best").mkdir(parents=True, exist_ok=True)
            text = f'[components]\n[components.one]\nfactory = "{factory}"\n'
            Path("training/mine/model-best/config.cfg").write_text(text, encoding="utf8")

        monkeypatch.setattr(start, "run_module", leave)
        app = typer.Typer()
        settings = {"allow_extra_args": True, "ignore_unknown_options": True}
        app.command(context_settings=settings)(train_pipeline.train_pipeline_cli)
        result = CliRunner().invoke(app, [*WORDS, *words])
        assert result.exit_code == 0, result.output
        return said

    return run


@pytest.mark.parametrize(
    ("factory", "commands"),
    [
        ("bertfam_ner", ["train", "calibrate", "evaluate"]),
        ("bertfam_qa", ["train", "calibrate", "evaluate"]),
        ("textcat", ["train", "evaluate"]),
    ],
)
def test_scores_that_can_be_calibrated_are(run, factory, commands):
    assert [
        next(w for w in words if w not in ("spacy", "bertfam")) for words in run(factory=factory)
    ] == commands


def test_parts_of_a_corpus_are_files_or_folders(run, tmp_path):
    (tmp_path / "corpus" / "mine").mkdir(parents=True)
    (tmp_path / "corpus" / "mine" / "dev").mkdir()
    train = run()[0]
    assert train[train.index("--paths.train") + 1] == "corpus/mine/train.spacy"
    assert train[train.index("--paths.dev") + 1] == "corpus/mine/dev"


def test_options_that_nobody_knows_are_refused(monkeypatch):
    monkeypatch.setattr(start, "run_module", lambda command: pytest.fail("nothing is to be run"))
    app = typer.Typer()
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=settings)(train_pipeline.train_pipeline_cli)
    result = CliRunner().invoke(app, [*WORDS, "--nlp.lang", "en", "-g", "0"])
    assert result.exit_code == 2 and "found -g;" in result.output


def test_settings_are_handed_on_and_the_rate_falls_until_the_last_step(run):
    train = run("--nlp.lang", "en", "--gpu-id", "0")[0]
    pairs = dict(zip(train[3::2], train[4::2], strict=True))
    assert (
        pairs["--nlp.lang"] == "en" and pairs["--gpu-id"] == "0" and pairs["--training.eval_frequency"] == "2"
    )
    assert pairs["--training.max_steps"] == pairs["--training.optimizer.learn_rate.total_steps"] == "5"


def test_the_check_has_the_settings_of_the_training(run):
    check, train, *_ = run("--check", "--nlp.lang", "en")
    assert check[:4] == ["spacy", "bertfam", "check", "a.cfg"] and check[-1] == "metrics/mine_check.json"
    assert check[4:-2] == train[train.index("--paths.train") :]


def test_a_command_that_fails_ends_the_script_with_its_exit_code(tmp_path, monkeypatch, capfd):
    (tmp_path / "failing.py").write_text("raise SystemExit(3)", encoding="utf8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(typer.Exit) as stop:
        start.run_module(["failing", "--option", "a b"])
    assert stop.value.exit_code == 3
    assert "Running command: python -m failing --option 'a b'" in capfd.readouterr().out
