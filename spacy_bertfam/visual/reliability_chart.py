"""A reliability diagram as SVG: how often entities are right, by their score."""

from collections.abc import Iterator, Sequence

from ..evaluation.scored import N_BINS, Bin, ScoredEntities
from .wording import Wording

SIDE = 300  # of the square
LEFT, TOP = 46, 12
COUNTS = 56  # height of the counts below it
FLOOR = TOP + SIDE + 44 + COUNTS  # where the bars of the counts stand
FAINT = 10  # entities; the share of fewer is mostly chance
WIDTH, HEIGHT = LEFT + SIDE + 14, FLOOR + 24


def reliability_chart(entities: ScoredEntities, *, css: str, label: str, words: Wording) -> str:
    """A point for each bin of scores, at the mean score and the share that is right, tied to the diagonal of
    calibrated scores; below it how many entities each bin has. Bins of few are faint.

    css (str): class of points and bars.
    label (str): what is read out in the place of the picture.
    words (Wording): of the page "calibration".
    RETURNS (str): the SVG, for a page whose style has the classes.
    """
    bins = entities.bins()
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
    drawn = (*_frame(words), *_counts(bins, css, words), *_points(bins, css, words))
    return "\n".join([head, *drawn, "</svg>\n"])


def _frame(words: Wording) -> Iterator[str]:
    for i in range(0, N_BINS + 1, 2):
        share = i / N_BINS
        yield _line("grid", _x(share), _y(0), _x(share), _y(1))
        yield _line("grid", _x(0), _y(share), _x(1), _y(share))
        yield _text(_x(share), _y(0) + 15, f"{share:g}")
        yield _text(LEFT - 7, _y(share) + 4, f"{share:g}", anchor="end")
    yield _line("axis", _x(0), _y(0), _x(1), _y(0))
    yield _line("axis", _x(0), _y(0), _x(0), _y(1))
    yield _line("ideal", _x(0), _y(0), _x(1), _y(1))
    middle = TOP + SIDE / 2
    yield f'<g transform="rotate(-90 12 {middle:g})">{_text(12, middle, words.say("share"))}</g>'
    yield _text(LEFT + SIDE / 2, _y(0) + 31, words.say("score"))
    yield _text(LEFT + SIDE / 2, FLOOR + 17, words.say("in_each_tenth"))


def _class(one: Bin, css: str) -> str:
    return f"{css} few" if one.n_entities < FAINT else css


def _points(bins: Sequence[Bin], css: str, words: Wording) -> Iterator[str]:
    most = max(one.n_entities for one in bins)
    for one in bins:
        radius = 3 + 4 * (one.n_entities / most) ** 0.5
        x, y = _x(one.mean_score), _y(one.share_right)
        entities = words.count("entities", one.n_entities)
        hint = words.say("point", score=one.mean_score, right=one.share_right, entities=entities)
        name, circle = _class(one, css), f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
        yield _line(f"gap {name}", x, y, x, _y(one.mean_score))
        yield f'<circle class="{name}" {circle}><title>{hint}</title></circle>'


def _counts(bins: Sequence[Bin], css: str, words: Wording) -> Iterator[str]:
    most = max(one.n_entities for one in bins)
    width = SIDE / N_BINS - 6
    for one in bins:
        x = _x((one.index + 0.5) / N_BINS)
        height = max((COUNTS - 14) * one.n_entities / most, 1)
        place = f'x="{x - width / 2:.1f}" y="{FLOOR - height:.1f}" width="{width:g}" height="{height:.1f}"'
        yield f'<rect class="bar {_class(one, css)}" {place}/>'
        yield _text(x, FLOOR - height - 3, words.number(one.n_entities))


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _line(css: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
