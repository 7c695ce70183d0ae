"""`bertfam calibrate`: scores of entities that are as often right as they say."""

from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Optional

import typer

if TYPE_CHECKING:
    from spacy.language import Language

    from ..evaluation.calibration import Calibration


def calibrate_cli(
    model: str = typer.Argument(..., help="Pipeline: a folder, or the name of an installed package."),
    data: Path = typer.Argument(
        ...,
        help="Annotated texts, a .spacy file or a folder of such: of the kind that the pipeline is for, and not "
        "those that it was trained on, of which it is too sure.",
    ),
    out: Path = typer.Argument(..., help="Folder for the calibrated pipeline; must not exist yet."),
    component: Optional[str] = typer.Option(
        None, help="Name of the bertfam_ner, where the pipeline has several."
    ),
    page: Optional[Path] = typer.Option(
        None, help="Write a web page too: how often entities of each score are right, before and after."
    ),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU, or -1 for the CPU."),
) -> None:
    """Fit the temperature of a recogniser, so that of the entities with a score near 0.8 four in five are right.

    The same entities are found, only their scores change; a min_score above 0 then leaves others. What is written is
    a copy of the pipeline with the new temperature in its config. It also prints what each min_score would leave.
    """
    from ..evaluation.calibration import calibrate, copy_calibrated
    from ..evaluation.calibration_table import format_calibration
    from ..files.saving import require_new, write_file
    from .gpu import use_gpu as compute_on
    from .optimize import read_examples
    from .render import load_pipeline

    require_new(out)
    compute_on(use_gpu, silent=True)
    nlp = load_pipeline(model)
    examples = read_examples(nlp, data, option="DATA") or []
    calibration = calibrate(nlp, examples, component=component, progress=True)
    typer.echo(format_calibration(calibration))
    for sentence in _warnings(nlp, data, calibration):
        typer.echo(f"Warning: {sentence}", err=True)
    if page is not None:
        from ..visual.reliability import render_calibration

        write_file(page, render_calibration(calibration, name=model))
    require_new(out)
    copy_calibrated(nlp.path, out, component=calibration.component, temperature=calibration.after)
    typer.echo(f"{out}: written, temperature {calibration.after:g}")


def _warnings(nlp: "Language", data: Path, calibration: "Calibration") -> Iterator[str]:
    yield from calibration.warnings
    train = nlp.config.interpolate().get("paths", {}).get("train")
    if train and Path(train).exists() and Path(train).resolve() == data.resolve():
        yield (
            f"{data} is what the pipeline was trained on, of which it is too sure: the temperature is too low for "
            "other texts. Give texts that were kept apart."
        )
