"""White space and invisible characters at the edges of an annotation: no part of the entity, and counted."""

from dataclasses import replace

from .records import Mention, Record
from .report import EMPTY, TRIMMED, ConversionReport

# zero-width space and joiners, direction marks, word joiner, BOM, soft hyphen: str.isspace knows none of them
INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\xad")


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
