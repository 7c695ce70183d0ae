"""The config that a resumed training saves: all that one has which was never stopped."""

from pathlib import Path
from typing import Any

import pytest
from spacy.util import load_config
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.training.resumable.loop import Training


def train(*options: str) -> None:
    result = CliRunner().invoke(app, ["train", "config.cfg", *options])
    assert result.exit_code == 0, result.output


def test_a_resumed_training_saves_the_same_config(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With spaCy's defaults filled in, and variables that are still variables."""
    update = Training._update

    def update_and_stop(training: Training, *arguments: Any) -> None:
        update(training, *arguments)
        training.stop.signal = "SIGTERM"

    train("--output", "whole", "--training.max_steps", "5")
    with monkeypatch.context() as patched:
        patched.setattr(Training, "_update", update_and_stop)
        stopped = CliRunner().invoke(app, ["train", "config.cfg", "--output", "parts"])
    assert stopped.exit_code == 130, stopped.output
    train("--output", "parts", "--resume", "--training.max_steps", "5")
    whole, parts = (Path(name, "model-last", "config.cfg").read_text("utf8") for name in ("whole", "parts"))
    assert parts == whole
    config = load_config("parts/model-last/config.cfg")
    assert config["training"]["seed"] == "${system.seed}"
    assert config["training"]["logger"] and config["training"]["optimizer"]["beta1"] == 0.9
    assert config["corpora"]["train"]["limit"] == 0
