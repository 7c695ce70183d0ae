"""`bertfam fetch`: an encoder from the hub, or from a folder, as a folder with safetensors."""

from pathlib import Path

import typer
from typer import Argument, Option

from .arguments import ALLOW_PICKLE, REVISION
from .explain import say


def fetch_cli(
    name: str = Argument(..., help="Name of a repository on the hub, or folder of a checkpoint."),
    out: Path = Argument(..., help="Folder for the encoder; must not hold anything yet."),
    revision: str | None = REVISION,
    allow_pickle: bool = ALLOW_PICKLE,
    cased: bool | None = Option(
        None,
        "--cased/--uncased",
        help="What a BERT's tokenizer makes of capitals, if its files say it wrongly.",
    ),
) -> None:
    """Put an encoder into a folder, for paths.encoder of a config.

    The folder needs no network. Weights become safetensors, a vocabulary becomes tokenizer.json, a head is left out. No
    code of the checkpoint is run.
    """
    from ..hub.fetch import fetch_encoder

    say("Note", *fetch_encoder(name, out, revision=revision, allow_pickle=allow_pickle, cased=cased))
    typer.echo(f"{out}: written")
