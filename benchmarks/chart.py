"""Line charts as SVG by hand: nothing to install, readable on light and on dark ground."""

import math
from collections.abc import Callable, Sequence
from html import escape

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 76, 20, 56, 52
STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 14px }
.axis { stroke: #59636e } .grid { stroke: #d1d9e0 } .ground { fill: #fff }
.s0 { stroke: #0550ae; fill: #0550ae } .s1 { stroke: #bc4c00; fill: #bc4c00 } .s2 { stroke: #1a7f37; fill: #1a7f37 }
.s3 { stroke: #8250df; fill: #8250df } polyline { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .axis { stroke: #9198a1 } .grid { stroke: #3d444d } .ground { fill: #0d1117 }
.s0 { stroke: #58a6ff; fill: #58a6ff } .s1 { stroke: #f0883e; fill: #f0883e } .s2 { stroke: #56d364; fill: #56d364 }
.s3 { stroke: #bc8cff; fill: #bc8cff } }
</style>"""
N_COLORS = 4
PREFIXES = ("", "k", "M")

Series = dict[str, list[tuple[float, float]]]


def line_chart(title: str, series: Series, *, x_label: str, y_label: str) -> str:
    """Points joined by lines; both axes are logarithmic, so that what is proportional is straight.

    series (dict[str, list[tuple[float, float]]]): name -> points (x, y), all above 0.
    RETURNS (str): the SVG.
    """
    points = [point for line in series.values() for point in line]
    x_range, y_range = (_decades([point[i] for point in points]) for i in (0, 1))
    to_x = _scale(x_range, LEFT, WIDTH - RIGHT)
    to_y = _scale(y_range, HEIGHT - BOTTOM, TOP)
    parts = [_text(LEFT, 20, title, "title"), _text(LEFT, 38, y_label)]
    for decade in range(y_range[0], y_range[1] + 1):
        y = to_y(10.0**decade)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 8, y + 4, _short(decade), anchor="end"))
    for decade in range(x_range[0], x_range[1] + 1):
        parts.append(_text(to_x(10.0**decade), HEIGHT - BOTTOM + 18, _short(decade), anchor="middle"))
    parts.append(
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>'
    )
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_label, anchor="middle"))
    for i, (name, line) in enumerate(series.items()):
        parts += _line(i, name, [(to_x(x), to_y(y)) for x, y in line], x=LEFT + 12 + 150 * i)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img">'
    )
    ground = f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", STYLE, ground, *parts, "</svg>", ""])


def _line(i: int, name: str, points: Sequence[tuple[float, float]], *, x: float) -> list[str]:
    color = f"s{i % N_COLORS}"
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    dots = [f'<circle class="{color}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in points]
    legend = f'<rect class="{color}" x="{x}" y="{TOP - 8}" width="10" height="10"/>'
    return [f'<polyline class="{color}" points="{path}"/>', *dots, legend, _text(x + 15, TOP + 1, name)]


def _text(x: float, y: float, text: str, css: str = "", *, anchor: str = "start") -> str:
    mark = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{mark}>{escape(text)}</text>'


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _scale(decades: tuple[int, int], start: float, end: float) -> Callable[[float], float]:
    low, high = decades
    return lambda value: start + (end - start) * (math.log10(value) - low) / (high - low)


def _short(decade: int) -> str:
    thousands, rest = divmod(decade, 3)
    if 0 < thousands < len(PREFIXES):
        return f"{10**rest} {PREFIXES[thousands]}"
    return f"{10.0**decade:g}"
