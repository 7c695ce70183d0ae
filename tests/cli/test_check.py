"""`bertfam check` on the command line: one table, exit codes, --fix and --report."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from forked import Forked, run_module
from small_corpus import SENTENCES, annotated
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.checks.finding import Finding, format_table
from spacy_bertfam.cli.app import app

CONFIG = Path(__file__).parents[2] / "configs" / "ner_shared.cfg"


@pytest.fixture
def project(
    tmp_path: Path, tiny_encoder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """A folder with a config and corpora. RETURNS (list): the command's words that fit them."""
    nlp = spacy.blank("fr")
    for part, sentences in (("train", SENTENCES * 6), ("dev", SENTENCES[:3])):
        DocBin(docs=[annotated(nlp, s) for s in sentences]).to_disk(tmp_path / f"{part}.spacy")
    (tmp_path / "my.cfg").write_text(CONFIG.read_text(encoding="utf8"), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    words = ["check", "my.cfg", "--paths.train", "train.spacy", "--paths.dev", "dev.spacy"]
    return [*words, "--paths.encoder", str(tiny_encoder("camembert"))]


def run(words: list[str]) -> tuple[int, str]:
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def test_what_is_only_suspicious_exits_with_0(project: list[str]) -> None:
    code, output = run(project)
    assert code == 0, output
    assert "texts of dev that stand in train, 100.0%" in output
    assert "0 will fail, " in output


def test_what_will_fail_exits_with_1_and_says_what_to_do(project: list[str]) -> None:
    code, output = run([*project, "--paths.train", "gone.spacy"])
    assert code == 1
    assert "a file that is not there: gone.spacy" in output and "-> Correct --paths.train" in output


def test_a_config_that_is_not_there_is_one_sentence(project: list[str]) -> None:
    code, output = run(["check", "no.cfg"])
    assert code == 1 and output.startswith("Error: No config no.cfg")


def test_fix_writes_a_config_that_training_takes(project: list[str], tmp_path: Path) -> None:
    spoilt = [*project, "--training.frozen_components", '["encoder"]', "--training.max_steps", "7"]
    assert run(spoilt)[0] == 1
    code, output = run([*spoilt, "--fix"])
    assert code == 0, output
    assert "training.annotating_components = ['encoder']" in output
    assert run(["check", "my.fixed.cfg"])[0] == 0
    again = json.loads(report(tmp_path, ["check", "my.fixed.cfg"]))
    assert not [row for row in again if row["can_be_fixed"]]
    assert "annotating_components = []" in (tmp_path / "my.cfg").read_text(encoding="utf8")


def report(folder: Path, words: list[str]) -> str:
    run([*words, "--report", str(folder / "metrics" / "check.json")])
    return (folder / "metrics" / "check.json").read_text(encoding="utf8")


def test_the_report_has_the_rows_of_the_table(project: list[str], tmp_path: Path) -> None:
    rows = json.loads(report(tmp_path, project))
    assert {"state", "what", "where", "n", "do", "examples", "can_be_fixed"} == set(rows[0])
    assert ("a corpus", 36) in {(row["what"], row["n"]) for row in rows}


def test_it_is_a_command_of_spacy_too(project: list[str], tmp_path: Path) -> None:
    process = Forked(run_module, ["spacy", "bertfam", *project], tmp_path / "log")
    said = process.wait()
    assert process.returncode == 0, said
    assert "texts of dev that stand in train" in said


def test_a_row_says_what_to_do_below_it() -> None:
    table = format_table(
        [Finding("fails", "a", "here", 1200, do="Do it.", examples=("e",)), Finding("fine", "b")]
    )
    lines = table.splitlines()
    assert lines[1].split() == ["fails", "a", "here", "1,200"]
    assert [line.strip() for line in lines[2:4]] == ["for example: e", "-> Do it."]
    assert lines[-1] == "1 will fail, 0 suspicious, 1 fine."
