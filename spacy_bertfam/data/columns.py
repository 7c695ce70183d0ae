"""Tagged words (IOB, IOB2, BIOES, BILUO) in columns or as WikiNER has them -> records, one a document."""

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from ..errors import DataError
from .blocks import cut_blocks
from .column_lines import Documents, Row, grouped, read_rows
from .records import Mention, Record
from .report import MENDED, ConversionReport
from .schemes import clean_tag, recognize_scheme, tags_to_spans
from .spacing import guess_spaces
from .text_file import located, numbered_lines
from .trimming import clean_edges, clean_word

SCHEME_NOTES = {
    "IOB1": "is IOB1 (I- begins an entity, B- only parts neighbors); repaired to IOB2.",
    "IO": "has I- tags only; neighbors of one label are read as one entity.",
}


def read_columns(path: Path, source: str, *, lang: str, report: ConversionReport) -> Iterator[Record]:
    """A document is what stands between -DOCSTART- lines; in a file without any, each block of lines.

    lang (str): for the spaces that are guessed between the words.
    RAISES (DataError): when a line is no row of columns; it names file and line.
    """
    documents, has_borders = read_rows(path, source, report)
    note = "" if has_borders else "has no -DOCSTART- lines; each block between blank lines is a document."
    yield from _to_records(documents, note, path, source, lang, report)


def read_wikiner(path: Path, source: str, *, lang: str, report: ConversionReport) -> Iterator[Record]:
    """Read lines of `word|POS|tag word|POS|tag ...`, a sentence each.

    A document is what stands between blank lines (Nothman et al. 2013 part the articles so).
    spaCy's `.iob` is of the same form, also without parts of speech (`word|tag`).
    lang (str): for the spaces that are guessed between the words.
    RAISES (DataError): when a token is not `word|POS|tag`, or in a file that begins with such, not `word|tag`.
    """
    with located(path):
        documents = grouped(_wikiner_rows(numbered_lines(path, source, report.note)))
    note = "has no blank lines between documents; each line is a document." if len(documents) < 2 else ""
    yield from _to_records(documents, note, path, source, lang, report)


def _to_records(
    documents: Documents, without_borders: str, path: Path, source: str, lang: str, report: ConversionReport
) -> Iterator[Record]:
    scheme = _scheme_of([sentence for document in documents for sentence in document], path)
    report.schemes[scheme] += 1
    if scheme in SCHEME_NOTES:
        report.note(SCHEME_NOTES[scheme], source)
    if without_borders:
        report.note(without_borders, source)
    for sentences in cut_blocks(documents, not without_borders, source, report):
        yield _to_record(sentences, scheme, source, lang, report)


def _scheme_of(sentences: list[list[Row]], path: Path) -> str:
    scheme = recognize_scheme([row.tag for row in sentence] for sentence in sentences)
    if scheme == "mixed":
        rows = [row for sentence in sentences for row in sentence]
        first = next(row for row in rows if row.tag[0] in "ESLU")
        other = next(row for row in rows if row.tag[0] in ("LU" if first.tag[0] in "ES" else "ES"))
        found = f"found the tag {other.tag!r}, and {first.tag!r} in line {first.line}"
        raise DataError(f"{found}; expected either E- and S- (BIOES) or L- and U- (BILUO).", path, other.line)
    return scheme


def _wikiner_rows(lines: list[tuple[int, str]]) -> Iterator[Row]:
    document = n_parts = 0
    for number, line in lines:
        tokens = [token for token in clean_edges(line).split(" ") if token]
        if not tokens:
            document = number
            continue
        n_parts = n_parts or (2 if all(token.count("|") == 1 for token in tokens) else 3)
        for token in tokens:
            word, tag = _word_and_tag(token, n_parts, number)
            yield Row(word, tag, number, document, sentence=number)


def _word_and_tag(token: str, n_parts: int, line: int) -> tuple[str, str]:
    parts = token.rsplit("|", n_parts - 1)
    form, example = ("word|tag", "Paris|I-LOC") if n_parts == 2 else ("word|POS|tag", "Paris|NAM|I-LOC")
    if len(parts) != n_parts or not parts[0]:
        raise DataError(f"found {token[:60]!r}; expected `{form}`, as in `{example}`.", line=line)
    tag = clean_tag(parts[-1])
    if not tag:
        expected = f"expected O, or I- or B- with a label, as in `{example}`"
        raise DataError(f"found the tag {parts[-1][:40]!r} in {token[:60]!r}; {expected}.", line=line)
    return clean_word(parts[0]), tag


def _to_record(
    sentences: list[list[Row]], scheme: str, source: str, lang: str, report: ConversionReport
) -> Record:
    rows = [row for sentence in sentences for row in sentence]
    words = tuple(row.word for row in rows)
    spaces = [space for s in sentences for space in guess_spaces([row.word for row in s], lang=lang)]
    spaces[-1] = False
    starts = accumulate((len(word) + space for word, space in zip(words, spaces, strict=True)), initial=0)
    places = [(start, start + len(word)) for start, word in zip(starts, words, strict=False)]  # in characters
    mentions, mended, offset = [], [], 0
    for sentence in sentences:
        spans, tokens = tags_to_spans([row.tag for row in sentence], scheme=scheme)
        for start, end, label in spans:
            first, last = places[offset + start], places[offset + end - 1]
            mentions.append(Mention(first[0], last[1], label, sentence[start].line))
        mended += [offset + i for i in tokens]
        offset += len(sentence)
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
