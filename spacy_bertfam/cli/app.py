"""The Typer app and the list of its commands."""

import sys
from collections.abc import Callable
from importlib import import_module

import typer

from .explain import explained

HELP = """Transformer pipelines of the BERT family for spaCy.

Training, evaluation and packaging are spaCy's own commands (`python -m spacy train`, `evaluate`,
`package`); here is what spaCy has no command for, and a `train` that may be stopped at any time.
"""

app = typer.Typer(
    name="bertfam", help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)

# Each is a module here, with a function NAME_cli that parses the command line and prints
MODULES = (
    "adopt", "annotate", "attention", "audit", "calibrate", "card", "check", "convert", "convert_cats", "convert_qa",
    "export_hf", "fetch", "fill", "import_hf", "info", "optimize", "pretrain", "render", "report", "serve", "train",
)  # fmt: skip
COMMANDS: dict[str, Callable[..., None]] = {
    name.replace("_", "-"): getattr(import_module(f".{name}", __package__), f"{name}_cli") for name in MODULES
}
# What these do not know they hand on to the config, as spaCy's `train` does
TO_CONFIG = {"allow_extra_args": True, "ignore_unknown_options": True}
SETTINGS = {"audit": TO_CONFIG, "check": TO_CONFIG, "train": TO_CONFIG}

for _name, _function in COMMANDS.items():
    app.command(_name, context_settings=SETTINGS.get(_name))(explained(_function))


@app.callback()
def bertfam() -> None:
    """Keeps the sub-commands named even where only one is installed."""


def main() -> None:
    """Run `bertfam` with UTF-8 on both streams, whatever the console's code page is."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(encoding="utf-8", errors="replace")
    app(prog_name="bertfam")
