"""`bertfam calibrate`: entities and answers with calibrated scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Argument, Option

from ..errors import UserError
from .arguments import GPU, PIPELINE
from .explain import close_bars, say
from .pipelines import is_trained_on, load_pipeline, read_examples

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

    from ..evaluation.promise import Promise

CONFIDENCE = 0.9
OUTDATED = (
    "The temperature changes, and thresholds of {} stay that were made for other scores: what was promised by them is "
    "promised no more. Promise it anew, in one command for all of these labels."
)


def calibrate_cli(
    model: str = PIPELINE,
    data: Path = Argument(
        ..., help="Annotated texts that the pipeline was not trained on: a .spacy file, or a folder of such."
    ),
    out: Path | None = Argument(
        None, help="Folder for the calibrated pipeline; must not exist yet. Not with --in-place."
    ),
    component: str | None = Option(
        None, help="The bertfam_ner or bertfam_qa, where the pipeline has several."
    ),
    page: Path | None = Option(None, help="Write a web page too, with the reliability before and after."),
    in_place: bool = Option(
        False,
        "--in-place",
        help="Write the temperature into MODEL itself, a folder, and no copy. Where none can be fitted, because all "
        "entities are right or all are wrong, a warning says so and MODEL stays as it is.",
    ),
    precision: float | None = Option(
        None,
        min=0.01,
        max=0.9999,
        help="Set the lowest min_score with which so large a share of entities is right.",
    ),
    recall: float | None = Option(
        None,
        min=0.01,
        max=0.9999,
        help="Set the highest min_score with which so large a share of the annotation is found, as 0.98; where all "
        "entities are too few, with candidates.",
    ),
    confidence: float | None = Option(
        None, min=0.5, max=0.9999, help="That --precision or --recall holds on new texts; else 0.9."
    ),
    by_label: bool = Option(False, "--by-label", help="Promise it of each label, for all together."),
    labels: str | None = Option(None, help="PER,LOC: promise it of each of these alone."),
    use_gpu: int = GPU,
) -> None:
    """Calibrate the scores of a pipeline on annotated texts.

    A temperature is fitted, so that of the entities (or answers) with a score near 0.8 four in five are right. The same
    ones are found, only their scores change; a min_score above 0 then leaves others. What is written is a copy of the
    pipeline with the new temperature in its config, or with --in-place that config alone. The figures printed are
    cross-fitted: measured on texts that their temperature was not fitted to.

    With --precision or --recall a threshold is set too, and kept only if a test on two thirds of the texts says that
    it does what is promised; the others fit the temperature. Where they are too few for that nothing is written.
    """
    from ..evaluation.calibration import NoTemperature, calibrate
    from ..evaluation.calibration_table import format_calibration
    from ..files.saving import write_file
    from ..visual.reliability import calibration_warnings, render_calibration

    _require_place(model, out, in_place=in_place)
    says_how = by_label or labels is not None or confidence is not None
    _require_one_promise(precision, recall, page, says_how=says_how)
    names = _read_labels(labels, by_label=by_label)
    nlp = load_pipeline(model, use_gpu)
    examples = read_examples(nlp, data, option="DATA")
    if precision is not None or recall is not None:
        known = {"component": component, "confidence": confidence or CONFIDENCE}
        of_labels = names if by_label or names else None
        made = _promise(nlp, examples, precision, recall, labels=of_labels, **known)
        _warn(nlp, data, *([OUTDATED.format(", ".join(made.outdated))] if made.outdated else []))
        typer.echo(f"{_write(nlp, out, made.component, made.settings)}: written")
        return
    try:
        calibration = calibrate(nlp, examples, component=component, progress=True)
    except NoTemperature as error:
        if not in_place:
            raise
        close_bars()
        say("Warning", f"{model} keeps its temperature. {error}")
        return
    typer.echo(format_calibration(calibration))
    _warn(nlp, data, *calibration_warnings(calibration))
    if page is not None:
        write_file(page, render_calibration(calibration, name=model, lang=nlp.lang or ""))
    written = _write(nlp, out, calibration.component, {"temperature": calibration.after})
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


def _require_one_promise(
    precision: float | None, recall: float | None, page: Path | None, *, says_how: bool
) -> None:
    if precision is not None and recall is not None:
        raise UserError(
            "--precision and --recall exclude each other; expected one of them: a min_score keeps one."
        )
    promised = precision is not None or recall is not None
    if promised and page is not None:
        raise UserError(
            "--page shows a temperature without a promise; expected it without --precision and --recall."
        )
    if says_how and not promised:
        raise UserError(
            "--by-label, --labels and --confidence say how something is promised; expected --precision or --recall."
        )


def _promise(
    nlp: "Language", examples: "list[Example]", precision: float | None, recall: float | None, **known: Any
) -> "Promise":
    """RETURNS (Promise): what was set, after it was printed."""
    from ..evaluation.promise import promise
    from ..evaluation.promise_table import format_promise

    goal, share = ("recall", recall or 0.0) if precision is None else ("precision", precision)
    made = promise(nlp, examples, goal, share, progress=True, **known)
    close_bars()
    typer.echo(format_promise(made))
    sure = f"with a confidence of {known['confidence']:g}"
    typer.echo(f"Promised of texts that are drawn as these were: a {goal} of at least {share:g}, {sure}.")
    return made


def _read_labels(labels: str | None, *, by_label: bool) -> list[str]:
    """RETURNS (list[str]): those that are named; [] where the option is not given."""
    names = [name.strip() for name in (labels or "").split(",") if name.strip()]
    if labels is not None and by_label:
        raise UserError(
            "--by-label and --labels exclude each other; expected --by-label for each label, or --labels for some."
        )
    if labels is not None and not names:
        raise UserError(f"--labels is {labels!r}; expected names, as PER,LOC, or --by-label for each label.")
    return names


def _write(nlp: "Language", out: Path | None, component: str, settings: dict[str, Any]) -> Path:
    """RETURNS (Path): where the calibrated pipeline is."""
    from ..evaluation.calibration import calibrate_in_place, copy_calibrated
    from ..files.saving import require_new

    if out is None:
        calibrate_in_place(nlp.path, component=component, **settings)
        return Path(nlp.path)
    require_new(out)
    copy_calibrated(nlp.path, out, component=component, **settings)
    return out


def _warn(nlp: "Language", data: Path, *warnings: str) -> None:
    """Tell the warnings, and one more where the data are those of the training."""
    say("Warning", *warnings)
    if is_trained_on(nlp, data):
        what = f"{data} is what the pipeline was trained on, on which it is overconfident: the temperature"
        say("Warning", f"{what} is too low for other texts. Give texts that were kept apart.")
