"""A part of a long row of texts that stands for all of it."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def draw_evenly(items: Iterable[Item], length: Callable[[Item], int], *, share: float) -> list[Item]:
    """About such a share of the words, in whole texts at equal distances over all of them; empty ones are left out.

    length (Callable[[Item], int]): the words of a text.
    share (float): 0 to 1; above that all are taken.
    """
    drawn: list[Item] = []
    seen = taken = 0
    for item in items:
        n_words = length(item)
        seen += n_words
        if n_words and taken < seen * share:
            drawn.append(item)
            taken += n_words
    return drawn
