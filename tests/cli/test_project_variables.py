"""`spacy project run` refuses a variable that a project of ours does not have; other projects are left alone."""

from pathlib import Path

import pytest
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line

OURS = """vars: {train: "corpus", max_steps: 3}
commands:
  - {name: go, script: ["python -m spacy bertfam info ${vars.max_steps}"]}
"""


@pytest.mark.parametrize(
    "option, remedy",
    [("--vars.max_step=5", "did you mean vars.max_steps?"), ("--vars.x=5", "train, max_steps")],
)
def test_an_unknown_variable_is_refused(option: str, remedy: str, tmp_path: Path) -> None:
    (tmp_path / "project.yml").write_text(OURS, encoding="utf8")
    result = CliRunner().invoke(spacy_app, ["project", "run", "go", str(tmp_path), "--dry", option])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and "has no variable" in result.stderr
    assert remedy in result.stderr


@pytest.mark.parametrize(
    "text, option", [(OURS, "--vars.max_steps=5"), (OURS.replace("bertfam ", ""), "--vars.x=5")]
)
def test_known_variables_and_other_projects_run(text: str, option: str, tmp_path: Path) -> None:
    (tmp_path / "project.yml").write_text(text, encoding="utf8")
    result = CliRunner().invoke(spacy_app, ["project", "run", "go", str(tmp_path), "--dry", option])
    assert result.exit_code == 0, result.output
