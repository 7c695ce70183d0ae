"""The Typer app and the list of its commands."""

import sys
from collections.abc import Callable

import typer

from .adopt import adopt_cli
from .attention import attention_cli
from .calibrate import calibrate_cli
from .check import check_cli
from .convert import convert_cli
from .convert_cats import convert_cats_cli
from .explain import explained
from .export_hf import export_hf_cli
from .fetch import fetch_cli
from .import_hf import import_hf_cli
from .info import info_cli
from .optimize import optimize_cli
from .pretrain import pretrain_cli
from .render import render_cli
from .train import train_cli

HELP = """Transformer pipelines of the BERT family for spaCy.

Training, evaluation and packaging are spaCy's own commands (`python -m spacy train`, `evaluate`,
`package`); here is what spaCy has no command for, and a `train` that may be stopped at any time.
"""

app = typer.Typer(
    name="bertfam", help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)

FUNCTIONS: tuple[Callable[..., None], ...] = (
    adopt_cli, attention_cli, calibrate_cli, check_cli, convert_cli, convert_cats_cli, export_hf_cli, fetch_cli,
    import_hf_cli, info_cli, optimize_cli, pretrain_cli, render_cli, train_cli,
)  # fmt: skip
# name -> the function that parses the command line and prints
COMMANDS = {one.__name__.removesuffix("_cli").replace("_", "-"): one for one in FUNCTIONS}
# What these do not know they hand on to the config, as spaCy's `train` does
TO_CONFIG = {"allow_extra_args": True, "ignore_unknown_options": True}
SETTINGS = {"check": TO_CONFIG, "train": TO_CONFIG}

for _name, _function in COMMANDS.items():
    app.command(_name, context_settings=SETTINGS.get(_name))(explained(_function))


@app.callback()
def bertfam() -> None:
    """Keeps the sub-commands named even where only one is installed."""


def main() -> None:
    """Run `bertfam` with UTF-8 on both streams, whatever the console's code page is."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    app(prog_name="bertfam")
