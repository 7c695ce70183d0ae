"""White space and invisible characters at the edges of an annotation: no part of it, and counted."""

from dataclasses import replace

from .records import Mention, Record
from .report import EMPTY, TRIMMED, ConversionReport

# zero-width space, direction marks and isolates, word joiner, BOM: str.isspace knows none of them
MARKS = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
# A word may end in one of these and mean something by it: Persian and Indic joiners, a hyphen where a line was broken
JOINERS = frozenset("\u200c\u200d\xad")
INVISIBLE = MARKS | JOINERS


def is_invisible(text: str) -> bool:
    """Whether there is nothing to see in it: white space (no-break too), zero-width, marks; "" counts."""
    return all(character.isspace() or character in INVISIBLE for character in text)


def trim_offsets(text: str, start: int, end: int) -> tuple[int, int]:
    """RETURNS (tuple): the offsets without what is invisible at their edges; equal if nothing is left."""
    while start < end and is_invisible(text[end - 1]):
        end -= 1
    while start < end and is_invisible(text[start]):
        start += 1
    return start, end


def clean_label(text: str) -> str:
    """RETURNS (str): a label, a tag or a line of JSON without what is invisible at its edges."""
    if text.isascii():
        return text.strip()
    start, end = trim_offsets(text, 0, len(text))
    return text[start:end]


def clean_word(text: str) -> str:
    """RETURNS (str): a word without spaces and marks at its edges; as it is if it holds nothing else."""
    if text.isascii():
        return text.strip() or text
    start, end = 0, len(text)
    while start < end and _is_mark(text[end - 1]):
        end -= 1
    while start < end and _is_mark(text[start]):
        start += 1
    return text[start:end] or text


def _is_mark(character: str) -> bool:
    return character.isspace() or character in MARKS


def trim_record(record: Record, report: ConversionReport) -> Record:
    """Trim every mention, and leave out those of which nothing remains; both are counted.

    A record that came with words is left alone: there an entity is made of words, whatever they hold.
    """
    if record.words is not None:
        return record
    mentions: list[Mention] = []
    for mention in record.mentions:
        start, end = trim_offsets(record.text, mention.start, mention.end)
        if start == end:
            report.lose(EMPTY, record, mention)
            continue
        if (start, end) != (mention.start, mention.end):
            report.change(TRIMMED, record, mention)
        mentions.append(replace(mention, start=start, end=end))
    return replace(record, mentions=tuple(mentions))
