"""Hangs the app into spaCy's command line: `python -m spacy bertfam COMMAND`.

spaCy imports this module, through the entry point group ``spacy_cli``, just before it parses its arguments.
So its own commands, `spacy train` above all, say the user's errors in a sentence as well.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import typer
from spacy.cli._util import app as spacy_app

from . import explain
from .app import HELP, app
from .arguments import take_off_quotes

spacy_app.add_typer(app, name="bertfam", help=HELP, no_args_is_help=True)
explain.install()
take_off_quotes()


def refuse_unsound(command: Callable[..., Any]) -> Callable[..., Any]:
    """RETURNS (Callable): `spacy train`, which refuses what `bertfam train` refuses where the config has blocks of
    ours. spaCy drops names that it does not know before any code but its own sees them."""

    @wraps(command)
    def train(ctx: typer.Context, config_path: Path, *args: Any, **kwargs: Any) -> Any:
        refusal = refusal_of(config_path, list(ctx.args))
        if refusal is not None:
            typer.echo(f"Error: {refusal}", err=True)
            raise typer.Exit(1)
        return command(ctx, config_path, *args, **kwargs)

    return train


def refusal_of(config_path: Path, words: list[str]) -> str | None:
    """What there is against a training.

    words (list[str]): of the command line, which set something in the config.
    RETURNS (str | None): a sentence; None where there is nothing, or where spaCy says it itself.
    """
    from spacy.cli._util import parse_config_overrides
    from spacy.util import load_config

    from ..checks.settings import is_ours, require_sound
    from ..errors import UserError

    try:
        overrides = parse_config_overrides(words)
        config = load_config(config_path, overrides=overrides) if config_path.is_file() else None
        if config is not None and is_ours(config):
            require_sound(config, overrides)
    except UserError as error:
        return str(error)
    except Exception:  # a config that spaCy cannot read: it is about to say so
        return None
    return None


for _command in spacy_app.registered_commands:
    if _command.name == "train" and _command.callback is not None:
        _command.callback = refuse_unsound(_command.callback)
