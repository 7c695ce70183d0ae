"""A calibration -> one self-contained HTML page: how often scores are right, and what each `min_score` would leave."""

from collections.abc import Iterable, Sequence
from html import escape

from ..evaluation.calibration import Calibration
from ..evaluation.calibration_table import THRESHOLD_NAMES, figure_rows, threshold_rows
from .reliability_chart import reliability_chart
from .template import card, html_page

FIGURES_NOTE = "<p>Of log loss, Brier score and calibration error less is better, and 0 is best.</p>\n"
THRESHOLDS_NOTE = (
    "<p>With the new temperature: what is left where entities with a lower score are left out. In bold, what is set "
    "now.</p>\n"
)


def render_calibration(calibration: Calibration, *, name: str) -> str:
    """Write the account of a calibration as an HTML page that needs no script and nothing from elsewhere.

    name (str): of the pipeline, for the heading.
    """
    figures = [[row[0], row[1], row[3] or row[2]] for row in figure_rows(calibration)[1:]]
    thresholds = _table(THRESHOLD_NAMES, threshold_rows(calibration), marked=f"{calibration.min_score:g}")
    summary = (
        f"<p>{calibration.n_texts:,} texts, {len(calibration.entities_before):,} entities found by "
        f"{escape(calibration.component)}; temperature {calibration.before:.2f} before, {calibration.after:.2f} "
        "after</p>\n"
    )
    return html_page(
        lang="en",
        title=f"Scores of {name}",
        header=summary,
        main=_diagrams(calibration)
        + card("In figures", _table(["", "before", "after"], figures) + FIGURES_NOTE)
        + card("Which min_score?", thresholds + THRESHOLDS_NOTE),
        notes=map(escape, calibration.warnings),
        styles=["reliability.css"],
    )


def _diagrams(calibration: Calibration) -> str:
    held_out = calibration.held_out
    panels = (
        ("before", calibration.before, calibration.entities_before),
        ("after", calibration.after, held_out.entities if held_out else calibration.entities_after),
    )
    figures = "".join(
        f"<figure>\n<figcaption>{css.capitalize()}, temperature {temperature:.2f}</figcaption>\n"
        f"{reliability_chart(entities, css=css, label=f'Reliability diagram, {css}')}</figure>\n"
        for css, temperature, entities in panels
    )
    how = "each half of the texts by the temperature of the other half"
    fitted = "measured on the texts that the temperature was fitted to"
    return card(
        "How often are they right?",
        f'<div class="panels">\n{figures}</div>\n<p>On the dashed line scores are calibrated; below it they are '
        f"overconfident. After: {how if held_out else fitted}.</p>\n",
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], *, marked: str = "") -> str:
    """A table whose first column names the rows; the row named ``marked`` is set off."""
    head = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in names)
    body = ""
    for first, *cells in rows:
        mark = ' class="set"' if first == marked else ""
        values = "".join(f"<td>{cell}</td>" for cell in cells)
        body += f'<tr{mark}><th scope="row">{first}</th>{values}</tr>\n'
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n'
