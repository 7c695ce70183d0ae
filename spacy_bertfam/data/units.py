"""Cutting a record into the units that become Docs: paragraphs or sentences, never inside an entity."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from spacy.language import Language
from spacy.pipeline import Sentencizer

from ..errors import DataError
from .records import Record

UNITS = ("doc", "paragraph", "sentence")
LONGEST = 1_000_000  # characters: spaCy's nlp.max_length, beyond which its reader of corpora fails (E088)
LINE = re.compile(r"[^\r\n]+")
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]}]*\s+")
SPACE = re.compile(r"\s+")


def cut_record(record: Record, unit: str, nlp: Language) -> Iterator[Record]:
    """Cut a record at line ends ("paragraph"), or also at sentence ends ("sentence"); "doc" leaves it whole.

    nlp (Language): its tokenizer is used, to find sentence ends by spaCy's rules.
    Column files mark their own sentences, and nothing that tells a paragraph: there it is the whole document.
    White space at the edges of a unit is left out; a unit always holds something else. A unit longer than spaCy
    reads is cut into as few as will do: at lines, sentences or spaces.
    RAISES (DataError): when it is longer, and holds no place to cut.
    """
    if unit == "doc" or (unit == "paragraph" and record.words is not None):
        units = iter([record])
    elif unit == "sentence" and record.words is None:
        units = _units(record, _sentence_starts(record.text, nlp))
    else:
        units = _units(record, next(_borders(record)))
    for found in units:
        if len(found.text) <= LONGEST:
            yield found
        else:
            yield from _units(found, _far_apart(found))


def _far_apart(record: Record) -> list[int]:
    """Borders that are nowhere further apart than spaCy reads, each the last of the best kind that is near enough."""
    kinds = list(_borders(record))
    is_inside = _finder(record)
    cuts = [0]
    while len(record.text) - cuts[-1] > LONGEST:
        for borders in kinds:
            near = borders[bisect_right(borders, cuts[-1]) : bisect_right(borders, cuts[-1] + LONGEST)]
            cut = next((border for border in reversed(near) if not is_inside(border)), None)
            if cut is not None:
                cuts.append(cut)
                break
        else:
            found = f"found {LONGEST:,} characters without a place to cut outside of entities"
            expected = "spaCy reads no longer texts: cut it by hand"
            raise DataError(f"{found}; {expected}.", record.source, record.line)
    return cuts[1:]


def _borders(record: Record) -> Iterator[list[int]]:
    """Where it may be cut, in ascending order, the better kinds before the others."""
    if record.words is None:
        yield _line_starts(record.text)
        for pattern in (SENTENCE_END, SPACE):
            yield [match.end() for match in pattern.finditer(record.text)]
        return
    starts = _word_starts(record)
    yield [start for start, is_start in zip(starts, record.sent_starts or (), strict=False) if is_start]
    yield starts


def _word_starts(record: Record) -> list[int]:
    words, spaces = record.words or (), record.spaces or ()
    return list(accumulate((len(w) + s for w, s in zip(words, spaces, strict=True)), initial=0))[:-1]


def _line_starts(text: str) -> list[int]:
    return [match.start() for match in LINE.finditer(text)]


def _sentence_starts(text: str, nlp: Language) -> list[int]:
    sentencizer = Sentencizer()
    docs = ((match.start(), sentencizer(nlp.tokenizer(match.group()))) for match in LINE.finditer(text))
    return [start + sent.start_char for start, doc in docs for sent in doc.sents]


def _finder(record: Record) -> Callable[[int], bool]:
    """RETURNS (Callable[[int], bool]): whether a border would cut an entity."""
    spans = sorted((m.start, m.end) for m in record.mentions)
    starts = [start for start, _ in spans]
    ends = [0, *accumulate((end for _, end in spans), max)]  # of all that begin before
    return lambda border: border < ends[bisect_left(starts, border)]


def _units(record: Record, borders: Sequence[int]) -> Iterator[Record]:
    """Cut at borders, those of a text only where they leave something visible on both sides, and no half an entity."""
    if record.words is not None:
        yield from _word_units(record, borders)
        return
    is_inside = _finder(record)
    text = record.text
    n_visible = len(text.rstrip())
    cuts = [0]
    for border in borders:
        if border < n_visible and not is_inside(border) and text[cuts[-1] : border].strip():
            cuts.append(border)
    places = []
    for start, end in pairwise([*cuts, len(text)]):
        unit = text[start:end]
        places.append((end - len(unit.lstrip()), start + len(unit.rstrip())))
    yield from _parts(record, places)


def _word_units(record: Record, borders: Sequence[int]) -> Iterator[Record]:
    words, spaces, sent_starts = record.words or (), record.spaces or (), record.sent_starts or ()
    starts = _word_starts(record)
    ranges = list(pairwise(sorted({0, len(words), *(bisect_left(starts, border) for border in borders)})))
    places = [(starts[first], starts[last - 1] + len(words[last - 1])) for first, last in ranges]
    for part, (first, last) in zip(_parts(record, places), ranges, strict=True):
        yield replace(
            part,
            words=words[first:last],
            spaces=(*spaces[first : last - 1], False),
            sent_starts=sent_starts[first:last],
        )


def _parts(record: Record, places: Sequence[tuple[int, int]]) -> Iterator[Record]:
    """The record from one character to another, for places in ascending order, each with everything counted from 0.

    A mention begins in one of them; what is missing may run over several. Each is looked at once for each place that
    it touches, whatever their number.
    """
    order = sorted(range(len(record.mentions)), key=lambda i: record.mentions[i].start)
    starts = [record.mentions[i].start for i in order]
    missing = sorted(record.missing, reverse=True)
    open_missing: list[tuple[int, int]] = []
    for start, end in places:
        own = sorted(order[bisect_left(starts, start) : bisect_left(starts, end)])
        while missing and missing[-1][0] < end:
            open_missing.append(missing.pop())
        open_missing = [(a, b) for a, b in open_missing if b > start]
        yield replace(
            record,
            text=record.text[start:end],
            mentions=tuple(
                replace(m, start=m.start - start, end=m.end - start)
                for m in (record.mentions[i] for i in own)
            ),
            missing=tuple((max(a, start) - start, min(b, end) - start) for a, b in open_missing),
        )
