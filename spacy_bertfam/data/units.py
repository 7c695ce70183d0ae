"""Cutting a record into the units that become Docs: paragraphs or sentences, never inside an entity."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from spacy.language import Language
from spacy.pipeline import Sentencizer

from .records import Record

UNITS = ("doc", "paragraph", "sentence")
LINE = re.compile(r"[^\r\n]+")


def cut_record(record: Record, unit: str, nlp: Language) -> Iterator[Record]:
    """Cut a record at line ends ("paragraph"), or also at sentence ends ("sentence"); "doc" leaves it whole.

    nlp (Language): its tokeniser is used, to find sentence ends by spaCy's rules.
    Column files mark their own sentences, and nothing that tells a paragraph: there it is the whole document.
    White space at the edges of a unit is left out; a unit always holds something else.
    """
    if record.words is not None and unit == "sentence":
        yield from _word_units(record)
    elif record.words is None and unit != "doc":
        borders = _line_starts(record.text) if unit == "paragraph" else _sentence_starts(record.text, nlp)
        yield from _text_units(record, borders)
    else:
        yield record


def _line_starts(text: str) -> list[int]:
    return [match.start() for match in LINE.finditer(text)]


def _sentence_starts(text: str, nlp: Language) -> list[int]:
    sentencizer = Sentencizer()
    lines = [(match.start(), match.group()) for match in LINE.finditer(text)]
    docs = [(start, sentencizer(nlp.tokenizer(line))) for start, line in lines]
    return [start + sent.start_char for start, doc in docs for sent in doc.sents]


def _text_units(record: Record, borders: Sequence[int]) -> Iterator[Record]:
    annotated = [(m.start, m.end) for m in record.mentions] + list(record.missing)
    inside = {position for start, end in annotated for position in range(start + 1, end)}
    text = record.text
    cuts = [0]
    for border in borders:
        if border not in inside and text[cuts[-1] : border].strip() and text[border:].strip():
            cuts.append(border)
    for start, end in pairwise([*cuts, len(text)]):
        unit = text[start:end]
        yield _part(record, end - len(unit.lstrip()), start + len(unit.rstrip()))


def _word_units(record: Record) -> Iterator[Record]:
    words, spaces, sent_starts = record.words or (), record.spaces or (), record.sent_starts or ()
    firsts = [i for i, is_start in enumerate(sent_starts) if is_start]
    start_char = 0
    for first, last in pairwise([*firsts, len(words)]):
        length = sum(map(len, words[first:last])) + sum(spaces[first : last - 1])
        yield replace(
            _part(record, start_char, start_char + length),
            words=words[first:last],
            spaces=(*spaces[first : last - 1], False),
            sent_starts=sent_starts[first:last],
        )
        start_char += length + spaces[last - 1]


def _part(record: Record, start: int, end: int) -> Record:
    """The record from character `start` to `end`, with everything counted from `start`."""
    mentions = [
        replace(m, start=m.start - start, end=m.end - start)
        for m in record.mentions
        if start <= m.start < end
    ]
    missing = [
        (max(a, start) - start, min(b, end) - start) for a, b in record.missing if a < end and b > start
    ]
    return replace(record, text=record.text[start:end], mentions=tuple(mentions), missing=tuple(missing))
