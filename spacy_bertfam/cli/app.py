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

# name -> the function that parses the command line and prints
COMMANDS: dict[str, Callable[..., None]] = {
    "adopt": adopt_cli,
    "attention": attention_cli,
    "calibrate": calibrate_cli,
    "check": check_cli,
    "convert": convert_cli,
    "convert-cats": convert_cats_cli,
    "export-hf": export_hf_cli,
    "fetch": fetch_cli,
    "import-hf": import_hf_cli,
    "info": info_cli,
    "optimize": optimize_cli,
    "pretrain": pretrain_cli,
    "render": render_cli,
    "train": train_cli,
}
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
