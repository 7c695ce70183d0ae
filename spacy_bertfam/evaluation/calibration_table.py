"""The account of a calibration as text for a terminal."""

from typing import Iterator, List, Optional, Sequence

from .calibration import Calibration
from .scored import Judged
from .thresholds import Threshold

HELD_OUT = "on other half"


def format_calibration(calibration: Calibration) -> str:
    """RETURNS (str): the figures before and after, then what each ``min_score`` would leave."""
    return "\n".join(
        [*_figures(calibration), "", *_thresholds(calibration.thresholds, calibration.min_score)]
    )


def _figures(calibration: Calibration) -> Iterator[str]:
    held = calibration.held_out
    before, after = calibration.entities_before, calibration.entities_after
    columns: List[Optional[Judged]] = [before, after, held.entities if held else None]
    yield f"{'':<27}{'before':>9}{'after':>9}" + (f"{HELD_OUT:>16}" if held else "")
    halves = "{:.2f}, {:.2f}".format(*held.temperatures) if held else ""
    yield f"{'temperature':<27}{calibration.before:>9.2f}{calibration.after:>9.2f}{halves:>16}".rstrip()
    for name, method in (
        ("log loss", Judged.log_loss),
        ("Brier score", Judged.brier),
        ("calibration error (ECE)", Judged.calibration_error),
    ):
        values = [None if entities is None else method(entities) for entities in columns]
        yield f"{name:<27}" + _row(values)
    kept = calibration.kept
    yield f"{'entities':<27}" + "".join(f"{row.n_entities:>9,}" for row in kept)
    yield f"{'entities that are right':<27}" + "".join(f"{row.n_right:>9,}" for row in kept)
    yield f"{'F1':<27}" + "".join(f"{row.f_score:>9.3f}" for row in kept)
    if held:
        yield (
            f"{HELD_OUT.capitalize()}: each half of the texts by the temperature of the other half. That is what to "
            "expect of new texts."
        )
    if kept[0].n_entities != kept[1].n_entities:
        yield (
            f"min_score is {calibration.min_score:g}, and other entities are above it now; the upper lines count all "
            "entities, whatever min_score is."
        )


def _row(values: Sequence[Optional[float]]) -> str:
    widths = (9, 9, 16)
    cells = ["" if value is None else f"{value:.3f}" for value in values]
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _thresholds(rows: Sequence[Threshold], min_score: float) -> Iterator[str]:
    yield "min_score  entities  precision  recall     F1"
    for row in rows:
        mark = "  set in this pipeline" if row.min_score == min_score else ""
        yield (
            f"{row.min_score:>9g}{row.n_entities:>10,}{row.precision:>11.3f}{row.recall:>8.3f}{row.f_score:>7.3f}{mark}"
        )
