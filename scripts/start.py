"""How a script of the workflows starts: UTF-8 on both streams, and its arguments as they were meant."""

import sys
from collections.abc import Callable

import typer

from spacy_bertfam.cli.arguments import take_off_quotes


def start_script(function: Callable[..., None]) -> None:
    """Run a command line that Typer reads off a function."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    take_off_quotes()
    typer.run(function)
