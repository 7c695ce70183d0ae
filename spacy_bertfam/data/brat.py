"""brat standoff (.txt beside .ann) -> records, one a pair of files."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unicodedata import normalize

from ..errors import DataError
from .offsets import fits
from .options import Source
from .records import Mention, Record
from .report import DISCONTINUOUS
from .text_file import BOM, read_text
from .trimming import clean_edges, clean_label
from .utf16 import from_utf16

# labels may hold spaces; an offset of more digits is in no file
PLACE = r"[0-9]{1,18} [0-9]{1,18}"
ENTITY = re.compile(rf"T\S*\t(?P<label>[^\t]*\S)\s{{1,3}}(?P<places>{PLACE}(?:;{PLACE})*)(?:\t(?P<text>.*))?")
OTHER_KINDS = {
    **{"R": "relation lines", "E": "event lines", "A": "attribute lines", "M": "attribute lines"},
    **{"N": "normalization lines", "#": "note lines", "*": "equivalence lines"},
}
FORM = "`T1<tab>Label 0 5<tab>text`"


@dataclass(frozen=True)
class TextBound:
    """One T line: its pieces (start, end) in characters, several if it is discontinuous; text may be ""."""

    label: str
    pieces: tuple[tuple[int, int], ...]
    text: str
    line: int


def read_brat(file: Source) -> Iterator[Record]:
    """Read the pair of an .ann file. Discontinuous entities and lines that are no entity are counted.

    RAISES (DataError): when a line is none of brat's, or the text of a T line is not at its offsets; it names the line.
    """
    text, bounds = _matching_text(file, list(_bounds(file)))
    mentions, missing, discontinuous = [], [], []
    for bound in bounds:
        pieces = _joined(bound.pieces, text)
        mention = Mention(pieces[0][0], pieces[-1][1], bound.label, bound.line)
        if len(pieces) == 1:
            mentions.append(mention)
        else:
            discontinuous.append(mention)
            missing += [(start, end) for start, end in pieces if start < end]
    record = Record(text, tuple(mentions), file.name, file.name, line=1, missing=tuple(missing))
    for mention in discontinuous:
        file.report.n_in[mention.label] += 1
        file.report.lose(DISCONTINUOUS, record, mention)
    yield record


def _bounds(file: Source) -> Iterator[TextBound]:
    for number, line in file.lines():
        line = clean_edges(line)
        match = ENTITY.fullmatch(line)
        label = clean_label(match["label"]) if match else ""
        if match and label:
            offsets = [int(digits) for digits in re.findall(r"\d+", match["places"])]
            pieces = tuple(zip(offsets[::2], offsets[1::2], strict=True))
            yield TextBound(label, pieces, match["text"] or "", number)
        elif line.startswith("T"):
            raise DataError(f"found {line[:60]!r}; expected {FORM}.", line=number)
        elif line and line[0] not in OTHER_KINDS:
            raise DataError(f"found {line[:40]!r}; expected a brat line such as {FORM}.", line=number)
        elif line:
            file.report.ignored[OTHER_KINDS[line[0]]] += 1


def _joined(pieces: Sequence[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Make one of pieces with only white space between: brat cuts what was selected over a line break."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if joined and not text[joined[-1][1] : start].strip():
            start, before = joined.pop()
            end = max(end, before)
        joined.append((start, end))
    return joined


def _matching_text(file: Source, bounds: list[TextBound]) -> tuple[str, list[TextBound]]:
    """Find the reading of the .txt file that the offsets count in; the entities are returned with its characters.

    A file may have got its BOM or its CRLF after it was annotated, or before, and tools in Java count UTF-16 units: the
    texts on the T lines tell, and where a line has none whether its entity cuts a word.
    """
    raw = read_text(_text_of(file.path), file.name, file.report.note)
    body = raw.removeprefix(BOM)
    has_bom = len(raw) - len(body)
    # with a BOM, offsets that count it are one too high for the text without it
    readings: list[tuple[str, Callable[[int], int]]] = [(body, lambda i: i - has_bom), (body, int)]
    readings += [(body.replace("\r\n", "\n"), int), (body, from_utf16(body))]
    problem = DataError("")
    possible: list[tuple[str, list[TextBound]]] = []
    for text, place in readings:
        moved = [replace(each, pieces=tuple((place(a), place(b)) for a, b in each.pieces)) for each in bounds]
        try:
            _check_offsets(text, moved)
        except DataError as error:
            problem = problem if str(problem) else error
            continue
        possible.append((text, moved))
        silent = (piece for each in moved if not each.text for piece in each.pieces)
        if all(start == end or fits(text, start, end) for start, end in silent):
            return text, moved
    if not possible:
        raise problem
    return possible[0]


def _text_of(path: Path) -> Path:
    """RETURNS (Path): the text beside an annotation, whose ending may be in capitals too."""
    text = path.with_suffix(".txt")
    for place in (text, path.with_suffix(".TXT")):
        if place.exists():
            return place
    for place in sorted(path.parent.iterdir()):
        if place.name.casefold() == text.name.casefold():
            return place
    raise DataError(f"found no {text.name} beside it; expected the annotated text there.")


def _check_offsets(text: str, bounds: list[TextBound]) -> None:
    """RAISES (DataError): when an entity is not where its line says."""
    for bound in bounds:
        for start, end in bound.pieces:
            if not 0 <= start <= end <= len(text):
                found = f"found the offsets {start} {end} ({bound.label})"
                expected = f"expected start before end, and at most {len(text)}, the length of the text"
                raise DataError(f"{found}; {expected}.", line=bound.line)
        covered = " ".join(text[start:end] for start, end in bound.pieces)
        if bound.text and _visible(bound.text) != _visible(covered):
            found = f"found {covered[:60]!r} at the offsets of {bound.label}"
            raise DataError(f"{found}; expected {bound.text[:60]!r}, as the line says.", line=bound.line)


def _visible(text: str) -> list[str]:
    """The words of a text: brat has a space for a line break, marks at edges may be gone, accents apart."""
    return [word for word in map(clean_edges, normalize("NFC", text).split()) if word]
