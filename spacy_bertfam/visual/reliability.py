"""A calibration -> one self-contained HTML page: how often scores are right, and what each `min_score` would leave."""

from html import escape
from importlib.resources import files
from typing import List, Sequence

from ..evaluation.calibration import Calibration
from ..evaluation.scored import Judged
from .page import PAGE
from .reliability_chart import reliability_chart


def render_calibration(calibration: Calibration, *, name: str) -> str:
    """Write the account of a calibration as an HTML page that needs no script and nothing from elsewhere.

    name (str): of the pipeline, for the heading.
    RETURNS (str): the page.
    """
    style = files(__package__)
    return PAGE.format(
        lang="en",
        title=escape(f"Scores of {name}"),
        style="".join(style.joinpath(file).read_text("utf8") for file in ("page.css", "reliability.css")),
        summary=_summary(calibration),
        cards=_diagrams(calibration) + _figures(calibration) + _thresholds(calibration),
        footer="".join(
            f"<footer>\n<p>{escape(warning)}</p>\n</footer>\n" for warning in calibration.warnings
        ),
    )


def _summary(calibration: Calibration) -> str:
    return (
        f"<p>{calibration.n_texts:,} texts, {len(calibration.entities_before):,} entities found by "
        f"{escape(calibration.component)}; temperature {calibration.before:.2f} before, {calibration.after:.2f} "
        "after</p>\n"
    )


def _after(calibration: Calibration) -> Judged:
    return calibration.held_out.entities if calibration.held_out else calibration.entities_after


def _diagrams(calibration: Calibration) -> str:
    panels = (
        ("Before", "before", calibration.before, calibration.entities_before),
        ("After", "after", calibration.after, _after(calibration)),
    )
    figures = "".join(
        f"<figure>\n<figcaption>{title}, temperature {temperature:.2f}</figcaption>\n"
        f"{reliability_chart(entities, css=css, label=f'Reliability diagram, {css}')}</figure>\n"
        for title, css, temperature, entities in panels
    )
    how = (
        "After: each half of the texts by the temperature of the other half."
        if calibration.held_out
        else "After: measured on the texts that the temperature was fitted to."
    )
    return _card(
        "How often are they right?",
        f'<div class="panels">\n{figures}</div>\n<p>On the dashed line scores are as often right as they say; below it '
        f"they promise too much. {how}</p>\n",
    )


def _figures(calibration: Calibration) -> str:
    before, after = calibration.entities_before, _after(calibration)
    kept = calibration.kept
    rows = [
        ["Log loss", f"{before.log_loss():.3f}", f"{after.log_loss():.3f}"],
        ["Brier score", f"{before.brier():.3f}", f"{after.brier():.3f}"],
        [
            "Expected calibration error",
            f"{before.calibration_error():.3f}",
            f"{after.calibration_error():.3f}",
        ],
        ["Entities", *(f"{row.n_entities:,}" for row in kept)],
        ["Entities that are right", *(f"{row.n_right:,}" for row in kept)],
        ["F1", *(f"{row.f_score:.3f}" for row in kept)],
    ]
    return _card(
        "In figures",
        _table(["", "before", "after"], rows) + "<p>Of the first three less is better, and 0 is best.</p>\n",
    )


def _thresholds(calibration: Calibration) -> str:
    rows = [
        [
            f"{row.min_score:g}",
            f"{row.n_entities:,}",
            f"{row.precision:.3f}",
            f"{row.recall:.3f}",
            f"{row.f_score:.3f}",
        ]
        for row in calibration.thresholds
    ]
    marked = [row.min_score == calibration.min_score for row in calibration.thresholds]
    return _card(
        "Which min_score?",
        _table(["min_score", "entities", "precision", "recall", "F1"], rows, marked)
        + "<p>With the new temperature: what is left where entities with a lower score are left out. In bold, what is "
        "set now.</p>\n",
    )


def _card(heading: str, content: str) -> str:
    return f"<article>\n<h2>{heading}</h2>\n{content}</article>\n"


def _table(head: Sequence[str], rows: Sequence[List[str]], marked: Sequence[bool] = ()) -> str:
    def cells(row: Sequence[str], tag: str, scope: str) -> str:
        first = f'<th scope="{scope}">{row[0]}</th>' if row[0] else "<td></td>"
        rest = (f'<th scope="col">{cell}</th>' if tag == "th" else f"<td>{cell}</td>" for cell in row[1:])
        return first + "".join(rest)

    marks = [' class="set"' if mark else "" for mark in marked] or [""] * len(rows)
    body = "".join(
        f"<tr{mark}>{cells(row, 'td', 'row')}</tr>\n" for row, mark in zip(rows, marks, strict=True)
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{cells(head, "th", "col")}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )
