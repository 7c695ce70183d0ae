"""What a line of project.yml runs: the commands of `scripts/train_pipeline.py`, said without running them."""

import shlex
import sys
from pathlib import Path
from unittest.mock import patch

import typer
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))


def modules_run(line: str) -> list[list[str]]:
    """RETURNS (list): of each command the words after `python -m`; without those that make a wheel."""
    words = shlex.split(line)
    if words[1] == "-m":
        return [words[2:]]
    if words[1] != "scripts/train_pipeline.py":
        return []
    import train_pipeline

    said: list[list[str]] = []
    app = typer.Typer()
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        train_pipeline.train_pipeline_cli
    )
    with (
        patch("start.run_module", said.append),
        patch("train_pipeline.has_scores", return_value=True),
        patch("train_pipeline.package_pipeline_cli"),
    ):
        result = CliRunner().invoke(app, words[2:])
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return said
