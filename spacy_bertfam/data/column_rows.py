"""The lines of a column file -> documents of sentences of rows: the columns found, every line checked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from ..errors import DataError
from .column_layout import WORD_NAME, Layout, find_layout, is_header
from .column_lines import Line, cut_sentences, read_lines
from .column_tags import bracket_layers, label_field, plain_tag, property_of, style_of
from .format_table import name_of
from .options import ReadOptions, Source
from .schemes import expected_tag, is_tag, recognize_scheme, tags_to_spans
from .text_file import located
from .trimming import shorten

COMMENT = re.compile(r"#\s")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)?:(?=.)")  # WikiANN (PAN-X) has it before each word
# in CoNLL-U the number of a contraction, or of a word that is not written
SEVERAL_WORDS = re.compile(r"\d+[-.]\d+")
NO_SPACE = re.compile(r"(?:^|\|)(?:SpaceAfter=No|NoSpaceAfter)(?:\||$)")  # CoNLL-U, HIPE
SENTENCE_END = re.compile(r"(?:^|\|)(?:EndOfSentence|PySBDSegment)(?:\||$)")  # HIPE
OTHER_STYLES = ("properties", "brackets", "plain")
FORM = "a word and its tag between spaces or tabs, as in `Paris B-LOC`"


class Row(NamedTuple):
    """One token of a column file.

    line (int): its line, from 1.
    document (int), sentence (int): the lines of the borders before it.
    inner (tuple[str, ...]): further tags, where entities overlap; as many in all rows of a sentence.
    space (bool | None): whether a space follows; None where the file does not say it.
    """

    word: str
    tag: str
    line: int
    document: int
    sentence: int
    inner: tuple[str, ...] = ()
    space: bool | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag and the further ones."""
        return (self.tag, *self.inner)


Documents = list[list[list[Row]]]  # document -> sentence -> rows; nothing in it is empty


class TagColumn(NamedTuple):
    """A column of tags, and in which form its cells are: see `column_tags`."""

    place: int
    style: str
    is_property: bool

    def value(self, line: Line) -> str:
        """RETURNS (str): what the cell says. RAISES (DataError): when it is nothing of the column's form."""
        cell = line.cells[self.place]
        found = property_of(cell) if self.is_property else cell
        if self.style == "plain":
            return plain_tag(found)
        if self.style == "tags" and not is_tag(found):
            found = f"found the tag {found[:40]!r} in column {self.place + 1}; {expected_tag(found)}"
            raise DataError(f"{found}.")
        return found


def read_rows(file: Source) -> tuple[Documents, bool]:
    """Find the columns of a file and read the word and the tags of each row.

    RETURNS (tuple[Documents, bool]): the rows, and whether the file says where documents begin.
    RAISES (DataError): when the file has no such columns, or a line is neither blank, a document border, a comment
        nor a row of them.
    """
    lines, has_borders = read_lines(file)
    sure = [line for line in lines if not line.text.startswith("#")] or lines
    n_columns = max([2, *(n for n, _ in Counter(len(line.cells) for line in sure).most_common(1))])
    rows = [line for line in sure if len(line.cells) == n_columns]
    names: list[str] = []
    if len(rows) > 1 and is_header(rows[0].cells):
        file.report.ignored["header lines"] += 1
        names = [cell.lstrip("#") for cell in rows[0].cells]
        lines.remove(rows.pop(0))
    lines, rows = cut_sentences(lines, names), cut_sentences(rows, names)
    layout, columns = _find_columns(names, rows, n_columns, file.options)
    _check_layout(layout, lines)
    _tell(layout, _cells_of(rows), n_columns, file)
    found = list(_rows(lines, rows, n_columns, layout, columns, file.report.ignored))
    if any(column.style == "brackets" for column in columns):
        is_corefud = columns[0].is_property
        field = label_field(line.text for line in lines) if is_corefud else None
        lost = file.report.ignored
        found = [row for part in _sentences(found) for row in _unbracketed(part, columns, field, lost)]
    return grouped(_without_language(found, file)), has_borders


