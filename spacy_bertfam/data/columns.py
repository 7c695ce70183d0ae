"""Tagged words (IOB, IOB2, BIOES, BILUO) in columns or as WikiNER has them -> records, one a document."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from ..errors import DataError
from .blocks import cut_blocks
from .column_rows import Documents, Row, grouped, read_rows
from .options import Source
from .records import Mention, Record
from .report import MENDED
from .schemes import clean_tag, recognize_scheme, tags_to_spans
from .spacing import guess_spaces
from .trimming import clean_edges, clean_label, clean_word

SCHEME_NOTES = {
    "IOB1": "is IOB1 (I- begins an entity, B- only parts neighbors); repaired to IOB2.",
    "IO": "has labels without B-; neighbors of one label are read as one entity.",
}


def read_columns(file: Source) -> Iterator[Record]:
    """A document is what stands between -DOCSTART- lines; in a file without any, each block of lines.

    RAISES (DataError): when a line is no row of columns; it names the line.
    """
    documents, has_borders = read_rows(file)
    note = "" if has_borders else "has no -DOCSTART- lines; each block between blank lines is a document."
    yield from _to_records(documents, note, file)


def read_wikiner(file: Source) -> Iterator[Record]:
    """Read lines of `word|POS|tag word|POS|tag ...`, a sentence each.

    A document is what stands between blank lines (Nothman et al. 2013 part the articles so).
    spaCy's `.iob` is of the same form, also without parts of speech (`word|tag`).
    RAISES (DataError): when a token is not `word|POS|tag`, or in a file that begins with such, not `word|tag`.
    """
    documents = grouped(_wikiner_rows(file.lines()))
    note = "has no blank lines between documents; each line is a document." if len(documents) < 2 else ""
    yield from _to_records(documents, note, file)


def _to_records(documents: Documents, without_borders: str, file: Source) -> Iterator[Record]:
    scheme = scheme_of([sentence for document in documents for sentence in document])
    file.report.schemes[scheme] += 1
    for note in filter(None, (SCHEME_NOTES.get(scheme), without_borders)):
        file.note(note)
    for sentences in cut_blocks(documents, not without_borders, file):
        yield to_record(sentences, scheme, file)


def scheme_of(sentences: Sequence[Sequence[Row]]) -> str:
    """RETURNS (str): the scheme of all tags. RAISES (DataError): when they are of two that exclude each other."""
    scheme = recognize_scheme(tags for sentence in sentences for tags in _layers(sentence))
    if scheme == "mixed":
        tags = [(tag, row.line) for sentence in sentences for row in sentence for tag in row.tags]
        first, first_line = next(pair for pair in tags if pair[0][0] in "ESLU")
        rivals = "LU" if first[0] in "ES" else "ES"
        other, line = next(pair for pair in tags if pair[0][0] in rivals)
        found = f"found the tag {other!r}, and {first!r} in line {first_line}"
        expected = "expected either E- and S- (BIOES) or L- and U- (BILUO)"
        raise DataError(f"{found}; {expected}.", line=line)
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
    if len(parts) != n_parts or not parts[0] or "\t" in token:
        raise DataError(f"found {token[:60]!r}; expected `{form}`, as in `{example}`.", line=line)
    tag = clean_tag(parts[-1])
    if not tag:
        expected = f"expected O, or I- or B- with a label, as in `{example}`"
        raise DataError(f"found the tag {parts[-1][:40]!r} in {token[:60]!r}; {expected}.", line=line)
    return clean_word(parts[0]), tag


def _layers(sentence: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The tags of a sentence, and the further ones where entities overlap."""
    return zip(*(row.tags for row in sentence), strict=True)


def to_record(sentences: Sequence[Sequence[Row]], scheme: str, file: Source) -> Record:
    """RETURNS (Record): a document of sentences, none of them empty; a tag that is mended is counted."""
    rows = [row for sentence in sentences for row in sentence]
    words = tuple(row.word for row in rows)
    lang = file.options.lang
    guessed = [space for s in sentences for space in guess_spaces([row.word for row in s], lang=lang)]
    spaces = [space if row.space is None else row.space for row, space in zip(rows, guessed, strict=True)]
    spaces[-1] = False
    starts = accumulate((len(word) + space for word, space in zip(words, spaces, strict=True)), initial=0)
    places = [(start, start + len(word)) for start, word in zip(starts, words, strict=False)]  # in characters
    mentions, mended, offset = [], [], 0
    for sentence in sentences:
        for tags in _layers(sentence):
            spans, tokens = tags_to_spans(tags, scheme=scheme)
            for start, end, label in spans:
                first, last = places[offset + start], places[offset + end - 1]
                mentions.append(Mention(first[0], last[1], clean_label(label), sentence[start].line))
            mended += [(offset + i, tags[i]) for i in tokens]
        offset += len(sentence)
    record = Record(
        text="".join(word + " " * space for word, space in zip(words, spaces, strict=True)),
        mentions=tuple(mentions),
        document=f"{file.name}:{rows[0].line}",
        source=file.name,
        line=rows[0].line,
        words=words,
        spaces=tuple(spaces),
        sent_starts=tuple(i == 0 for sentence in sentences for i in range(len(sentence))),
        missing=tuple(place for place, row in zip(places, rows, strict=True) if row.tag == "-"),
    )
    for token, tag in mended:
        row, (start, end) = rows[token], places[token]
        file.report.change(MENDED, record, Mention(start, end, tag[2:], row.line), f"{tag} in {scheme}")
    return record
