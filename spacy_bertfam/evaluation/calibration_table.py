"""The figures of a calibration as rows of text, for a page and for a terminal."""

from wasabi.tables import table

from .calibration import Calibration
from .scored import ScoredEntities

HELD_OUT = "on other half"
FIGURES = {
    "log loss": ScoredEntities.log_loss,
    "Brier score": ScoredEntities.brier,
    "calibration error (ECE)": ScoredEntities.calibration_error,
}
THRESHOLD_NAMES = ("min_score", "entities", "precision", "recall", "F1")


def figure_rows(calibration: Calibration) -> list[list[str]]:
    """RETURNS (list[list[str]]): the temperature, then each figure: its name, its value before, after, and on texts
    that the temperature was not fitted to, "" where it was not measured."""
    held = calibration.held_out
    temperatures = "{:.2f}, {:.2f}".format(*held.temperatures) if held else ""
    rows = [["temperature", f"{calibration.before:.2f}", f"{calibration.after:.2f}", temperatures]]
    for name, figure in FIGURES.items():
        before, after = figure(calibration.entities_before), figure(calibration.entities_after)
        rows.append([name, f"{before:.3f}", f"{after:.3f}", f"{figure(held.entities):.3f}" if held else ""])
    kept = calibration.kept
    rows.append(["entities", *(f"{row.n_entities:,}" for row in kept), ""])
    rows.append(["entities that are right", *(f"{row.n_right:,}" for row in kept), ""])
    rows.append(["F1", *(f"{row.f_score:.3f}" for row in kept), ""])
    return rows


def threshold_rows(calibration: Calibration) -> list[list[str]]:
    """RETURNS (list[list[str]]): what each ``min_score`` would leave, under ``THRESHOLD_NAMES``."""
    return [
        [
            f"{row.min_score:g}",
            f"{row.n_entities:,}",
            *(f"{x:.3f}" for x in (row.precision, row.recall, row.f_score)),
        ]
        for row in calibration.thresholds
    ]


def format_calibration(calibration: Calibration) -> str:
    """RETURNS (str): the figures before and after, then what each ``min_score`` would leave."""
    held, kept = calibration.held_out, calibration.kept
    names = ["", "before", "after", HELD_OUT if held else ""]
    parts = [
        table(figure_rows(calibration), header=names, aligns=("l", "r", "r", "r"), spacing=2).strip("\n")
    ]
    if held:
        parts.append(
            f"{HELD_OUT.capitalize()}: each half of the texts by the temperature of the other half. That is what to "
            "expect of new texts."
        )
    if kept[0].n_entities != kept[1].n_entities:
        parts.append(
            f"min_score is {calibration.min_score:g}, and other entities are above it now; the upper lines count all "
            "entities, whatever min_score is."
        )
    own = f"{calibration.min_score:g}"
    rows = [[*row, "set in this pipeline" if row[0] == own else ""] for row in threshold_rows(calibration)]
    names = [*THRESHOLD_NAMES, ""]
    parts.append(table(rows, header=names, aligns=("r", "r", "r", "r", "r", "l"), spacing=2).rstrip("\n"))
    return "\n".join(parts)