def grouped(rows: Iterable[Row]) -> Documents:
    """RETURNS (Documents): the rows by document and sentence."""
    return [_sentences(document) for _, document in groupby(rows, attrgetter("document"))]


def _sentences(rows: Iterable[Row]) -> list[list[Row]]:
    return [list(sentence) for _, sentence in groupby(rows, attrgetter("document", "sentence"))]


def _cells_of(rows: Iterable[Line]) -> list[list[list[str]]]:
    return [[line.cells for line in group] for _, group in groupby(rows, attrgetter("document", "sentence"))]


def _find_columns(
    names: Sequence[str], rows: Sequence[Line], n_columns: int, options: ReadOptions
) -> tuple[Layout, list[TagColumn]]:
    """RETURNS (tuple[Layout, list[TagColumn]]): the columns, by what the user says, then by what stands in them."""
    sentences = _cells_of(rows)
    is_plain = options.scheme == "plain"
    chosen = [_column(name, names, n_columns) for name in options.tag_columns] or [n_columns - 1] * is_plain
    layout = find_layout(sentences, n_columns, chosen) if sentences else Layout(0, n_columns - 1)
    cells = [[line.cells[i] for line in rows] for i in range(n_columns)]
    has_entities = any(cell[:1] not in ("O", "-") for cell in cells[layout.tag] if is_tag(cell))
    if sentences and not chosen and not has_entities and (chosen := _other_column(cells)):
        layout = find_layout(sentences, n_columns, chosen)
    word = next((i for i, name in enumerate(names) if WORD_NAME.fullmatch(name.casefold())), layout.word)
    columns = []
    for place in (layout.tag if layout.tag >= 0 else n_columns - 1, *layout.inner):
        style = style_of(cells[place], is_plain=is_plain) if chosen and rows else "tags"
        is_property = style == "properties"
        if is_property:
            values = list(map(property_of, cells[place]))
            has_brackets = any(value.startswith("(") for value in values)
            style = "brackets" if has_brackets else style_of(values, is_plain=is_plain)
        columns.append(TagColumn(place, style or "tags", is_property))
    is_free = word not in (column.place for column in columns)
    return replace(layout, word=word if is_free else layout.word), columns


def _column(name: str, names: Sequence[str], n_columns: int) -> int:
    """RETURNS (int): the column of a name, or of a number from 1. RAISES (DataError): when there is none."""
    folded = [each.casefold() for each in names]
    if name.casefold() in folded:
        return folded.index(name.casefold())
    if name.isdecimal() and 1 <= int(name[:9]) <= n_columns:
        return int(name) - 1
    known = f"one of {', '.join(names)}, or " if names else ""
    raise DataError(f"--tag-column: found no column {shorten(name, 40)!r}; expected {known}1 to {n_columns}.")


def _other_column(cells: Sequence[Sequence[str]]) -> list[int]:
    """The last column that holds entities in another form than tags, after at least one column; [] of none."""
    styles = [style_of(column) for column in cells]
    return [i for style in OTHER_STYLES for i in range(len(styles) - 1, 0, -1) if styles[i] == style][:1]


def _check_layout(layout: Layout, lines: list[Line]) -> None:
    """RAISES (DataError): when there is no column of words, or none of tags and the file seems to be something else."""
    name = name_of("\n".join(line.text for line in lines)) if layout.tag < 0 else ""
    if name:
        raise DataError(f"seems to be {name}; expected {FORM}, or another --format.")
    if layout.word < 0:
        found = f"found numbers that count the lines ({shorten(' '.join(lines[0].cells), 40)!r}) and no column of words"
        raise DataError(f"{found}; expected {FORM}.", line=lines[0].number)


