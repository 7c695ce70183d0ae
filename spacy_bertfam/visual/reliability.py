"""A calibration -> one self-contained HTML page: how often scores are right, and what each `min_score` would leave."""

from html import escape
from importlib.resources import files
from typing import Iterator, List, Sequence

from ..evaluation.calibration import FEW, HIGHEST, LOWEST, Calibration
from ..evaluation.calibration_table import figures
from .page import PAGE
from .reliability_chart import FAINT, reliability_chart
from .reliability_wording import RELIABILITY_WORDINGS, ReliabilityWording


def render_calibration(calibration: Calibration, *, name: str, lang: str = "en") -> str:
    """Write the account of a calibration as an HTML page that needs no script and nothing from elsewhere.

    name (str): of the pipeline, for the heading.
    lang (str): of the pipeline; the page is in English where it does not speak it.
    RETURNS (str): the page.
    """
    style = files(__package__)
    lang = lang if lang in RELIABILITY_WORDINGS else "en"
    words = RELIABILITY_WORDINGS[lang]
    return PAGE.format(
        lang=lang,
        title=escape(words.title.format(name=name)),
        style="".join(style.joinpath(file).read_text("utf8") for file in ("page.css", "reliability.css")),
        summary=_summary(calibration, words),
        cards=_diagrams(calibration, words) + _figures(calibration, words) + _thresholds(calibration, words),
        footer="".join(
            f"<footer>\n<p>{escape(note)}</p>\n</footer>\n" for note in _notes(calibration, words)
        ),
    )


def _summary(calibration: Calibration, words: ReliabilityWording) -> str:
    line = words.found_by.format(
        texts=words.counted(calibration.n_texts, words.texts),
        entities=words.counted(len(calibration.entities_before), words.entities),
        component=escape(calibration.component),
        before=calibration.before,
        after=calibration.after,
    )
    return f"<p>{line}</p>\n"


def _notes(calibration: Calibration, words: ReliabilityWording) -> Iterator[str]:
    if calibration.is_of_few:
        yield words.few_entities.format(n=len(calibration.entities_before), few=FEW)
    if calibration.is_at_the_end:
        yield words.at_the_end.format(lowest=LOWEST, highest=HIGHEST)


def _diagrams(calibration: Calibration, words: ReliabilityWording) -> str:
    panels = (
        (words.before, "before", calibration.before, calibration.entities_before),
        (words.after, "after", calibration.after, calibration.measured),
    )
    charts = "".join(
        f"<figure>\n<figcaption>{words.panel.format(when=when.capitalize(), temperature=temperature)}</figcaption>\n"
        f"{reliability_chart(entities, css=css, label=words.diagram.format(when=when), words=words)}</figure>\n"
        for when, css, temperature, entities in panels
    )
    notes = [words.reading, words.faint.format(few=FAINT)]
    notes.append(words.cross_fitted if calibration.held_out else words.fitted_to)
    return _card(words.question, f'<div class="panels">\n{charts}</div>\n<p>{" ".join(notes)}</p>\n')


def _figures(calibration: Calibration, words: ReliabilityWording) -> str:
    rows = [
        [name, words.number(row.before), words.number(row.after)]
        for name, row in zip(words.figures, figures(calibration), strict=True)
    ]
    head = ["", words.before, words.after]
    return _card(words.in_figures, _table(head, rows) + f"<p>{words.less_is_better}</p>\n")


def _thresholds(calibration: Calibration, words: ReliabilityWording) -> str:
    rows = [
        [
            f"{row.min_score:g}",
            words.number(row.n_entities),
            f"{row.precision:.3f}",
            f"{row.recall:.3f}",
            f"{row.f_score:.3f}",
        ]
        for row in calibration.thresholds
    ]
    marked = [row.min_score == calibration.min_score for row in calibration.thresholds]
    return _card(words.which, _table(words.columns, rows, marked) + f"<p>{words.left}</p>\n")


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
