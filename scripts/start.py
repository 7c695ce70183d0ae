"""How a script of the workflows starts, in UTF-8 and with its arguments as they were meant, and runs commands."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import typer

from spacy_bertfam.cli.arguments import take_off_quotes


def start_script(function: Callable[..., None], **settings: Any) -> None:
    """Run a command line that Typer reads off a function.

    settings (Any): of click's context, as allow_extra_args.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    take_off_quotes()
    app = typer.Typer(add_completion=False)
    app.command(context_settings=settings)(function)
    app()


def run_module(words: Sequence[str]) -> None:
    """Say a command of a module in this environment, as `spacy train ...`, and run it.

    RAISES (typer.Exit): when it fails, with its exit code.
    """
    typer.echo(f"Running command: python -m {shlex.join(words)}")
    sys.stdout.flush()
    code = subprocess.run([sys.executable, "-m", *words], check=False).returncode
    if code:
        raise typer.Exit(code)
