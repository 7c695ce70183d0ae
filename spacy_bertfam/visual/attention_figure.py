"""A matrix of weights between words -> a heat map in SVG, with the words at its sides."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

# Shades of a cell, 0 is empty. attention.js draws the same when another map is chosen.
N_LEVELS = 15
LABEL_CHARS = 14

SVG = """<svg id="matrix" role="img" aria-labelledby="chosen" viewBox="0 0 {size} {size}" \
width="{size}" height="{size}">
<g class="labels">{labels}</g>
<g id="cells" shape-rendering="crispEdges" transform="translate({margin} {margin}) scale({cell})">
<rect class="frame" width="{n}" height="{n}"/>
{paths}
<rect id="row" width="{n}" height="1"/>
</g>
</svg>
"""


def heat_map(words: Sequence[str], weights: NDArray[np.float32]) -> str:
    """Draw a matrix; the more words, the smaller its cells.

    weights (ndarray): Shape: (n_words, n_words), each from 0 to 1, from the row's word to the column's.
    RETURNS (str): the element, which takes its colours from attention.css.
    """
    n = len(words)
    cell = 18 if n <= 50 else 12
    margin = 8 * min(LABEL_CHARS, max(map(len, words))) + 10
    paths = [
        f'<path fill-opacity="{level / N_LEVELS:.3f}" d="{d}"/>'
        for level, d in enumerate(level_paths(weights), start=1)
    ]
    return SVG.format(
        size=margin + n * cell + 2,
        margin=margin,
        cell=cell,
        n=n,
        labels="".join(_labels(word, i, margin, cell) for i, word in enumerate(words)),
        paths="\n".join(paths),
    )


def level_paths(weights: NDArray[np.float32]) -> list[str]:
    """RETURNS (list): for each level from 1 on the cells that have it, as SVG path data in units of a cell."""
    levels = np.rint(np.sqrt(weights) * N_LEVELS).astype(int)
    drawn: list[list[str]] = [[] for _ in range(N_LEVELS)]
    for y, row in enumerate(levels):
        # neighbours of one level are one rectangle
        starts = np.flatnonzero(np.diff(row, prepend=-1)).tolist()
        for x, end in zip(starts, [*starts[1:], len(row)], strict=True):
            if row[x]:
                drawn[row[x] - 1].append(f"M{x} {y}h{end - x}v1h{x - end}z")
    return ["".join(parts) for parts in drawn]


def _labels(word: str, i: int, margin: int, cell: int) -> str:
    text = escape(word if len(word) <= LABEL_CHARS else f"{word[: LABEL_CHARS - 1]}…")
    middle = margin + (i + 0.5) * cell
    size = f'font-size="{min(13, cell)}"'
    row = f'<text {size} x="{margin - 5}" y="{middle}" text-anchor="end" dy=".35em">{text}</text>'
    turned = f'transform="translate({middle} {margin - 5}) rotate(-90)"'
    return f'{row}<text {size} {turned} dy=".35em">{text}</text>\n'
