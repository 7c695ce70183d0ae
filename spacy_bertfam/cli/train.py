"""`bertfam train`: `spacy train` that may be stopped at any time."""

import logging
from pathlib import Path
from typing import Optional

import typer

from .explain import sentence_for

KEPT = ("model-best", "model-last")


def train_cli(
    ctx: typer.Context,
    config_path: Path = typer.Argument(..., help="Path to the config"),
    output_path: Optional[Path] = typer.Option(
        None, "--output", "--output-path", "-o", help="Folder for model-best and model-last"
    ),
    code_path: Optional[Path] = typer.Option(
        None, "--code", "-c", help="Python file to import before, for registered functions of your own"
    ),
    verbose: bool = typer.Option(False, "--verbose", "-V", help="More to read; tracebacks of every error"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU, or -1 for the CPU"),
) -> None:
    """Train as `spacy train` does, by the same config and options (--paths.train, --training.max_steps, ...).

    Stopped by Ctrl-C, by SIGTERM or by a cluster's time limit, it writes model-last and leaves model-best
    whole.
    """
    from spacy import util
    from spacy.cli._util import import_code, parse_config_overrides
    from spacy.cli.train import train

    from ..training.stopping import stoppable

    if verbose:
        util.logger.setLevel(logging.DEBUG)
    if not config_path.is_file():
        typer.echo(
            f"Error: No config {config_path}; expected a file, as `spacy init config` makes.", err=True
        )
        raise typer.Exit(1)
    overrides = parse_config_overrides(ctx.args)
    import_code(code_path)
    try:
        with stoppable():
            train(config_path, output_path, use_gpu=use_gpu, overrides=overrides)
    except (OSError, ValueError) as error:
        sentence = sentence_for(error)
        if sentence is None or verbose:
            raise
        typer.echo(f"Error: {sentence}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        typer.echo(f"Stopped{f' by {error}' if str(error) else ''}. {what_is_kept(output_path)}", err=True)
        raise typer.Exit(130) from error


def what_is_kept(output_path: Optional[Path]) -> str:
    """RETURNS (str): which pipelines a stopped training has left, in a sentence."""
    kept = [str(output_path / name) for name in KEPT if output_path and (output_path / name).is_dir()]
    if not kept:
        return "Nothing is saved: " + (
            "the first evaluation had not been reached." if output_path else "no --output was given."
        )
    return f"Saved: {' (best evaluation so far) and '.join(kept)} (last step)."
