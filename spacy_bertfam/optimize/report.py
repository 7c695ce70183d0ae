"""The account of an optimization as text for a terminal."""

from collections.abc import Iterator, Sequence

from wasabi.tables import table

from .fastest import Tried, speed_before
from .optimize import EncoderReport, Report


def format_report(report: Report) -> str:
    """RETURNS (str): a line for each thing that was compared, then what each layer costs where it was measured."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    plan, before, after = report.plan, report.before, report.after
    for encoder in report.encoders:
        yield from _encoder_lines(encoder, several=len(report.encoders) > 1)
        if plan.windows():
            size = encoder.windows
            yield f"windows   of {size.window} pieces, {size.overlap} in common"
    differing = len(before.entities ^ after.entities)
    counts = f"{len(before.entities):,} in torch, {len(after.entities):,} now"
    yield f"{before.noun:<10}{counts}; {differing:,} in one of both only"
    if before.f_score is not None and after.f_score is not None:
        change = after.f_score - before.f_score
        yield f"F1        {before.f_score:.2f} in torch, {after.f_score:.2f} now ({change:+.2f} points)"
    ratio = after.words_per_second / before.words_per_second
    yield (
        f"speed     {before.words_per_second:,.0f} words a second in torch, {after.words_per_second:,.0f} now "
        f"({ratio:.1f} times; {plan.runtime} {plan.precision})"
    )


def _encoder_lines(encoder: EncoderReport, *, several: bool) -> list[str]:
    name = f" of {encoder.component}" if several else ""
    lines = [
        f"vectors   largest difference {encoder.parity.largest:.2g}, mean {encoder.parity.mean:.3%} of their "
        f"length{name}"
    ]
    if encoder.n_bytes:
        lines.append(f"graph     {encoder.n_bytes / 1e6:.1f} MB{name}")
    if encoder.costs:
        lines.append(f"layers    mean difference of the vectors where one alone has 8 bits{name}")
        for part, cost in encoder.costs.items():
            stays = "  stays in float32" if part in encoder.kept else ""
            lines.append(f"          {part:<11}{cost:8.2%}{stays}")
    return lines


def format_tried(tried: Sequence[Tried]) -> str:
    """RETURNS (str): a row for each runtime and precision, with the reason where one was not taken."""
    raced = any(one.in_turn is not None for one in tried)
    names = ["runtime", "precision", "words a second", "torch = 1", "F1", "in turn" if raced else "", ""]
    rows = [_tried_row(one, speed_before(tried)) for one in tried]
    return table(
        rows, header=names, aligns=("l", "l", "r", "r", "r", "r", "l"), spacing=2, max_col=1000
    ).strip("\n")


def _tried_row(one: Tried, before: float) -> list[str]:
    name = [one.plan.runtime, one.plan.precision]
    if one.report is None:
        return [*name, *[""] * 4, one.reason]
    figures = [f"{one.speed:,.0f}", f"{one.speed / before:.1f}", f"{one.report.after.f_score or 0.0:.2f}"]
    if one.is_acceptable:
        return [*name, *figures, "" if one.in_turn is None else f"{one.in_turn:,.0f}", ""]
    reason = f"F1 fell by {one.report.drop:.2f} points, more than --max-drop {one.plan.max_drop:g}"
    return [*name, *figures, "", reason]
