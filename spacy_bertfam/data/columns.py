"""Tagged words (IOB, IOB2, BIOES, BILUO) in columns or as WikiNER has them -> records, one a document."""

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from ..errors import DataError
from .blocks import cut_blocks
from .column_lines import ColumnFile, Row, read_rows
from .records import Mention, Record
from .report import MENDED, ConversionReport
from .schemes import recognise_scheme, tags_to_spans
from .spacing import guess_spaces
from .wikiner_lines import read_wikiner_rows


def read_columns(path: Path, source: str, *, lang: str, report: ConversionReport) -> Iterator[Record]:
    """A document is what stands between -DOCSTART- lines; in a file without any, each block of lines.

    lang (str): for the spaces that are guessed between the words.
    RAISES (DataError): naming file and line.
    """
    yield from _to_records(read_rows(path, report, source), path, source, lang, report)


def read_wikiner(path: Path, source: str, *, lang: str, report: ConversionReport) -> Iterator[Record]:
    """As ``read_columns``, from lines of `word|POS|tag`; blank lines part the documents."""
    yield from _to_records(read_wikiner_rows(path, report, source), path, source, lang, report)


def _to_records(
    rows: ColumnFile, path: Path, source: str, lang: str, report: ConversionReport
) -> Iterator[Record]:
    scheme = _scheme_of(rows, path)
    _tell(rows, scheme, source, report)
    for sentences in cut_blocks(rows, source, report):
        yield _to_record(sentences, scheme, source, lang, report)


def _scheme_of(rows: ColumnFile, path: Path) -> str:
    sentences = [[row.tag for row in sentence] for document in rows.documents for sentence in document]
    scheme = recognise_scheme(sentences)
    if scheme == "mixed":
        all_rows = [row for document in rows.documents for sentence in document for row in sentence]
        first = next(row for row in all_rows if row.tag[0] in "ESLU")
        other = next(row for row in all_rows if row.tag[0] in ("LU" if first.tag[0] in "ES" else "ES"))
        found = f"found the tag {other.tag!r}, and {first.tag!r} in line {first.line}"
        raise DataError(f"{found}; expected either E- and S- (BIOES) or L- and U- (BILUO).", path, other.line)
    return scheme


def _tell(rows: ColumnFile, scheme: str, source: str, report: ConversionReport) -> None:
    report.schemes[scheme] += 1
    report.ignored.update(+rows.left_out)
    for note in rows.notes:
        report.note(note, source)
    if scheme == "IOB1":
        report.note("is IOB1 (I- begins an entity, B- only parts neighbours); repaired to IOB2.", source)
    if scheme == "IO":
        report.note("has I- tags only; neighbours of one label are read as one entity.", source)
    if not rows.has_borders:
        report.note(rows.without_borders, source)


def _to_record(
    sentences: list[list[Row]], scheme: str, source: str, lang: str, report: ConversionReport
) -> Record:
    rows = [row for sentence in sentences for row in sentence]
    words = tuple(row.word for row in rows)
    spaces = [
        space for sentence in sentences for space in guess_spaces([r.word for r in sentence], lang=lang)
    ]
    spaces[-1] = False
    sizes = [len(word) + space for word, space in zip(words, spaces, strict=True)]
    starts = list(accumulate(sizes, initial=0))
    places = [
        (start, start + len(word)) for start, word in zip(starts[:-1], words, strict=True)
    ]  # of each token, in characters
    mentions, mended = _mentions(sentences, scheme, places)
    record = Record(
        text="".join(word + " " * space for word, space in zip(words, spaces, strict=True)),
        mentions=tuple(mentions),
        document=f"{source}:{rows[0].line}",
        source=source,
        line=rows[0].line,
        words=words,
        spaces=tuple(spaces),
        sent_starts=tuple(i == 0 for sentence in sentences for i in range(len(sentence))),
        missing=tuple(place for place, row in zip(places, rows, strict=True) if row.tag == "-"),
    )
    for token in mended:
        row, (start, end) = rows[token], places[token]
        report.change(MENDED, record, Mention(start, end, row.tag[2:], row.line), f"{row.tag} in {scheme}")
    return record


def _mentions(
    sentences: list[list[Row]], scheme: str, places: list[tuple[int, int]]
) -> tuple[list[Mention], list[int]]:
    """RETURNS (tuple): the entities, and the tokens of the document whose tag was mended."""
    mentions, all_mended, offset = [], [], 0
    for sentence in sentences:
        spans, mended = tags_to_spans([row.tag for row in sentence], scheme=scheme)
        for start, end, label in spans:
            first, last = places[offset + start], places[offset + end - 1]
            mentions.append(Mention(first[0], last[1], label, sentence[start].line))
        all_mended += [offset + i for i in mended]
        offset += len(sentence)
    return mentions, all_mended
