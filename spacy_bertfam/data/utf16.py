"""Offsets in UTF-16 code units, as Java and JavaScript have them <-> characters."""

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate


def n_utf16(text: str) -> int:
    """RETURNS (int): the length in code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def from_utf16(text: str) -> Callable[[int], int]:
    """RETURNS (Callable[[int], int]): code unit -> character; -1 where it is outside, or between halves."""
    if text.isascii() or max(text) <= "\uffff":
        return lambda unit: unit if 0 <= unit <= len(text) else -1
    units = _units(text)

    def place(unit: int) -> int:
        i = bisect_left(units, unit)
        return i if i < len(units) and units[i] == unit else -1

    return place


def to_utf16(text: str) -> Callable[[int], int]:
    """RETURNS (Callable[[int], int]): character -> code unit."""
    return (lambda place: place) if text.isascii() or max(text) <= "\uffff" else _units(text).__getitem__


def _units(text: str) -> list[int]:
    return [0, *accumulate(2 if char > "\uffff" else 1 for char in text)]
