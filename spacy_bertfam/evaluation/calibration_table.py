"""The account of a calibration as text for a terminal."""

from typing import NamedTuple

from wasabi.tables import table

from .calibration import FOLDS, Calibration

HOW_MEASURED = {
    True: f"After: cross-fitted, each of {FOLDS} parts of the texts with the temperature of the others. Expect "
    "this of new texts.",
    False: "After: measured on the texts that the temperature was fitted to, which are too few for anything else.",
}
THRESHOLD_NAMES = ("min_score", "entities", "precision", "recall", "F1")


class Figure(NamedTuple):
    """A line of the account: the same in the terminal and on the page."""

    name: str
    before: int | float
    after: int | float  # cross-fitted


def figures(calibration: Calibration) -> list[Figure]:
    """RETURNS (list[Figure]): of all entities, whatever ``min_score`` is; then of those that it leaves."""
    before, after = calibration.entities_before, calibration.measured
    kept_before, kept_after = calibration.kept
    return [
        Figure("log loss", before.log_loss(), after.log_loss()),
        Figure("Brier score", before.brier(), after.brier()),
        Figure("expected calibration error", before.calibration_error(), after.calibration_error()),
        Figure(calibration.noun, kept_before.n_entities, kept_after.n_entities),
        Figure(f"{calibration.noun} that are right", kept_before.n_right, kept_after.n_right),
        Figure("F1", kept_before.f_score, kept_after.f_score),
    ]


def format_figure(value: int | float) -> str:
    """RETURNS (str): a count with commas, or three decimals."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def format_calibration(calibration: Calibration) -> str:
    """RETURNS (str): the figures before and after, then what each ``min_score`` would leave."""
    rows = [["temperature", f"{calibration.before:.2f}", f"{calibration.after:.2f}"]]
    rows += [[name, *map(format_figure, values)] for name, *values in figures(calibration)]
    parts = [table(rows, header=["", "before", "after"], aligns=("l", "r", "r"), spacing=2).strip("\n")]
    parts.append(HOW_MEASURED[calibration.held_out is not None])
    before, after = calibration.kept
    if before.n_entities != after.n_entities:
        parts.append(
            f"min_score is {calibration.min_score:g}, and other {calibration.noun} are above it now; the upper lines "
            f"count all {calibration.noun}, whatever min_score is."
        )
    if calibration.min_score is None:
        parts.append(
            "min_score is a table by label, made for the scores before; the figures count all, whatever it is."
        )
    own = "" if calibration.min_score is None else f"{calibration.min_score:g}"
    rows = [[*row, "set in this pipeline" if row[0] == own else ""] for row in threshold_rows(calibration)]
    names = [calibration.noun if name == "entities" else name for name in [*THRESHOLD_NAMES, ""]]
    parts.append(table(rows, header=names, aligns=("r", "r", "r", "r", "r", "l"), spacing=2).rstrip("\n"))
    return "\n".join(parts)


def threshold_rows(calibration: Calibration) -> list[list[str]]:
    """RETURNS (list[list[str]]): what each ``min_score`` would leave, under ``THRESHOLD_NAMES``."""
    rows = [
        (one.min_score, (one.n_entities, one.precision, one.recall, one.f_score))
        for one in calibration.thresholds
    ]
    return [[f"{least:g}", *map(format_figure, figures)] for least, figures in rows]
