"""Hangs the app into spaCy's command line: `python -m spacy bertfam COMMAND`.

spaCy imports this module, through the entry point group ``spacy_cli``, just before it parses its arguments.
So its own commands, `spacy train` above all, end in the user's errors as sentences as well.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from ..errors import UserError
from . import explain
from .app import HELP, app
from .arguments import take_off_quotes
from .spacy_private import app as spacy_app

VARS = "--vars."

spacy_app.add_typer(app, name="bertfam", help=HELP, no_args_is_help=True)
explain.install()
take_off_quotes()


@explain.explained
def refuse_unsound(config_path: Path, words: list[str]) -> None:
    """Refuse what `bertfam train` refuses, where the config has blocks of ours. spaCy drops names that it does not
    know before any code but its own sees them.

    words (list[str]): of the command line, which set something in the config.
    """
    from spacy.util import load_config

    from ..checks.settings import is_ours, require_sound
    from .spacy_private import parse_config_overrides

    try:
        overrides = parse_config_overrides(words)
        config = load_config(config_path, overrides=overrides) if config_path.is_file() else None
        if config is not None and is_ours(config):
            require_sound(config, overrides)
    except UserError:
        raise
    except Exception:  # a config that spaCy cannot read: it is about to say so
        return


def refusing(train: Callable[..., Any]) -> Callable[..., Any]:
    """RETURNS (Callable): `spacy train`, which refuses what is unsound before it begins."""

    @wraps(train)
    def refusing_train(ctx: typer.Context, config_path: Path, *args: Any, **kwargs: Any) -> Any:
        refuse_unsound(config_path, list(ctx.args))
        return train(ctx, config_path, *args, **kwargs)

    return refusing_train


def refusing_variables(run: Callable[..., Any]) -> Callable[..., Any]:
    """RETURNS (Callable): `spacy project run`, which refuses variables that a project of ours does not have."""

    @wraps(run)
    def refusing_run(
        ctx: typer.Context, subcommand: str, project_dir: Path, *args: Any, **kwargs: Any
    ) -> Any:
        explain.explained(require_variables)(project_dir, ctx.args)
        return run(ctx, subcommand, project_dir, *args, **kwargs)

    return refusing_run


def require_variables(project: Path, words: Iterable[str]) -> None:
    """Refuse a variable that a project with commands of ours does not have, which spaCy passes over.

    words (Iterable[str]): of the command line, as "--vars.max_steps".
    RAISES (UserError): when the project has none of that name.
    """
    import srsly

    from ..checks.unread import Unread

    path = project / "project.yml"
    if not path.is_file() or "spacy bertfam " not in path.read_text(encoding="utf8"):
        return
    try:
        known = tuple(srsly.read_yaml(path)["vars"])
    except (ValueError, LookupError, TypeError):  # no project that spaCy can read: it is about to say so
        return
    for word in words:
        name = word.removeprefix(VARS).partition("=")[0]
        if word.startswith(VARS) and name not in known:
            raise UserError(f"{path} has no variable {name}: {Unread('vars', name, known).remedy}")


def wrap(group: typer.Typer | None, name: str, wrapper: Callable[..., Any]) -> None:
    """Put what refuses around the command of that name, where there is one."""
    for command in group.registered_commands if group is not None else ():
        if command.name == name and command.callback is not None:
            command.callback = wrapper(command.callback)


wrap(spacy_app, "train", refusing)
for _group in spacy_app.registered_groups:
    if _group.name == "project":
        wrap(_group.typer_instance, "run", refusing_variables)
