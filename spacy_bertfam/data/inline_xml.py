"""Text with its entities as elements -> records: `<PERSON>Claire</PERSON>`, `<ENAMEX TYPE="PERSON">`, TEI's names.

GATE ("save as inline XML") and Stanford's tagger (`-outputFormat inlineXML`) write the first, MUC has the second
(https://cs.nyu.edu/~grishman/NEtask20.book_6.html). Such files need not be valid XML: a text may hold & and <. So
tags are found one by one, and nothing else of XML is read: no DTD, no entity but those of characters.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from html.entities import html5
from typing import NamedTuple

from ..errors import DataError
from .options import Source
from .records import Mention, Record
from .text_file import BOM
from .trimming import clean_label, is_invisible, shorten

NAME = r"[A-Za-z_][\w.:-]*"
# Without quotes in SGML; a slash at the end is that of an empty element
VALUE = r"""(?:"([^"<]*)"|'([^'<]*)'|([^\s"'<>]*[^\s"'<>/]))"""
ATTRIBUTE = re.compile(rf"({NAME})\s*=\s*{VALUE}")
ATTRIBUTES = rf"(?P<attributes>(?:\s+{NAME}\s*=\s*{VALUE})*)"
TAG = re.compile(rf"<(?P<slash>/?)(?P<name>{NAME}){ATTRIBUTES}\s*(?P<empty>/?)>")
NO_TEXT = re.compile(r"<\?[^<>]*>|<!DOCTYPE[^<>\[]*>|<!\[CDATA\[|\]\]>")
DECLARES = re.compile(r"<!(?:ENTITY|DOCTYPE[^<>]*\[)", re.IGNORECASE)
CHARACTER = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{1,30};)|#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};)")
# Elements that say what an entity is in an attribute
GENERIC = {"enamex", "numex", "timex", "entity", "ne", "rs", "name", "annotation", "span", "mark"}
LABEL_KEYS = ("type", "label", "category", "class")
# Elements of the text itself
STRUCTURE = {
    "doc", "docs", "document", "documents", "corpus", "root", "xml", "text", "txt", "body", "head", "header", "title",
    "headline", "hl", "dateline", "docno", "docid", "slug", "story", "section", "set", "annotations", "div", "p", "s",
    "sentence", "paragraph", "w", "token", "b", "i", "em", "br", "hr",
}  # fmt: skip
DOCUMENTS = {"doc", "document"}


class Open(NamedTuple):
    """An element that is not closed yet."""

    name: str
    label: str
    start: int
    line: int


def read_inline_xml(file: Source) -> Iterator[Record]:
    """Each <DOC> is a record, and without them the file is one; elements of the text's structure are counted.

    RAISES (DataError): when an element is not closed, or the file declares entities; it names the line.
    """
    raw = file.text().removeprefix(BOM)
    found = DECLARES.search(raw)
    if found:
        line = raw.count("\n", 0, found.start()) + 1
        raise DataError("declares entities of XML; expected text with elements alone.", line=line)
    raw = NO_TEXT.sub(lambda match: "\n" * match[0].count("\n"), _without_comments(raw))
    records = list(_records(raw, file))
    yield from (replace(record, document=file.name) for record in records) if len(records) == 1 else records


def _records(raw: str, file: Source) -> Iterator[Record]:
    parts: list[str] = []
    opened: list[Open] = []
    mentions: list[Mention] = []
    length, position, line, first = 0, 0, 1, 1
    for tag in [*TAG.finditer(raw), None]:
        end = tag.start() if tag else len(raw)
        parts.append(_characters(raw[position:end]))
        length += len(parts[-1])
        line += raw.count("\n", position, end)
        name = tag["name"].rpartition(":")[2].casefold() if tag else ""
        if tag is None or name in DOCUMENTS:
            if opened:
                raise DataError(f"found <{opened[-1].name[:40]}> that is not closed.", line=opened[-1].line)
            if not is_invisible("".join(parts)):
                yield Record("".join(parts), tuple(mentions), f"{file.name}:{first}", file.name, first)
            parts, mentions, length, first = [], [], 0, line
        if tag is None:
            return
        if tag["empty"] or name in STRUCTURE:
            file.report.ignored.update(["elements of the text's structure"] * (not tag["slash"]))
        elif not tag["slash"]:
            opened.append(Open(name, _label(tag), length, line))
        elif opened and opened[-1].name == name:
            mentions.append(Mention(opened[-1].start, length, opened[-1].label, opened.pop().line))
        else:
            last = (
                f"expected </{opened[-1].name[:40]}> of line {opened[-1].line}" if opened else "none is open"
            )
            before = raw.rfind(f"<{tag['name']}", 0, tag.start())
            if before >= 0 and not TAG.match(raw, before):
                expected = 'expected attributes as type="PER"'
                last = f"{shorten(raw[before : tag.start()], 40)} before it is no opening tag; {expected}"
            raise DataError(f"found {shorten(tag[0], 40)}; {last}.", line=line)
        line += tag[0].count("\n")
        position = tag.end()


def _label(tag: re.Match[str]) -> str:
    """RETURNS (str): the attribute that says the type where the element alone does not, or the element's name."""
    name = tag["name"].rpartition(":")[2]
    values = {m[1].casefold(): m[2] or m[3] or m[4] or "" for m in ATTRIBUTE.finditer(tag["attributes"])}
    known = [_characters(values[key]) for key in LABEL_KEYS if key in values]
    return clean_label(known[0] if known and name.casefold() in GENERIC else "") or name


def _characters(text: str) -> str:
    """RETURNS (str): the text with what is named or numbered in it; an & without a semicolon is one."""
    return CHARACTER.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    return html5.get(match[1], match[0]) if match[1] else html.unescape(match[0])


def _without_comments(text: str) -> str:
    """RETURNS (str): the text without comments; their line ends stay, so that lines keep their numbers."""
    first, *others = text.split("<!--")
    kept = [first]
    for part in others:
        comment, end, rest = part.partition("-->")
        kept.append("\n" * comment.count("\n") + rest if end else f"<!--{part}")
    return "".join(kept)
