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
<g transform="translate(0 .5)">
{paths}
</g>
<rect id="row" width="{n}" height="1"/>
</g>
</svg>
"""


def heat_map(words: Sequence[str], weights: NDArray[np.float32]) -> str:
    """Draw a matrix; the more words, the smaller its cells.

    weights (NDArray[float32]): Shape: (n_words, n_words), each from 0 to 1, from the row's word to the column's.
    RETURNS (str): the element, which takes its colors from attention.css.
    """
    n = len(words)
    cell = 18 if n <= 50 else 12
    margin = 8 * min(LABEL_CHARS, max(map(len, words))) + 10
    drawn = enumerate(level_paths(weights), start=1)
    paths = [f'<path stroke-opacity="{level / N_LEVELS:.3f}" d="{d}"/>' for level, d in drawn]
    labels = "".join(_labels(word, margin + (i + 0.5) * cell, margin, cell) for i, word in enumerate(words))
    size = margin + n * cell + 2
    return SVG.format(size=size, margin=margin, cell=cell, n=n, labels=labels, paths="\n".join(paths))


def level_paths(weights: NDArray[np.float32]) -> list[str]:
    """RETURNS (list[str]): for each level from 1 on the cells that have it, as SVG path data: lines, one cell wide."""
    levels = np.rint(np.sqrt(weights) * N_LEVELS).astype(int)
    drawn = [""] * N_LEVELS
    for y, row in enumerate(levels):
        # neighbors of one level are one line
        starts = np.flatnonzero(np.diff(row, prepend=-1)).tolist()
        for x, end in zip(starts, [*starts[1:], len(row)], strict=True):
            if row[x]:
                drawn[row[x] - 1] += f"M{x} {y}h{end - x}"
    return drawn


def _labels(word: str, middle: float, margin: int, cell: int) -> str:
    """The word before its row and above its column."""
    text = escape(word if len(word) <= LABEL_CHARS else f"{word[: LABEL_CHARS - 1]}…")
    size, end = f'font-size="{min(13, cell)}"', margin - 5
    row = f'<text {size} x="{end}" y="{middle}" text-anchor="end" dy=".35em">{text}</text>'
    return f'{row}<text {size} transform="translate({middle} {end}) rotate(-90)" dy=".35em">{text}</text>\n'
