"""The account of a calibration as text for a terminal."""

from typing import Iterator, List, NamedTuple, Sequence, Union

from .calibration import FOLDS, Calibration
from .thresholds import Threshold

HOW_MEASURED = {
    True: f"After: cross-fitted, each of {FOLDS} parts of the texts with the temperature of the others. Expect "
    "this of new texts.",
    False: "After: measured on the texts that the temperature was fitted to, which are too few for anything else.",
}


class Figure(NamedTuple):
    """A line of the account: the same in the terminal and on the page."""

    name: str
    before: Union[int, float]
    after: Union[int, float]  # cross-fitted


def figures(calibration: Calibration) -> List[Figure]:
    """RETURNS (List[Figure]): of all entities, whatever ``min_score`` is; then of those that it leaves."""
    before, after = calibration.entities_before, calibration.measured
    kept_before, kept_after = calibration.kept
    return [
        Figure("log loss", before.log_loss(), after.log_loss()),
        Figure("Brier score", before.brier(), after.brier()),
        Figure("expected calibration error", before.calibration_error(), after.calibration_error()),
        Figure("entities", kept_before.n_entities, kept_after.n_entities),
        Figure("entities that are right", kept_before.n_right, kept_after.n_right),
        Figure("F1", kept_before.f_score, kept_after.f_score),
    ]


def format_figure(value: Union[int, float]) -> str:
    """RETURNS (str): a count with commas, or three decimals."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def format_calibration(calibration: Calibration) -> str:
    """RETURNS (str): the figures before and after, then what each ``min_score`` would leave."""
    return "\n".join(
        [*_figures(calibration), "", *_thresholds(calibration.thresholds, calibration.min_score)]
    )


def _figures(calibration: Calibration) -> Iterator[str]:
    yield f"{'':<27}{'before':>9}{'after':>9}"
    yield f"{'temperature':<27}{calibration.before:>9.2f}{calibration.after:>9.2f}"
    for name, *values in figures(calibration):
        yield f"{name:<27}" + "".join(f"{format_figure(value):>9}" for value in values)
    yield HOW_MEASURED[calibration.held_out is not None]
    before, after = calibration.kept
    if before.n_entities != after.n_entities:
        yield (
            f"min_score is {calibration.min_score:g}, and other entities are above it now; the upper lines count all "
            "entities, whatever min_score is."
        )


def _thresholds(rows: Sequence[Threshold], min_score: float) -> Iterator[str]:
    yield "min_score  entities  precision  recall     F1"
    for row in rows:
        mark = "  set in this pipeline" if row.min_score == min_score else ""
        yield (
            f"{row.min_score:>9g}{row.n_entities:>10,}{row.precision:>11.3f}{row.recall:>8.3f}{row.f_score:>7.3f}{mark}"
        )
