"""Cutting a record into the units that become Docs: paragraphs or sentences, never inside an entity."""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from operator import itemgetter

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

    nlp (Language): its tokeniser is used, to find sentence ends by spaCy's rules.
    Column files mark their own sentences, and nothing that tells a paragraph: there it is the whole document.
    White space at the edges of a unit is left out; a unit always holds something else. A unit longer than spaCy
    reads is cut into as few as will do: at lines, sentences or spaces.
    RAISES (DataError): it is longer, and holds no place to cut.
    """
    if record.words is not None:
        firsts = [i for i, is_start in enumerate(record.sent_starts or ()) if is_start]
        units = _word_units(record, firsts) if unit == "sentence" else iter([record])
    elif unit == "doc":
        units = iter([record])
    else:
        borders = _line_starts(record.text) if unit == "paragraph" else _sentence_starts(record.text, nlp)
        units = _text_units(record, borders)
    for found in units:
        if len(found.text) <= LONGEST:
            yield found
        elif found.words is None:
            yield from _text_units(found, _far_apart(found, _text_borders(found.text)))
        else:
            starts = _starts_of_words(found)
            cuts = _far_apart(found, _word_borders(found, starts))
            yield from _word_units(found, [0, *(starts.index(cut) for cut in cuts)])


def _far_apart(record: Record, kinds: Iterable[Sequence[int]]) -> list[int]:
    """Borders that are nowhere further apart than spaCy reads, each the last that is near enough.

    kinds: borders in ascending order, the better kinds before the others.
    """
    kinds = [list(kind) for kind in kinds]
    is_inside = _finder(record)
    cuts = [0]
    while len(record.text) - cuts[-1] > LONGEST:
        for borders in kinds:
            near = range(bisect_right(borders, cuts[-1]), bisect_right(borders, cuts[-1] + LONGEST))
            cut = next((borders[i] for i in reversed(near) if not is_inside(borders[i])), None)
            if cut is not None:
                cuts.append(cut)
                break
        else:
            found = f"found {LONGEST:,} characters without a place to cut outside of entities"
            raise DataError(
                f"{found}; spaCy reads no longer texts: cut it by hand.", record.source, record.line
            )
    return cuts[1:]


def _finder(record: Record) -> Callable[[int], bool]:
    """RETURNS (callable): whether a border would cut an entity."""
    merged: list[list[int]] = []
    for start, end in sorted((m.start, m.end) for m in record.mentions):
        if merged and start < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    starts = [start for start, _ in merged]

    def is_inside(border: int) -> bool:
        i = bisect_left(starts, border) - 1
        return i >= 0 and border < merged[i][1]

    return is_inside


def _text_borders(text: str) -> list[list[int]]:
    return [
        _line_starts(text),
        [m.end() for m in SENTENCE_END.finditer(text)],
        [m.end() for m in SPACE.finditer(text)],
    ]


def _word_borders(record: Record, starts: Sequence[int]) -> list[list[int]]:
    sentences = [s for s, is_start in zip(starts, record.sent_starts or (), strict=False) if is_start]
    return [sentences, list(starts)]


def _starts_of_words(record: Record) -> list[int]:
    words, spaces = record.words or (), record.spaces or ()
    return list(accumulate((len(w) + s for w, s in zip(words, spaces, strict=True)), initial=0))[:-1]


def _line_starts(text: str) -> list[int]:
    return [match.start() for match in LINE.finditer(text)]


def _sentence_starts(text: str, nlp: Language) -> list[int]:
    sentencizer = Sentencizer()
    lines = [(match.start(), match.group()) for match in LINE.finditer(text)]
    docs = [(start, sentencizer(nlp.tokenizer(line))) for start, line in lines]
    return [start + sent.start_char for start, doc in docs for sent in doc.sents]


def _text_units(record: Record, borders: Sequence[int]) -> Iterator[Record]:
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


def _word_units(record: Record, firsts: Sequence[int]) -> Iterator[Record]:
    words, spaces, sent_starts = record.words or (), record.spaces or (), record.sent_starts or ()
    ranges = list(pairwise([*firsts, len(words)]))
    places, start = [], 0
    for first, last in ranges:
        length = sum(map(len, words[first:last])) + sum(spaces[first : last - 1])
        places.append((start, start + length))
        start += length + spaces[last - 1]
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
    mentions = deque(sorted(enumerate(record.mentions), key=lambda pair: pair[1].start))
    missing = deque(sorted(record.missing))
    open_missing: list[tuple[int, int]] = []
    for start, end in places:
        found = []
        while mentions and mentions[0][1].start < end:
            found.append(mentions.popleft())
        while missing and missing[0][0] < end:
            open_missing.append(missing.popleft())
        open_missing = [(a, b) for a, b in open_missing if b > start]
        yield replace(
            record,
            text=record.text[start:end],
            mentions=tuple(
                replace(m, start=m.start - start, end=m.end - start)
                for _, m in sorted(found, key=itemgetter(0))
                if m.start >= start
            ),
            missing=tuple((max(a, start) - start, min(b, end) - start) for a, b in open_missing),
        )
