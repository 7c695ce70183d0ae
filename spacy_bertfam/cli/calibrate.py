"""`bertfam calibrate`: entities and answers with calibrated scores."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UserError
from .arguments import GPU, PIPELINE
from .pipelines import is_trained_on

if TYPE_CHECKING:
    from spacy.language import Language

    from ..evaluation.calibration import Calibration


def calibrate_cli(
    model: str = PIPELINE,
    data: Path = typer.Argument(
        ..., help="Annotated texts that the pipeline was not trained on: a .spacy file, or a folder of such."
    ),
    out: Path | None = typer.Argument(
        None, help="Folder for the calibrated pipeline; must not exist yet. Not with --in-place."
    ),
    component: str | None = typer.Option(
        None, help="The bertfam_ner or bertfam_qa, where the pipeline has several."
    ),
    page: Path | None = typer.Option(
        None, help="Write a web page too, with the reliability before and after."
    ),
    in_place: bool = typer.Option(
        False,
        "--in-place",
        help="Write the temperature into MODEL itself, a folder, and no copy. Where none can be fitted, because all "
        "entities are right or all are wrong, a warning says so and MODEL stays as it is.",
    ),
    use_gpu: int = GPU,
) -> None:
    """Calibrate the scores of a pipeline on annotated texts.

    A temperature is fitted, so that of the entities (or answers) with a score near 0.8 four in five are right. The same
    ones are found, only their scores change; a min_score above 0 then leaves others. What is written is a copy of the
    pipeline with the new temperature in its config, or with --in-place that config alone. The figures printed are
    cross-fitted: measured on texts that their temperature was not fitted to.
    """
    from ..evaluation.calibration import NoTemperature, calibrate
    from ..evaluation.calibration_table import format_calibration
    from ..files.saving import write_file
    from ..visual.reliability import calibration_warnings, render_calibration
    from .explain import close_bars
    from .gpu import use_gpu as compute_on
    from .pipelines import load_pipeline, read_examples

    _require_place(model, out, in_place=in_place)
    compute_on(use_gpu, silent=True)
    nlp = load_pipeline(model)
    examples = read_examples(nlp, data, option="DATA")
    try:
        calibration = calibrate(nlp, examples, component=component, progress=True)
    except NoTemperature as error:
        if not in_place:
            raise
        close_bars()
        typer.echo(f"Warning: {model} keeps its temperature. {error}", err=True)
        return
    typer.echo(format_calibration(calibration))
    for warning in [*calibration_warnings(calibration), *_trained_on(nlp, data)]:
        typer.echo(f"Warning: {warning}", err=True)
    if page is not None:
        write_file(page, render_calibration(calibration, name=model, lang=nlp.lang or ""))
    written = _write(nlp, out, calibration)
    typer.echo(f"{written}: written, temperature {calibration.after:g}")


def _require_place(model: str, out: Path | None, *, in_place: bool) -> None:
    """RAISES (UserError): when it is not clear where to write, or the result cannot be written there."""
    from ..files.saving import require_new, require_writable

    if (out is None) != in_place:
        raise UserError(
            f"{out} and --in-place exclude each other; expected one of them."
            if in_place
            else "No folder for the calibrated pipeline; expected OUT, or --in-place to change MODEL itself."
        )
    if out is not None:
        require_new(out)
    elif not Path(model).is_dir():
        raise UserError(
            f"{model!r} is no folder; expected one with --in-place: give OUT to make a calibrated copy of an installed "
            "pipeline."
        )
    else:
        require_writable(Path(model, "config.cfg"))


def _write(nlp: "Language", out: Path | None, calibration: "Calibration") -> Path:
    """RETURNS (Path): where the calibrated pipeline is."""
    from ..evaluation.calibration import calibrate_in_place, copy_calibrated
    from ..files.saving import require_new

    changed = {"component": calibration.component, "temperature": calibration.after}
    if out is None:
        calibrate_in_place(nlp.path, **changed)  # type: ignore[arg-type]
        return Path(nlp.path)
    require_new(out)
    copy_calibrated(nlp.path, out, **changed)  # type: ignore[arg-type]
    return out


def _trained_on(nlp: "Language", data: Path) -> list[str]:
    """RETURNS (list[str]): a warning, where the data are those of the training."""
    if not is_trained_on(nlp, data):
        return []
    return [
        f"{data} is what the pipeline was trained on, on which it is overconfident: the temperature is too low for "
        "other texts. Give texts that were kept apart."
    ]
