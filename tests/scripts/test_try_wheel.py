"""The trial of a pipeline's wheel: what it does with environments and answers; pip itself is not run."""

import json
import sys
import sysconfig

import pytest
import try_wheel
from typer.testing import CliRunner

ENTS = [["Strasbourg", "LOC", 0.987], ["Anne", "PER", None]]


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "fr_demo-1.0.0-py3-none-any.whl"
    path.write_bytes(b"")
    return path


class Calls(list):
    """Commands, and whether each prints for itself."""

    def __init__(self):
        super().__init__()
        self.shown = []


@pytest.fixture
def calls(monkeypatch):
    """The commands that would have run; each answers as a pipeline that finds two entities."""
    made = Calls()

    def call(command, what, cwd=None, *, shows=False):
        made.append(command)
        made.shown.append(shows)
        return f"a warning on the way\n{json.dumps(ENTS)}\n"

    create = try_wheel.venv.create
    # pip in it is not needed here, and takes seconds to install
    monkeypatch.setattr(try_wheel.venv, "create", lambda *a, **o: create(*a, **{**o, "with_pip": False}))
    monkeypatch.setattr(try_wheel, "_call", call)
    return made


@pytest.fixture
def run(wheel, tmp_path):
    app = try_wheel.typer.Typer()
    app.command()(try_wheel.try_wheel_cli)
    fixed = [str(wheel), str(tmp_path / "out" / "ents.json"), "--plugin", str(tmp_path)]
    return lambda *words: CliRunner().invoke(app, [*fixed, "--folder", str(tmp_path / "env"), *words])


def test_the_newest_wheel_of_a_folder_is_tried(wheel, calls, tmp_path):
    app = try_wheel.typer.Typer()
    app.command()(try_wheel.try_wheel_cli)
    words = [str(wheel.parent), str(tmp_path / "ents.json"), "--plugin", str(tmp_path)]
    result = CliRunner().invoke(app, [*words, "--folder", str(tmp_path / "env")])
    assert result.exit_code == 0 and f"\n{wheel.name}, installed" in result.output


def test_entities_are_printed_and_written_and_the_environment_is_gone(run, calls, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    assert "LOC   0.987  Strasbourg" in result.stdout and "PER     Anne" in result.stdout
    assert json.loads((tmp_path / "out" / "ents.json").read_text(encoding="utf8")) == ENTS
    assert not (tmp_path / "env").exists()


def test_plugin_and_pipeline_are_installed_together_then_read_away_from_the_project(
    run, calls, wheel, tmp_path
):
    run()
    install, read = calls
    assert install[1:] == ["-m", "pip", "install", "--quiet", str(tmp_path), str(wheel)]
    assert read[0] == install[0] and read[1] == "-I"
    assert read[-2:] == ["fr_demo", try_wheel.SENTENCE]


def test_shared_packages_are_those_of_the_running_environment(run, calls, tmp_path, monkeypatch):
    system = str(tmp_path / "dist-packages")
    monkeypatch.setattr(sys, "path", [str(tmp_path), sysconfig.get_path("purelib"), system])
    run("--packages", "shared", "--keep")
    (path,) = (tmp_path / "env").rglob("shared.pth")
    assert path.read_text(encoding="utf8").splitlines() == [sysconfig.get_path("purelib"), system]


def test_shared_is_the_default_and_quiet_while_own_shows_what_pip_does(run, calls, tmp_path):
    run("--keep")
    assert list((tmp_path / "env").rglob("shared.pth")) and calls.shown == [False, False]
    calls.clear(), calls.shown.clear()
    run("--packages", "own", "--keep")
    assert not list((tmp_path / "env").rglob("shared.pth"))
    assert "--quiet" not in calls[0] and calls.shown == [True, False]


def test_each_step_is_said_before_it_begins(run, calls, tmp_path):
    lines = run().stdout.splitlines()
    steps = ["Making a clean environment in ", "Installing fr_demo-1.0.0", "Loading fr_demo there"]
    assert [line.startswith(step) for line, step in zip(lines, steps, strict=False)] == [True] * 3


def test_it_ends_with_the_page_the_wheel_and_the_next_command(run, calls, wheel):
    *_, page, made, command = run("--page", "output/page.html").stdout.splitlines()
    assert page.startswith("Page:  output/page.html") and made == f"Wheel: {wheel}"
    assert command.startswith("Next:  python -m spacy project run ner . --vars.train ")
    assert "Next:" not in run("--page", "output/page.html", "--min-ents", "3").stdout


def test_a_folder_that_is_no_environment_is_left_alone(run, calls, tmp_path):
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "thesis.txt").write_text("", encoding="utf8")
    result = run()
    assert result.exit_code == 1 and "is no virtual environment" in result.stderr
    assert (tmp_path / "env" / "thesis.txt").exists() and not calls


def test_a_missing_wheel_is_one_sentence(run, calls, wheel):
    wheel.unlink()
    result = run()
    assert result.exit_code == 1 and result.stderr.startswith(f"Error: There is no {wheel}: ")
    wheel.mkdir()  # as a folder without any
    result = run()
    assert result.exit_code == 1 and result.stderr.startswith(f"Error: There is no {wheel / '*.whl'}: ")


def test_too_few_entities_fail(run, calls):
    assert run("--min-ents", "3").exit_code == 1
    assert run("--min-ents", "2").exit_code == 0


def test_a_command_that_fails_is_named():
    with pytest.raises(try_wheel.WheelError, match="pip install ended with exit code 3"):
        try_wheel._call([sys.executable, "-c", "raise SystemExit(3)"], "pip install")


def test_reading_refuses_every_connection(tmp_path):
    (tmp_path / "spacy.py").write_text("import urllib.request as u\nu.urlopen('http://127.0.0.1:9')", "utf8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{try_wheel.READ}"
    with pytest.raises(try_wheel.WheelError):
        try_wheel._call([sys.executable, "-c", code, "name", "text"], "reading")
