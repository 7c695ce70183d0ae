"""A calibration -> one self-contained HTML page: how often scores are right, and what each `min_score` would leave."""

from collections.abc import Iterable, Sequence
from html import escape

from ..evaluation.calibration import FEW, FOLDS, HIGHEST, LOWEST, Calibration
from ..evaluation.calibration_table import THRESHOLD_NAMES, figures, threshold_rows
from .reliability_chart import FAINT, reliability_chart
from .template import card, html_page
from .wording import Wording

FIGURES = ("log_loss", "brier", "error", "entities_row", "right_row", "f1")  # in the order of `figures`


def render_calibration(calibration: Calibration, *, name: str, lang: str = "en") -> str:
    """Write the account of a calibration as an HTML page that needs no script and nothing from elsewhere.

    name (str): of the pipeline, for the heading.
    lang (str): of the pipeline; the page is in English where it does not speak it.
    """
    words = Wording("calibration", lang, noun=calibration.noun)
    texts = words.count("texts", calibration.n_texts)
    entities = words.count("entities", len(calibration.entities_before))
    known = {
        "component": escape(calibration.component),
        "before": calibration.before,
        "after": calibration.after,
    }
    summary = words.say("found_by", texts=texts, entities=entities, **known)
    return html_page(
        lang=words.lang,
        title=words.say("title", name=name),
        header=f"<p>{summary}</p>\n",
        main=_diagrams(calibration, words) + _figures(calibration, words) + _thresholds(calibration, words),
        notes=map(escape, calibration_warnings(calibration, words.lang)),
        styles=["reliability.css"],
    )


def calibration_warnings(calibration: Calibration, lang: str = "en") -> list[str]:
    """RETURNS (list[str]): what speaks against the temperature, in sentences of that language."""
    words = Wording("calibration", lang, noun=calibration.noun)
    found = []
    if calibration.is_of_few:
        found.append(words.say("few_entities", n=len(calibration.entities_before), few=FEW))
    if calibration.is_at_the_end:
        found.append(words.say("at_the_end", lowest=LOWEST, highest=HIGHEST))
    return found


def _diagrams(calibration: Calibration, words: Wording) -> str:
    panels = (
        (words.say("before"), "before", calibration.before, calibration.entities_before),
        (words.say("after"), "after", calibration.after, calibration.measured),
    )
    charts = ""
    for when, css, temperature, entities in panels:
        caption = words.say("panel", when=when.capitalize(), temperature=temperature)
        chart = reliability_chart(entities, css=css, label=words.say("diagram", when=when), words=words)
        charts += f"<figure>\n<figcaption>{caption}</figcaption>\n{chart}</figure>\n"
    how = words.say("cross_fitted", folds=FOLDS) if calibration.held_out else words.say("fitted_to")
    notes = f"{words.say('reading')} {words.say('faint', few=FAINT)} {how}"
    return card(words.say("question"), f'<div class="panels">\n{charts}</div>\n<p>{notes}</p>\n')


def _figures(calibration: Calibration, words: Wording) -> str:
    pairs = zip(FIGURES, figures(calibration), strict=True)
    rows = [[words.say(f"figure_{name}"), *map(words.number, row[1:])] for name, row in pairs]
    head = ["", words.say("before"), words.say("after")]
    table = _table(head, rows, name=words.say("in_figures"))
    return card(words.say("in_figures"), table + f"<p>{words.say('less_is_better')}</p>\n")


def _thresholds(calibration: Calibration, words: Wording) -> str:
    thousands = words.say("thousands")
    rows = [[cell.replace(",", thousands) for cell in row] for row in threshold_rows(calibration)]
    head = [words.say(f"column_{name.lower()}") for name in THRESHOLD_NAMES]
    marked = "" if calibration.min_score is None else f"{calibration.min_score:g}"
    table = _table(head, rows, name=words.say("which"), marked=marked)
    return card(words.say("which"), table + f"<p>{words.say('left')}</p>\n")


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], *, name: str, marked: str = "") -> str:
    """A table whose first column names the rows; the row named ``marked`` is set off."""
    head = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in names)
    body = ""
    for first, *cells in rows:
        mark = ' class="set"' if first == marked else ""
        values = "".join(f"<td>{cell}</td>" for cell in cells)
        body += f'<tr{mark}><th scope="row">{first}</th>{values}</tr>\n'
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    return f'<div class="scroll" role="group" aria-label="{name}" tabindex="0">{table}</div>\n'
