"""The Dockerfile: not root, what it copies exists, and its command is one of ours with options that it has."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from spacy_bertfam.cli.app import app

ROOT = Path(__file__).parents[1]
LINES = re.sub(r"\\\n", " ", (ROOT / "examples" / "Dockerfile").read_text(encoding="utf8")).splitlines()


def instructions(name):
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def test_it_does_not_run_as_root_and_says_whether_it_is_well():
    assert instructions("USER")[-1] not in ("root", "0")
    [check] = instructions("HEALTHCHECK")
    program = json.loads(check.partition("CMD ")[2])
    assert program[:2] == ["python", "-c"] and compile(program[2], "health check", "exec")


@pytest.mark.parametrize(
    "line", [line for line in instructions("COPY") if not line.startswith(("--from", "$"))]
)
def test_what_it_copies_exists(line):
    for name in line.split()[:-1]:
        assert (ROOT / name).exists()


def test_its_command_is_one_that_exists():
    program, command, *words = json.loads(instructions("CMD")[-1])
    options = {option for each in get_command(app).commands[command].params for option in each.opts}
    assert program == "bertfam" and {word for word in words if word.startswith("--")} <= options
