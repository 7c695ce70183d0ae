"""A report as tables in words, the same on the page and in Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan

from ..visual.wording import Wording
from .outcomes import BOUNDARY, KINDS, MISSED, RIGHT, SPURIOUS
from .overlap import LONGEST
from .overlap import WAYS as OVERLAPS
from .prediction import Prediction
from .report import STATES, Report
from .slices import ALL, BUILT_IN, NAMED, WAYS, Slice

ANSWER_WAYS = tuple(way for way in WAYS if way != "training")
ANSWER_KINDS = (RIGHT, BOUNDARY, MISSED, SPURIOUS)
N_LABELS = 20  # rows and columns of the table of labels taken for each other


@dataclass
class Table:
    """Rows under a head; the first column names the rows.

    ranges: of each row a score and its interval, from 0 to 1, to be drawn; None for none.
    is_shaded (bool): counts, to be shaded by their share in the row.
    """

    title: str
    head: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    ranges: list[tuple[float, float, float] | None] = field(default_factory=list)
    is_shaded: bool = False


def make_tables(report: Report, words: Wording) -> Iterator[Table]:
    """YIELDS (Table): all figures of a report."""
    slices = {one.name: one for one in report.slices}
    if report.exact:
        yield from _make_answer_tables(report, slices, words)
        return
    by_label = slices.pop("label")
    yield _scores([slices.pop("all"), by_label], words, notes=[words.say("interval")])
    if report.comparison:
        yield _comparison(report, words)
    yield _speeds(report, words)
    yield _kinds(report, by_label.rows, KINDS, words, words.say("gold_label"), note="kinds_note")
    yield _confusion(report, by_label.rows, words)
    yield _overlap(report, words)
    for one in slices.values():
        yield _scores([one], words)
    yield _calibration(report, words)
    yield _names(report, words)


def _make_answer_tables(report: Report, slices: dict[str, Slice], words: Wording) -> Iterator[Table]:
    exact = {one.name: one for one in report.exact}
    pairs = {name: (exact[name], f1) for name, f1 in slices.items()}
    asked = pairs.pop("label")
    yield _answers([pairs.pop("all"), asked], words, notes=[words.say("answer_interval")])
    if report.comparison:
        yield _comparison(report, words)
    yield _speeds(report, words)
    column = words.names("answer_columns", ANSWER_WAYS)["label"]
    yield _kinds(report, asked[1].rows, ANSWER_KINDS, words, column, note="answer_kinds_note")
    for pair in pairs.values():
        yield _answers([pair], words)
    yield _calibration(report, words)


def _answers(pairs: Sequence[tuple[Slice, Slice]], words: Wording, *, notes: Sequence[str] = ()) -> Table:
    """Exact match and F1 of the questions in rows."""
    last, names = pairs[-1][1].name, words.names("row_names", NAMED)
    title, column = (words.names(key, ANSWER_WAYS)[last] for key in ("answer_titles", "answer_columns"))
    table = Table(title, [column, *words.say("answer_score_columns").split("|")], [], list(notes))
    for exact, f1 in pairs:
        named = BUILT_IN["field"] if f1.name == "field" else NAMED
        for i, row in enumerate(f1.rows):
            n = int(f1.counts[:, i, 2].sum())
            low, high = map(float, f1.ends[:, i, 2])
            scores = [one.scores()[i, 2] for one in (exact, f1)]
            cells = [words.number(n), *map(_figure, scores), _interval(low, high)]
            table.rows.append([names[row] if row in named else row, *cells])
            table.ranges.append(None if isnan(low) else (float(scores[1]), low, high))
    return table


def _interval(low: float, high: float) -> str:
    return "–" if isnan(low) else f"{low:.3f}–{high:.3f}"


def _scores(slices: Sequence[Slice], words: Wording, *, notes: Sequence[str] = ()) -> Table:
    last, names = slices[-1].name, words.names("row_names", NAMED)
    head = [words.names("slice_columns", WAYS)[last], *words.say("score_columns").split("|")]
    table = Table(words.names("slice_titles", WAYS)[last], head, [], list(notes))
    for one in slices:
        totals = one.counts.sum(axis=0).astype(int).tolist()
        ends = one.ends[:, :, 2].T.tolist()
        for row, (_, predicted, gold), scores, (low, high) in zip(
            one.rows, totals, one.scores().tolist(), ends, strict=True
        ):
            name = names[row] if row in BUILT_IN.get(one.name, NAMED) else row
            cells = [words.number(gold), words.number(predicted), *map(_figure, scores)]
            table.rows.append([name, *cells, _interval(low, high)])
            table.ranges.append(None if isnan(low) else (scores[2], low, high))
    return table


def _figure(score: float) -> str:
    return "–" if isnan(score) else f"{score:.3f}"


def _overlap(report: Report, words: Wording) -> Table:
    names = words.names("way_names", OVERLAPS)
    rows = [[names[way], *map(_figure, scores)] for way, scores in report.overlap.items()]
    notes = [words.say("no_overlap" if report.overlap_note else "overlap_note", n=LONGEST)]
    return Table(words.say("overlap"), ["", *words.say("score_columns").split("|")[2:5]], rows, notes)


def _kinds(
    report: Report, rows: Sequence[str], kinds: Sequence[str], words: Wording, column: str, *, note: str
) -> Table:
    """Of each label, or each question word, how often there is each kind."""
    counts, names = report.kinds, words.names("kind_names", KINDS)
    body = [[row, *(words.number(counts[row, kind]) for kind in kinds)] for row in rows]
    head = [column, *(names[kind] for kind in kinds)]
    return Table(words.say("kinds"), head, body, [words.say(note)], is_shaded=True)


def _confusion(report: Report, labels: Sequence[str], words: Wording) -> Table:
    """The most common labels; what they are missed as and made of nothing has a row and a column."""
    counts, labels = report.confusion, [*labels[:N_LABELS], ""]
    names = words.names("kind_names", KINDS)
    rows = [
        [gold or names[SPURIOUS], *(words.number(counts[gold, label]) for label in labels)] for gold in labels
    ]
    head = [words.say("gold_label"), *labels[:-1], names[MISSED]]
    return Table(words.say("confusion"), head, rows, [words.say("confusion_note")], is_shaded=True)


def _calibration(report: Report, words: Wording) -> Table:
    scored = report.scored
    if not len(scored):
        return Table(words.say("calibration"), [], [], [words.say("no_scores")])
    figures = (scored.log_loss(), scored.brier(), scored.calibration_error())
    names = words.say("figure_names").split("|")
    rows = [[name, words.number(value)] for name, value in zip(names, figures, strict=True)]
    return Table(words.say("calibration"), ["", report.model.name], rows, [words.say("calibration_note")])


def _names(report: Report, words: Wording) -> Table:
    sides = [(words.say("gold"), report.gold_repeated)]
    sides += [(one.name, one.repeated) for one in _predictions(report)]
    rows = [[name, *map(words.number, repeated)] for name, repeated in sides]
    return Table(
        words.say("names"), ["", *words.say("names_columns").split("|")], rows, [words.say("names_note")]
    )


def _predictions(report: Report) -> list[Prediction]:
    return [report.model] + ([report.comparison.other] if report.comparison else [])


def _speeds(report: Report, words: Wording) -> Table:
    rows = []
    for one in _predictions(report):
        speeds = [one.n_tokens / seconds if seconds else 0.0 for seconds in (one.seconds, one.cpu_seconds)]
        cells = [words.number(round(speed)) if speed else "–" for speed in speeds]
        rows.append([one.name, *cells, f"{one.n_bytes / 1e6:.1f}" if one.n_bytes else "–"])
    return Table(words.say("speeds"), ["", *words.say("speed_columns").split("|")], rows)


def _comparison(report: Report, words: Wording) -> Table:
    assert report.comparison is not None
    other, n_texts, scores = report.comparison.other, report.comparison.n_texts, report.comparison.scores
    rows, names = [], words.names("row_names", NAMED)
    for row, (mine, theirs, paired) in scores.items():
        interval = "–" if isnan(paired.low) else f"{paired.low:+.3f} – {paired.high:+.3f}"
        tests = (paired.p_bootstrap, paired.p_randomization)
        name = names[ALL] if row == ALL else row
        cells = [
            f"{mine:.3f}",
            f"{theirs:.3f}",
            f"{paired.difference:+.3f}",
            interval,
            *map(_figure, tests),
        ]
        rows.append([name, *cells])
    states = [error.state for error in report.errors]
    counts = {state: words.number(states.count(state)) for state in STATES}
    notes = [words.say("states", other=other.name, **counts), words.say("tests")]
    if n_texts < len(report.docs):
        notes.append(words.say("lacking", other=other.name, n=len(report.docs) - n_texts, shared=n_texts))
    head = ["", report.model.name, other.name, *words.say("test_columns").split("|")]
    return Table(words.say("comparison", other=other.name), head, rows, notes)
