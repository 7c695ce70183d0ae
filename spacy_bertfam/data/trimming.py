"""White space and invisible characters at the edges of words, labels and annotations: no part of them."""

import re

# what str.isspace knows
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# zero-width space, direction marks and isolates, word joiner, operators that nobody sees, notes between lines, BOM
MARKS = (
    "\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068"
    "\u2069\ufeff\ufff9\ufffa\ufffb"
)
# A word may end in one of these and mean something by it: Persian and Indic joiners, a hyphen where a line was broken
JOINERS = "\u200c\u200d\xad"
INVISIBLE = SPACES + MARKS + JOINERS
NO_MARKS = str.maketrans("", "", MARKS)
# Tabs and line breaks, which end a cell or a line of the formats that are written
BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")


def is_invisible(text: str) -> bool:
    """Whether there is nothing to see in it: white space (no-break too), zero-width, marks; "" counts."""
    return not text.strip(INVISIBLE)


def clean_edges(text: str) -> str:
    """RETURNS (str): a line or a text without what is invisible at its edges."""
    return text.strip(INVISIBLE)


def without_marks(text: str) -> str:
    """RETURNS (str): a tag without what is invisible at its edges, and without marks anywhere: they would make another
    label of one that looks the same."""
    return (text if text.isascii() else text.translate(NO_MARKS)).strip(INVISIBLE)


def clean_label(text: str) -> str:
    """RETURNS (str): a label in one line, and without marks."""
    return BREAKS.sub(" ", without_marks(text))


def clean_word(text: str) -> str:
    """RETURNS (str): a word without spaces and marks at its edges; as it is if it holds nothing else."""
    return text.strip(SPACES + MARKS) or text


def trim_offsets(text: str, start: int, end: int) -> tuple[int, int]:
    """RETURNS (tuple[int, int]): the offsets without what is invisible at their edges; equal if nothing is left."""
    right = text[start:end].lstrip(INVISIBLE)
    return end - len(right), end - len(right) + len(right.rstrip(INVISIBLE))


def shorten(text: str, length: int) -> str:
    """RETURNS (str): a text for a message: in one line, what is invisible made visible, and a long one cut."""
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[: length + 1]
    )
    return shown if len(shown) <= length else shown[:length] + "…"
