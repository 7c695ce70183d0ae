"""Offsets as tools give them -> characters of the text."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .trimming import clean_edges
from .utf16 import from_utf16

DIGITS = re.compile(r"[0-9]{1,15}")
# Scripts without spaces between words: Thai, Lao, Khmer, kana, Chinese characters
UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# Words are looked for so many characters from their offsets, and one more for each RISE before them: what drifts are
# line ends that were counted otherwise, and marks at the beginning
REACH, RISE = 50, 20
FRACTION = "at a fraction of a character"
MOVED = "put where the text has the words that the tool gives beside the offsets"
OTHER_WORDS = "at offsets where other words stand than the tool gives beside them"


def number_of(value: Any) -> int | float | None:
    """RETURNS (int | float | None): 1 of 1, 1.0 and "1", 1.5 of itself; None of what is no finite number."""
    number = int(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value
    is_number = type(number) in (int, float) and abs(number) < 1e15
    return (int(number) if number == int(number) else float(number)) if is_number else None


def unit_of(text: str, entries: Iterable[Sequence[Any]]) -> Callable[[int], int]:
    """RETURNS (Callable[[int], int]): offset -> character: of UTF-16 units, which JavaScript counts, where all offsets
    are at the edges of words then, as characters not all, and no words that the tool gives stand where characters say.

    entries (Iterable[Sequence]): start, end and words of each, as the tool gives them.
    """
    if text.isascii() or max(text) <= "\uffff":
        return int
    place, numbers = from_utf16(text), ((number_of(a), number_of(b), words) for a, b, words in entries)
    known = [(a, b, words) for a, b, words in numbers if isinstance(a, int) and isinstance(b, int)]
    if all(fits(text, a, b) for a, b, _ in known) or any(
        place(a) != a and isinstance(words, str) and clean_edges(words) and _holds(text, a, b, words)
        for a, b, words in known
    ):
        return int
    places = [(place(a), place(b)) for a, b, _ in known]
    # a guess: what begins or ends with a sign may be part of a word, counted in characters
    is_plain = all(fits(text, a, b) and text[a].isalnum() and text[b - 1].isalnum() for a, b in places)
    return place if is_plain else int


def _holds(text: str, start: int, end: int, words: str) -> bool:
    return clean_edges(text[max(start, 0) : max(end, 0)]) == clean_edges(words)


def fits(text: str, start: int, end: int) -> bool:
    """Whether a span is in the text, begins and ends with something to see, and cuts no word."""
    borders = (text[i - 1 : i + 1] for i in (start, end) if 0 < i < len(text))
    cuts = (border.isalnum() and not UNSPACED.search(border) for border in borders)
    return 0 <= start < end <= len(text) and text[start:end].strip() == text[start:end] and not any(cuts)


def find_words(text: str, start: int, end: int, words: Any) -> tuple[int, int, str]:
    """Look whether a span holds the words that a tool says it holds; if not, whether they stand nearby.

    RETURNS (tuple[int, int, str]): the offsets in characters, and what was changed, or is wrong; "" of nothing.
    """
    if not isinstance(words, str) or not (wanted := clean_edges(words)):
        return start, end, ""
    if _holds(text, start, end, words):
        return start, end, ""
    place = from_utf16(text)
    first, last = place(start), place(end)
    if 0 <= first < last and clean_edges(text[first:last]) == wanted:
        return first, last, ""
    if 0 <= start < end <= len(text) and _letters(text[start:end]) == _letters(words):
        return start, end, ""
    places = (text.rfind(wanted, 0, max(start, 0) + len(wanted)), text.find(wanted, max(start, 0)))
    reach = REACH + start // RISE
    near = [i for i in places if start >= 0 and abs(i - start) <= reach and fits(text, i, i + len(wanted))]
    if not near:
        return start, end, OTHER_WORDS
    found = min(near, key=lambda i: abs(i - start))
    return found, found + len(wanted), MOVED


def _letters(text: str) -> str:
    """What is left where tools write spaces, line breaks and capitals in ways of their own."""
    return "".join(filter(str.isalnum, text.replace("\\n", "").casefold()))
