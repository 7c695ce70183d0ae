"""A report -> one self-contained HTML page: its figures, and the errors themselves, which can be filtered."""

from collections.abc import Iterable, Sequence
from html import escape

from spacy.tokens import Doc

from ..data.pairs import first_length
from ..visual.marked import as_mark, write_marks
from ..visual.page import label_rules
from ..visual.reliability_chart import reliability_chart
from ..visual.template import as_data, card, direction_of, html_page, language_tag
from ..visual.wording import Wording
from .outcomes import KINDS, Entity, Outcome
from .report import MENDED, STATES, Error, Report
from .tables import Table

AROUND = 25  # tokens on each side of an error
SHORT = 2 * AROUND  # tokens; a sentence of no more is shown whole
N_SHOWN = 500


def render_report(
    report: Report, tables: Sequence[Table], summary: Sequence[str], words: Wording, *, n_shown: int = N_SHOWN
) -> str:
    """Write a report as an HTML page that needs nothing from elsewhere; without scripts it shows all, unfiltered.

    n_shown (int): errors on the page, and as many that the pipeline has mended.
    """
    mended = [error for error in report.errors if error.state == MENDED]
    own = [error for error in report.errors if error.state != MENDED]
    errors = own[:n_shown] + mended[:n_shown]
    labels = sorted({ent.label for error in errors for _, ents in _sides(report, error.doc) for ent in ents})
    css = {label: f"l{i}" for i, label in enumerate(labels)}
    cards = "".join(_error(report, error, css, words) for error in errors)
    notes = [words.say("answer_order" if report.exact else "order")]
    if len(errors) < len(report.errors):
        shown, n = words.number(len(errors)), words.number(len(report.errors))
        notes.append(words.say("shown", shown=shown, n=n))
    return html_page(
        lang=words.lang,
        title=words.say("title", name=report.model.name),
        header="".join(f"<p>{escape(sentence)}</p>\n" for sentence in summary),
        main="".join(_table(table, _chart(report, table, words)) for table in tables)
        + f'<h2 id="errors">{words.say("errors")}</h2>\n<p>{" ".join(notes)}</p>\n'
        + f"{_filters(report, errors, words)}{cards}",
        styles=["reliability.css", "controls.css", "report.css"],
        rules=label_rules(css),
        script="report.js",
        data=as_data({"n_shown": words.sentences["n_shown"]}),
    )


def _table(table: Table, chart: str) -> str:
    title = escape(table.title)
    head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in table.head)
    head += "<td></td>" * bool(table.ranges)
    body = ""
    for i, (first, *cells) in enumerate(table.rows):
        values = _shaded(cells) if table.is_shaded else "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        drawn = f"<td>{_range(table, i)}</td>" if table.ranges else ""
        body += f'<tr><th scope="row">{escape(first)}</th>{values}{drawn}</tr>\n'
    content = chart
    if table.rows:
        content += (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table>\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
        )
    return card(title, content + "".join(f"<p>{escape(note)}</p>\n" for note in table.notes))


def _shaded(cells: Iterable[str]) -> str:
    counts = [int("".join(filter(str.isdigit, cell))) for cell in cells]
    total = max(sum(counts), 1)
    return "".join(
        f'<td class="shaded" style="--share: {n / total:.2f}">{escape(cell)}</td>'
        for n, cell in zip(counts, cells, strict=True)
    )


def _range(table: Table, i: int) -> str:
    """The score of a row and its interval on a line that ends at 1; the figures stand beside it."""
    floor = min([0.9, *(low for _, low, _ in filter(None, table.ranges))])
    figures = table.ranges[i]
    if figures is None:
        return ""
    x, low, high = (96 - 92 * (1 - figure) / (1 - floor) for figure in figures)
    return (
        '<svg class="range" viewBox="0 0 100 12" aria-hidden="true"><line class="grid" x1="4" y1="6" x2="96" y2="6"/>'
        f'<line x1="{low:.1f}" y1="6" x2="{high:.1f}" y2="6"/><circle cx="{x:.1f}" cy="6" r="3"/></svg>'
    )


def _chart(report: Report, table: Table, words: Wording) -> str:
    if table.title != words.say("calibration") or not table.rows:
        return ""
    chart = reliability_chart(
        report.scored,
        css="after",
        label=table.title,
        words=Wording("calibration", words.lang, noun=report.noun),
    )
    return f"<figure>\n{chart}</figure>\n"