def _tell(layout: Layout, sentences: list[list[list[str]]], n_columns: int, file: Source) -> None:
    is_usual = layout.word == 0 and layout.tag == n_columns - 1 and not layout.others
    if layout.tag >= 0 and not is_usual:
        words = f"has its words in column {layout.word + 1} of {n_columns}"
        file.note(f"{words}, their tags in {layout.tag + 1}.")
    for i in layout.others:
        tags = [[row[i] for row in rows] for rows in sentences]
        scheme = recognize_scheme(tags)
        n = sum(len(tags_to_spans(row, scheme="BIOES" if scheme == "mixed" else scheme)[0]) for row in tags)
        file.report.ignored[f"entities of another column of tags ({i + 1})"] += n


def _rows(
    lines: Sequence[Line], rows: Sequence[Line], n_columns: int, layout: Layout, columns: Sequence[TagColumn],
    ignored: Counter[str],
) -> Iterator[Row]:  # fmt: skip
    """The rows of tokens, with the spaces and ends of sentences that a column of properties tells."""
    places = [i for i in range(n_columns) if i != layout.word]
    flags = next((i for i in places if any(NO_SPACE.search(line.cells[i]) for line in rows)), None)
    start, is_end, is_numbered = 0, False, layout.ids >= 0
    for line in lines:
        if _is_comment(line, n_columns, columns[0].place):
            ignored["comment lines"] += 1
        elif is_numbered and len(line.cells) == n_columns and SEVERAL_WORDS.fullmatch(line.cells[layout.ids]):
            ignored["lines of contractions and of words not written"] += 1
        else:
            row = _row(line, n_columns, layout.word, columns)
            start = line.number if is_end else start
            if flags is not None:
                is_end = SENTENCE_END.search(line.cells[flags]) is not None
                row = row._replace(space=NO_SPACE.search(line.cells[flags]) is None)
            yield row._replace(sentence=max(start, row.sentence))


def _is_comment(line: Line, n_columns: int, tag: int) -> bool:
    """`# sent_id = 1` is a comment, `# O` the token "#"."""
    if not line.text.startswith("#"):
        return False
    if len(line.cells) != n_columns:
        return COMMENT.match(line.text) is not None or n_columns > 2 or "=" in line.text
    is_named = COMMENT.match(line.text) or is_header([cell.lstrip("#") for cell in line.cells])
    return bool(is_named) and not is_tag(line.cells[tag])


def _row(line: Line, n_columns: int, word: int, columns: Sequence[TagColumn]) -> Row:
    cells = line.cells
    with located(line=line.number):
        if len(cells) != n_columns:
            expected = f"expected {n_columns} as on the other lines" if len(cells) > 1 else f"expected {FORM}"
            found = f"found {len(cells)} column{'s' * (len(cells) != 1)} ({shorten(' '.join(cells), 40)!r})"
            raise DataError(f"{found}; {expected}.")
        if not cells[word]:
            raise DataError("found no token before the tag; expected `token tag`.")
        tag, *inner = (column.value(line) for column in columns)
    return Row(cells[word], tag, line.number, line.document, line.sentence, tuple(inner))


def _unbracketed(
    rows: Sequence[Row], columns: Sequence[TagColumn], field: int | None, lost: Counter[str]
) -> list[Row]:
    """RETURNS (list[Row]): the rows of a sentence with tags for the brackets of columns."""
    layers: list[list[str]] = []
    for column, cells in zip(columns, zip(*(row.tags for row in rows), strict=True), strict=True):
        is_open = column.style == "brackets"
        layers += bracket_layers(cells, field=field, lost=lost) if is_open else [list(cells)]
    pairs = zip(rows, zip(*layers, strict=True), strict=True)
    return [row._replace(tag=tag, inner=tuple(inner)) for row, (tag, *inner) in pairs]


def _without_language(rows: list[Row], file: Source) -> list[Row]:
    """Where each word has the same language before it (`fr:Paris`), take it off."""
    matches = [LANGUAGE.match(row.word) for row in rows]
    found = {match[0] if match else "" for match in matches}
    if len(rows) < 3 or len(found) != 1 or "" in found:
        return rows
    (prefix,) = found
    file.note(f"has {prefix} before each word; taken off.")
    return [row._replace(word=row.word.removeprefix(prefix)) for row in rows]
