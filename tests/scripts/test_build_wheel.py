"""The wheel of a packaged pipeline: built without noise, and with all of it where that fails."""

import sys

import build_wheel
import pytest
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
        monkeypatch.setattr(build_wheel, "COMMAND", [sys.executable, "-c", code])
        app = build_wheel.typer.Typer()
        app.command()(build_wheel.build_wheel_cli)
        return CliRunner().invoke(app, [str(tmp_path)])

    return run


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
