"""What the user has to put right, in one sentence instead of a traceback: in each command, and in `python -m spacy`."""

import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

from ..errors import UserError
from .gpu import why_no_gpu

# spaCy's own errors about files and settings: no path, nothing to train on, no [training], no .spacy file; an unknown
# component, factory, function, language or pipeline
SPACY_CODES = re.compile(r"\[(E913|E986|E1015|E1014|E001|E002|E956|E984|E893|E892|E048|E050|E053)\] ")
# Imported only where a pipeline of ours is made: other pipelines keep their tracebacks.
OURS = "spacy_bertfam.encoder.model"
PACKAGE = Path(__file__).parents[1]
ABOUT_INPUT = (OSError, ImportError, ValueError)


def explained(command: Callable[..., Any]) -> Callable[..., Any]:
    """RETURNS (Callable): the command, which puts what the user has to put right in one sentence on standard error,
    and ends with exit code 1. What is our own fault keeps its traceback, as does everything with ``--verbose``."""

    @wraps(command)
    def explain(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            sentence = sentence_for(error, ours=True)
            if sentence is None or is_verbose():
                raise
            close_bars()
            typer.echo(f"Error: {sentence}", err=True)
            raise typer.Exit(1) from error

    return explain


def say(kind: str, *sentences: str) -> None:
    """Tell on standard error what the user should know of a result, each sentence as a "Note" or a "Warning"."""
    for sentence in sentences:
        typer.echo(f"{kind}: {sentence}", err=True)


def close_bars() -> None:
    """End the lines of progress bars that an error has left open."""
    from tqdm import tqdm

    for bar in list(getattr(tqdm, "_instances", ())):
        bar.close()


def sentence_for(error: BaseException, *, ours: bool = False) -> str | None:
    """Explain an error.

    ours (bool): whether a command of ours has met it, where every ValueError is one about its input.
    RETURNS (str | None): a sentence; None where the error is not the user's, and needs its traceback.
    """
    sentence = str(error) if isinstance(error, UserError) else why_no_gpu(error)
    if sentence is not None or not (ours or OURS in sys.modules):
        return sentence
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        folder = Path(os.fsdecode(error.filename)).parent
        what = "file or folder" if folder.is_dir() else f"folder {folder} for"
        return (
            f"No {what} {error.filename}; expected it to exist: correct the path, in a config under [paths], "
            "on the command line --paths.train, --paths.dev and the like."
        )
    if isinstance(error, ABOUT_INPUT) and SPACY_CODES.match(str(error)):
        from ..checks.reasons import reason_of

        return reason_of(error)
    return _ours(error) if ours else None


def _ours(error: BaseException) -> str | None:
    from ..checks.reasons import reason_of
    from ..files.saving import FULL, OS_ERROR

    if isinstance(error, BrokenPipeError):  # whoever reads has enough, as `head`
        return None
    if isinstance(error, OSError) and error.errno is not None:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        do = "free some room" if error.errno in FULL else "correct the path or its permissions"
        return f"{what}; {do}."
    if isinstance(error, ABOUT_INPUT) or OS_ERROR.search(str(error)):
        return reason_of(error) + _place_of(error)
    return None


def _place_of(error: BaseException) -> str:
    """RETURNS (str): where an error comes from that nobody has written for users; "" of others."""
    from thinc.api import ConfigValidationError

    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, ConfigValidationError):
        return "; `bertfam check` names the block." if error.title == ConfigValidationError().title else ""
    if not frames or str(error).startswith("[E"):
        return ""
    path, line = Path(frames[-1].filename), frames[-1].line or ""
    is_here = PACKAGE in path.parents
    if is_here and line.startswith("raise "):
        return ""
    place = path.relative_to(PACKAGE.parent).as_posix() if is_here else str(path)
    return f" ({type(error).__name__} in {place}, line {frames[-1].lineno})"


def is_verbose() -> bool:
    """Whether ``--verbose`` was given: it sets spaCy's logger to DEBUG."""
    return logging.getLogger("spacy").isEnabledFor(logging.DEBUG)


def install() -> None:
    """Make the interpreter print the sentence where there is one. With ``--verbose`` the traceback comes back."""
    before = sys.excepthook

    def explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sentence = sentence_for(error)
        if sentence is None or is_verbose():
            before(kind, error, trace)
        else:
            print(f"Error: {sentence}", file=sys.stderr)

    sys.excepthook = explain
