"""Each command says what the user has to put right in one sentence with one prefix; our own faults keep a traceback."""

import errno
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from catalogue import RegistryError
from forked import Forked
from thinc.api import ConfigValidationError
from tqdm import tqdm
from typer.testing import CliRunner

from spacy_bertfam.cli import explain
from spacy_bertfam.cli.app import COMMANDS, app
from spacy_bertfam.cli.explain import explained, sentence_for
from spacy_bertfam.errors import UserError, WriteError


def run(error: BaseException) -> Any:
    """RETURNS (Result): of a command that meets the error."""
    single = typer.Typer()

    @single.command()
    @explained
    def command() -> None:
        raise error

    return CliRunner().invoke(single)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains(name: str) -> None:
    (registered,) = [one for one in app.registered_commands if one.name == name]
    assert registered.callback.__wrapped__ is COMMANDS[name]
    assert registered.callback.__code__ is explained(lambda: None).__code__


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("Found this; expected that."), "Found this; expected that."),
        (WriteError("out cannot be written."), "out cannot be written."),
        (ValueError("[E139] Knowledge base\n  is  empty."), "[E139] Knowledge base is empty."),
        (OSError("[E050] Can't find model './a'."), "[E050] Can't find model './a'."),
        (
            OSError("[E050] Can't find model 'a'."),
            "[E050] Can't find model 'a'. Expected an installed pipeline (python -m spacy download a), or a folder.",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; free some room."),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.txt"),
            "a.txt: Permission denied; correct the path or its permissions.",
        ),
        (
            RegistryError("[E893] Could not find function 'a.v1' in 'x'. Help. Available names: a.v2, zz.v9"),
            "[E893] Could not find function 'a.v1' in 'x': did you mean a.v2?",
        ),
        (
            ConfigValidationError(
                title="Config error for 'f'", errors=[{"loc": ["b", "c"], "msg": "no"}], config={"b": 1}
            ),
            "Config error for 'f': b.c: no",
        ),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(error: Exception, said: str) -> None:
    result = run(error)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {said}\n" and not result.stdout


def test_an_error_that_nobody_wrote_for_users_says_where_it_was_raised() -> None:
    result = run(ValueError("zip() argument 2 is shorter"))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: zip() argument 2 is shorter (ValueError in {__file__}, line ")


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("y"), RuntimeError("z"), BrokenPipeError(32, "")])
def test_our_own_faults_are_not_hidden(error: Exception) -> None:
    result = run(error)
    assert result.exception is not None and not result.stderr.startswith("Error: ")


def test_an_exit_code_stays_and_nothing_is_added() -> None:
    result = run(typer.Exit(3))
    assert result.exit_code == 3 and not result.output


def test_verbose_brings_the_traceback_back() -> None:
    logger, level = logging.getLogger("spacy"), logging.getLogger("spacy").level
    try:
        logger.setLevel(logging.DEBUG)
        result = run(UserError("a"))
    finally:
        logger.setLevel(level)
    assert isinstance(result.exception, UserError) and not result.stderr


def test_a_gpu_without_cupy_is_explained_in_spacys_own_commands(capsys: Any, monkeypatch: Any) -> None:
    """Before anything of ours is imported: spaCy asks for CuPy before it reads a config."""
    monkeypatch.delitem(sys.modules, explain.OURS, raising=False)
    sentence = sentence_for(ValueError("Cannot use GPU, CuPy is not installed"))
    assert sentence is not None and 'pip install "spacy-bertfam[cuda12x]"' in sentence
    assert sentence_for(ValueError("[E001] No component 'x'")) is None


def test_a_command_keeps_its_arguments() -> None:
    def command(a: int, *, b: str = "c") -> None:
        """Do it."""

    wrapped: Callable[..., None] = explained(command)
    assert wrapped.__doc__ == "Do it." and wrapped.__wrapped__ is command  # type: ignore[attr-defined]


def test_an_error_begins_a_line_of_its_own(tmp_path: Path) -> None:
    """Whatever bar shows how far a command is."""

    @explained
    def work() -> None:
        for _ in tqdm(range(9)):
            raise ValueError("[E1] none")

    app = typer.Typer()
    app.command()(work)
    process = Forked(app, [], tmp_path / "log")
    said = process.wait()
    assert process.returncode == 1
    assert said.splitlines()[-1] == "Error: [E1] none"


def test_a_missing_folder_is_told_from_a_missing_file(tmp_path: Path) -> None:
    for name, what in (("file", "file or folder"), ("no/file", f"folder {tmp_path / 'no'} for")):
        said = sentence_for(FileNotFoundError(2, "No such file", str(tmp_path / name)), ours=True)
        assert said is not None and said.startswith(f"No {what} {tmp_path / name}; expected it to exist")
