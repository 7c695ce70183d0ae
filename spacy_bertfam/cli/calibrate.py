"""`bertfam calibrate`: scores of entities that are calibrated probabilities."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .arguments import GPU, NEW_PIPELINE, PIPELINE

if TYPE_CHECKING:
    from spacy.language import Language


def calibrate_cli(
    model: str = PIPELINE,
    data: Path = typer.Argument(
        ..., help="Annotated texts that the pipeline was not trained on: a .spacy file, or a folder of such."
    ),
    out: Path = NEW_PIPELINE,
    component: str | None = typer.Option(None, help="The bertfam_ner, where the pipeline has several."),
    page: Path | None = typer.Option(
        None, help="Write a web page too, with the reliability before and after."
    ),
    use_gpu: int = GPU,
) -> None:
    """Fit the temperature of a recognizer, so that of the entities with a score near 0.8 four in five are right.

    The same entities are found, only their scores change; a min_score above 0 then leaves others. What is written is
    a copy of the pipeline with the new temperature in its config. It also prints what each min_score would leave.
    """
    from ..evaluation.calibrated_copy import copy_calibrated
    from ..evaluation.calibration import calibrate
    from ..evaluation.calibration_table import format_calibration
    from ..files.saving import require_new, write_file
    from .gpu import use_gpu as compute_on
    from .pipelines import load_pipeline, read_examples

    require_new(out)
    compute_on(use_gpu, silent=True)
    nlp = load_pipeline(model)
    examples = read_examples(nlp, data, option="DATA")
    calibration = calibrate(nlp, examples, component=component, progress=True)
    typer.echo(format_calibration(calibration))
    for warning in [*calibration.warnings, *_trained_on(nlp, data)]:
        typer.echo(f"Warning: {warning}", err=True)
    if page is not None:
        from ..visual.reliability import render_calibration

        write_file(page, render_calibration(calibration, name=model))
    require_new(out)
    copy_calibrated(nlp.path, out, component=calibration.component, temperature=calibration.after)
    typer.echo(f"{out}: written, temperature {calibration.after:g}")


def _trained_on(nlp: "Language", data: Path) -> list[str]:
    """RETURNS (list[str]): a warning, where the data are those of the training."""
    train = nlp.config.interpolate().get("paths", {}).get("train")
    if not train or not Path(train).exists() or Path(train).resolve() != data.resolve():
        return []
    return [
        f"{data} is what the pipeline was trained on, on which it is overconfident: the temperature is too low for "
        "other texts. Give texts that were kept apart."
    ]
