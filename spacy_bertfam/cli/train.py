"""`bertfam train`: `spacy train` that may be stopped at any time, and goes on where it stood."""

import logging
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Argument, Option

from ..errors import UserError, WriteError
from .arguments import CODE, GPU, import_code

if TYPE_CHECKING:
    from ..training.stopping import Stop

KEPT = ("model-best", "model-last")
STOPPED = 130  # exit code, as of a program that Ctrl-C has ended


class Keep(str, Enum):
    """When the state of a training is written, and stays."""

    unfinished = "unfinished"
    always = "always"
    never = "never"


def train_cli(
    ctx: typer.Context,
    config_path: Path = Argument(..., help="Path to the config, or - for standard input"),
    output_path: Path | None = Option(
        None, "--output", "--output-path", "-o", help="Folder for model-best and model-last"
    ),
    code_path: Path | None = CODE,
    verbose: bool = Option(False, "--verbose", "-V", help="More to read; tracebacks of every error"),
    use_gpu: int = GPU,
    resume: bool = Option(False, "--resume", help="Go on with the training that was stopped in --output"),
    restart: bool = Option(False, "--restart", help="Give up the training that was stopped in --output"),
    state: Keep = Option(
        Keep.unfinished,
        "--state",
        help="Write what --resume needs (three times the size of the model) at each evaluation: until the training is "
        "finished; always, to train longer some day; or never",
    ),
) -> None:
    """Train as `spacy train` does, to be stopped and resumed.

    Config and options are the same (--paths.train, --training.max_steps, ...).

    Stopped by Ctrl-C, by SIGTERM or by a cluster's time limit, it finishes its step, writes model-last, and leaves
    model-best whole; killed or without power, it has what it wrote at its last evaluation. The same command with
    --resume goes on: the same weights, optimizer, order of the texts and random numbers, so that on a CPU the result is
    that of a training which was never stopped. [training] may be changed before, as to more steps; its batcher may not.
    """
    from spacy import util

    from ..training.stopping import Stop
    from .spacy_private import parse_config_overrides

    if verbose:
        util.logger.setLevel(logging.DEBUG)
    overrides = parse_config_overrides(ctx.args)
    import_code(code_path)
    try:
        with Stop().handling_signals() as stop:
            is_over = train(
                config_path, output_path, overrides, use_gpu=use_gpu, resume=resume, restart=restart,
                keep=state.value, stop=stop,
            )  # fmt: skip
    except KeyboardInterrupt as error:
        is_over = False
        stop.signal = stop.signal or str(error)
    if not is_over:
        raise stopped(stop.signal, what_is_kept(output_path))


def stopped(by: str | None, kept: str = "") -> typer.Exit:
    """Say that a command was stopped, and what it has left. RETURNS (Exit): to be raised."""
    typer.echo(f"Stopped{f' by {by}' if by else ''}. {kept}".rstrip(), err=True)
    return typer.Exit(STOPPED)


def train(
    config_path: Path,
    output: Path | None,
    overrides: Mapping[str, Any],
    *,
    use_gpu: int,
    resume: bool,
    restart: bool,
    keep: str,
    stop: "Stop",
) -> bool:
    """Begin a training, or go on with one. The arguments are those of the command line.

    RETURNS (bool): whether it has come to its end.
    """
    from spacy.training.initialize import init_nlp
    from wasabi import msg

    from ..checks.settings import require_sound
    from ..checks.setup import read_config
    from ..files.saving import require_writable
    from ..training.resumable.loop import Training
    from ..training.resumable.resume import load_pipeline
    from ..training.resumable.saved_state import SavedState
    from .gpu import use_gpu as compute_on

    config = read_config(config_path, dict(overrides))
    require_sound(config, overrides)
    state = state_to_resume(output, resume=resume, restart=restart)
    if output is not None:
        require_writable(output / KEPT[-1])
        output.mkdir(parents=True, exist_ok=True)
    msg.info(f"Saving to output directory: {output}" if output else "No output directory provided")
    compute_on(use_gpu)
    saved = SavedState.read(state) if state is not None else None
    msg.divider("Initializing pipeline" if state is None else "Loading pipeline")
    with stop.at_once():
        nlp = init_nlp(config, use_gpu=use_gpu) if state is None else load_pipeline(config, state)
    msg.good("Initialized pipeline" if state is None else f"Loaded {state}")
    msg.divider("Training pipeline")
    training = Training(nlp, output, saved=saved, stop=stop, keep=keep, use_gpu=use_gpu)
    try:
        return training.run(stdout=sys.stdout, stderr=sys.stderr)
    except WriteError as error:
        raise UserError(f"{error} {what_is_kept(output)}") from error


def state_to_resume(output: Path | None, *, resume: bool, restart: bool) -> Path | None:
    """RETURNS (Path | None): where a training goes on from; None where one begins.

    RAISES (UserError): when one that was stopped would be lost, or what is asked for is not there.
    """
    from ..training.resumable.saved_state import find_state

    if resume and restart:
        raise UserError("--resume and --restart exclude each other; expected one of them.")
    if output is None:
        if resume:
            raise UserError(
                "--resume without a folder; expected the --output of the training that was stopped."
            )
        return None
    state = find_state(output)
    if state is not None and not resume and not restart:
        raise UserError(
            f"{output} has a training that was stopped ({state.name}); expected --resume to go on with it, --restart "
            "to give it up, or another --output."
        )
    if resume and state is None and any((output / name).exists() for name in KEPT):
        raise UserError(
            f"{output} has pipelines, and no state to go on from: the training there is finished, or was run by "
            "`spacy train` or with --state never. Expected a training that was stopped; to train a finished one "
            "longer some day, train with --state always; --restart begins anew."
        )
    return state if resume else None


def what_is_kept(output: Path | None) -> str:
    """RETURNS (str): which pipelines a stopped training has left, in sentences."""
    from ..training.resumable.saved_state import find_state

    if output is None:
        return "Nothing is saved: no --output was given."
    kept = [str(output / name) for name in KEPT if (output / name).is_dir()]
    if not kept:
        return "Nothing is saved: no evaluation had come to its end."
    saved = f"Saved: {' (best evaluation so far) and '.join(kept)} (last step)."
    state = find_state(output)
    return f"{saved} The same command with --resume goes on after {state.name}." if state else saved
