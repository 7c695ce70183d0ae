"""The wheel of a pipeline: packaged with its card, built without noise, and with all of it where that fails."""

import sys
from pathlib import Path

import package_pipeline
import pytest
import start
import typer
from typer.testing import CliRunner

BUILDS = """
import pathlib, sys
print("running bdist_wheel")
print("PackageNotFound: absent from the `packages` configuration", file=sys.stderr)
dist = pathlib.Path(sys.argv[1], "dist")
dist.mkdir()
(dist / "fr_x-1.0-py3-none-any.whl").write_bytes(b"0" * 1_500_000)
"""
FAILS = "import sys; print('copying'); print('no space left', file=sys.stderr); sys.exit(3)"


@pytest.fixture
def run(tmp_path, monkeypatch):
    def run(code):
        monkeypatch.setattr(package_pipeline, "COMMAND", [sys.executable, "-c", code])
        app = typer.Typer()
        app.command()(package_pipeline.build_wheel)
        return CliRunner().invoke(app, [str(tmp_path)])

    return run


@pytest.mark.parametrize("options", [[], ["--examples", "a.txt"], ["--no-card"]])
def test_package_and_card_are_made_before_the_wheel(options, tmp_path, monkeypatch):
    (tmp_path / "meta.json").write_text('{"lang": "fr"}', encoding="utf8")
    said: list[list[str]] = []
    monkeypatch.setattr(start, "run_module", said.append)
    monkeypatch.setattr(package_pipeline, "build_wheel", said.append)
    app = typer.Typer()
    app.command()(package_pipeline.package_pipeline_cli)
    words = [str(tmp_path), "--name", "mine", "--version", "2.0", *options]
    assert CliRunner().invoke(app, words).exit_code == 0
    package, *cards, folder = said
    assert package[1:4] == ["package", tmp_path.as_posix(), "packages"] and folder == Path(
        "packages/fr_mine-2.0"
    )
    assert [card[card.index("--output") + 1] for card in cards] == ["packages/fr_mine-2.0"] * (
        options != ["--no-card"]
    )
    assert all(card[card.index("--examples") + 1] == "a.txt" for card in cards if options)


def test_only_the_wheel_is_named(run, tmp_path):
    result = run(BUILDS)
    assert result.exit_code == 0
    assert result.output == f"{tmp_path / 'dist' / 'fr_x-1.0-py3-none-any.whl'}: written, 1.5 MB\n"


def test_what_a_build_that_fails_says_is_shown(run):
    result = run(FAILS)
    assert result.exit_code == 1
    assert "copying" in result.stderr and "no space left" in result.stderr
    assert "Error: the wheel of " in result.stderr and "(exit code 3)" in result.stderr


def test_no_wheel_is_an_error_whatever_the_exit_code(run):
    assert run("pass").exit_code == 1


def test_files_of_an_earlier_build_are_not_packed(run, tmp_path):
    (tmp_path / "build" / "lib").mkdir(parents=True)
    run(BUILDS)
    assert not (tmp_path / "build").exists()