def _filters(report: Report, errors: Sequence[Error], words: Wording) -> str:
    """A choice for each way in which the errors differ; the script shows them."""
    kinds, states = words.names("kind_names", KINDS), words.names("state_names", STATES)
    names = words.names("answer_filter_names" if report.exact else "filter_names", ("kind", "label", "state"))
    values = {
        "kind": {error.outcome.kind: kinds[error.outcome.kind] for error in errors},
        "label": {error.outcome.label: error.outcome.label for error in errors},
        "state": {error.state: states[error.state] for error in errors if error.state},
    }
    selects = ""
    for name, known in values.items():
        options = "".join(
            f'<option value="{escape(value)}">{escape(said)}</option>'
            for value, said in sorted(known.items())
        )
        selects += (
            f'<label>{names[name]} <select id="{name}"><option value="">{words.say("any")}</option>{options}'
            "</select></label>\n"
        ) * bool(known)
    return f'<form id="filters" class="controls" hidden>\n{selects}<output id="n_shown"></output>\n</form>\n'


def _sides(report: Report, i: int) -> list[tuple[str | None, list[Entity]]]:
    """RETURNS (list): the gold entities of a text, which have None for a name, and those of each prediction."""
    mine = report.outcomes[i]
    sides: list[tuple[str | None, list[Entity | None]]] = [
        (None, [one.gold for one in mine]),
        (report.model.name, [one.predicted for one in mine]),
    ]
    if report.comparison and (others := report.comparison.other.outcomes[i]) is not None:
        sides.append((report.comparison.other.name, [one.predicted for one in others]))
    return [(name, [ent for ent in ents if ent]) for name, ents in sides]


def _error(report: Report, error: Error, css: dict[str, str], words: Wording) -> str:
    doc, outcome = report.docs[error.doc], error.outcome
    floor = first_length(doc) if report.exact else 0  # of the text itself: a question stands above it
    around = _window(doc, outcome, floor)
    texts = ""
    for name, ents in _sides(report, error.doc):
        wrong = outcome.gold if name is None else outcome.predicted
        markup = _marked_text(doc, around, floor, ents, css, wrong[1:3] if wrong else None)
        heading = words.say("gold") if name is None else escape(name)
        texts += f'<div><h4>{heading}</h4>\n<div class="text">{markup}</div></div>\n'
    said = [words.names("kind_names", KINDS)[outcome.kind], escape(outcome.label)]
    said += [words.names("state_names", STATES)[error.state]] if error.state else []
    heading = f"<h3>{' · '.join(said)} <small>{words.say('text_n', n=error.doc + 1)}</small></h3>\n"
    lang, direction = language_tag(doc.lang_), direction_of(doc)
    if floor:
        question = f'<span lang="{lang}" dir="{direction}">{escape(doc[:floor].text)}</span>'
        heading += f"<p>{words.say('question')} {question}</p>\n"
    data = {"kind": outcome.kind, "label": escape(outcome.label), "state": error.state}
    attributes = ' class="error"' + "".join(f' data-{name}="{value}"' for name, value in data.items())
    sides = f'<div class="sides" lang="{lang}" dir="{direction}">\n{texts}</div>\n'
    return card("", heading + sides, attributes)


def _window(doc: Doc, outcome: Outcome, floor: int) -> tuple[int, int]:
    """RETURNS (tuple[int, int]): the tokens to show: the whole sentence where it is short and known."""
    places = [ent for ent in (outcome.gold, outcome.predicted) if ent]
    first, after = min(ent.start for ent in places), max(ent.end for ent in places)
    start, end = floor, len(doc)
    if doc.has_annotation("SENT_START"):
        start, end = max(doc[first].sent.start, floor), max(doc[after - 1].sent.end, after)
    if end - start <= SHORT:
        return start, end
    return max(first - AROUND, floor), min(after + AROUND, len(doc))


def _marked_text(
    doc: Doc, around: tuple[int, int], floor: int, ents: Iterable[Entity], css: dict[str, str],
    wrong: tuple[int, int] | None,
) -> str:  # fmt: skip
    """The text of a window by displaCy; an entity that crosses its edge is cut there."""
    start, end = around
    shown, last = doc[start:end], start
    marks = []
    for ent in sorted(ents, key=lambda ent: ent[1:3]):
        # two within one token of the gold text are shown as one
        first, after = max(ent.start, last), min(ent.end, end)
        if first >= after:
            continue
        last, span = after, doc[first:after]
        place = span.start_char - shown.start_char, span.end_char - shown.start_char
        classes = css[ent.label] + " wrong" * (ent[1:3] == wrong)
        marks.append(as_mark(*place, ent.label, ent.score, css=classes))
    markup = write_marks(doc, shown.text, marks)
    return f"{'… ' * (start > floor)}{markup}{' …' * (end < len(doc))}"
