"""TSV 3 of WebAnno and INCEpTION -> records, one a file.

Form: https://webanno.github.io/webanno/releases/3.6.7/docs/user-guide.html, appendix "WebAnno TSV 3.2 File format".
Offsets count UTF-16 code units of the document; parts of words (1-2.1) have lines of their own.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..errors import DataError
from .options import Source
from .records import Mention, Record
from .text_file import located
from .trimming import clean_label
from .utf16 import from_utf16, n_utf16

LAYER = re.compile(r"#T_(SP|CH|RL)=(.+)")
TOKEN = re.compile(r"\d+-\d+(\.\d+)?")
OFFSETS = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
STACKED = re.compile(r"(.*?)(?:\[(\d+)\])?", re.DOTALL)
ESCAPED = re.compile(r"\\(->|.)", re.DOTALL)
CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
SPLIT = re.compile(r"((?:[^|\\]|\\.?)*)(?:\||$)")  # at bars that are not escaped
TEXT = "#Text="
ENTITIES = "NamedEntity"
MOST_SPACES = 10_000  # between two sentences


class Column(NamedTuple):
    """A column of a layer of spans, counted from the first after the word."""

    place: int
    layer: str
    feature: str


class Document:
    """What has been read of a file: its sentences, and of the last one where in the text a code unit is."""

    def __init__(self) -> None:
        self.parts: list[str] = []  # of the text: sentences, and white space between them
        self.n_before = 0  # characters before the last sentence
        self.base = self.n_units = 0  # code units before it, and with it
        self.waiting: list[str] = []  # lines of the sentence whose first word comes next
        self.find: Callable[[int], int] = lambda unit: -1
        self.spans: list[Mention] = []
        self.numbered: dict[object, int] = {}  # number of an annotation -> its place in spans
        self.word_end = self.end_before = 0  # of the last word, and of the word before it

    def begin_sentence(self, word: str, start: int) -> None:
        """Put the sentence where its first word says; between sentences there is white space."""
        sentence = "\n".join(self.waiting)
        self.waiting = []
        self.base = start - n_utf16(sentence[: max(0, sentence.find(word))])
        gap = self.base - self.n_units
        if not 0 <= gap <= MOST_SPACES:
            expected = f"expected {self.n_units} or little more, after the sentence before"
            raise DataError(f"found a sentence that begins at {self.base}; {expected}.")
        self.n_before += len(self.parts[-1] if self.parts else "") + gap
        self.parts += ["\n" * (gap > 0) + " " * (gap - 1), sentence]
        self.n_units, self.find = self.base + n_utf16(sentence), from_utf16(sentence)

    def place(self, word: str, start: int, end: int) -> int:
        """RETURNS (int): the first character of a word in the text.

        RAISES (DataError): when the word is not at its code units.
        """
        first, last = self.find(start - self.base), self.find(end - self.base)
        found = self.parts[-1][first:last] if 0 <= first < last else ""
        if not word or found != word:
            expected = f"expected {word[:40]!r}, as the line says"
            raise DataError(f"found {found[:40]!r} at the offsets {start}-{end}; {expected}.")
        return self.n_before + first

    def add(self, key: object, part: Mention) -> None:
        """Add a part of an annotation. A number of another label, or of words further back, was given out again."""
        if (known := self.numbered.get(key)) is not None:
            last = self.spans[known]
            if last.label == part.label and last.end >= self.end_before:
                start, end = min(last.start, part.start), max(last.end, part.end)
                self.spans[known] = replace(last, start=start, end=end)
                return
        self.numbered[key] = len(self.spans)
        self.spans.append(part)


def read_webanno(file: Source) -> Iterator[Record]:
    """Entities are of the layer NamedEntity, or else of the first layer of spans with a feature.

    `options.tag_columns` names layers or features. Chains and relations are counted.
    RAISES (DataError): when a line is none of this form, or a word is not at its offsets; it names the line.
    """
    lines = file.lines()
    columns, others = _columns([line for _, line in lines], file.options.tag_columns)
    file.report.ignored.update(others)
    document = Document()
    for number, line in lines:
        with located(line=number):
            if line.startswith(TEXT):
                document.waiting.append(_unescaped(line.removeprefix(TEXT)))
            elif TOKEN.match(line):
                _read_token(line.split("\t"), columns, number, document)
            elif line.strip() and not line.startswith("#"):
                raise DataError(f"found {line[:40]!r}; expected a word as `1-1<tab>0-6<tab>Claire<tab>...`.")
    if document.parts:
        text = "".join(document.parts)
        yield Record(text, tuple(document.spans), document=file.name, source=file.name, line=1)


def _columns(lines: Sequence[str], wanted: Sequence[str]) -> tuple[list[Column], Counter[str]]:
    """RETURNS (tuple[list[Column], Counter[str]]): the columns to read, and how many words the others annotate."""
    everything: list[Column] = []
    is_span: dict[str, bool] = {}
    for match in filter(None, map(LAYER.match, lines)):
        layer, *features = match[2].split("|")
        is_span[layer] = match[1] == "SP"
        everything += [Column(len(everything) + i, layer, name) for i, name in enumerate(features or [""])]
    spans = [each for each in everything if is_span[each.layer]]
    if wanted:
        layers = {c.layer for c in spans if any(_is_layer(c, name) for name in wanted)}
        of_layers = {_label_of([c for c in spans if c.layer == layer])[0] for layer in layers}
        chosen = [c for c in spans if c.feature in wanted or c in of_layers]
    else:
        chosen = _label_of([c for c in spans if _is_layer(c, ENTITIES)] or spans)
    if not chosen:
        known = ", ".join(f"{c.layer}|{c.feature}" for c in spans)[:300] or "none"
        missing = f"--tag-column: found no {wanted[0][:40]!r}" if wanted else "found no layer of spans"
        raise DataError(f"{missing}; the layers of spans with their features are {known}.")
    cells = [line.split("\t")[3:] for line in lines if TOKEN.match(line)]
    used = {c.layer for c in chosen}
    firsts = {c.layer: c.place for c in reversed(everything) if c.layer not in used}
    found = ((layer, "".join(row[i : i + 1])) for row in cells for layer, i in firsts.items())
    left_out = Counter(layer for layer, cell in found if cell not in ("", "_"))
    return chosen, Counter({f"annotated words of the layer {name[:60]}": n for name, n in left_out.items()})


def _label_of(columns: list[Column]) -> list[Column]:
    """RETURNS (list[Column]): the one of them that has the label, if there are any."""
    return ([c for c in columns if c.feature == "value"] or columns)[:1]


def _is_layer(column: Column, name: str) -> bool:
    """Whether the column is of a layer, which is named in full or by the last part."""
    return column.layer == name or column.layer.rpartition(".")[2] == name


def _read_token(cells: list[str], columns: Sequence[Column], line: int, document: Document) -> None:
    offsets = OFFSETS.fullmatch(cells[1]) if len(cells) > 2 else None
    if offsets is None:
        expected = "expected a number, offsets and a word, as `1-1<tab>0-6<tab>Claire`"
        raise DataError(f"found {cells[:3]}; {expected}.")
    word = _unescaped(cells[2])
    if document.waiting:
        document.begin_sentence(word, int(offsets[1]))
    start = document.place(word, int(offsets[1]), int(offsets[2]))
    end = start + len(word)
    if "." not in cells[0]:  # no part of a word
        document.end_before, document.word_end = document.word_end, end
    for column in columns:
        cell = cells[3 + column.place] if len(cells) > 3 + column.place else "_"
        for i, part in enumerate(SPLIT.findall(cell) if cell not in ("_", "") else ()):
            match = STACKED.fullmatch(part)
            if not part or match is None:
                continue
            value = "" if match[1] == "*" else clean_label(_unescaped(match[1]))
            label = value or column.layer.rpartition(".")[2] or column.layer
            key = (column.place, match[2]) if match[2] else (column.place, line, i)
            document.add(key, Mention(start, end, label, line))


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda match: CONTROL.get(match[1], match[1]), text)
