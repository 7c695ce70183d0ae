"""The formats that are read: one table, from which recognition, `--format` and its help come.

What a file seems to be is told by the first of its text: a format, or the name of one that is not read. What reads each
stands in `formats`, since readers need spaCy, and help does not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .column_layout import WORD_NAME, header_of
from .column_tags import style_of
from .schemes import is_tag
from .tables import SEPARATOR
from .trimming import NO_MARKS

XML = re.compile(r"<[?!A-Za-z/]")
JSON = re.compile(r'[{\[]\s*(?:$|["{\[}\]\d-]|true|false|null)')
INLINE = re.compile(r"<([A-Za-z][\w.:-]*)(?:\s[^<>]*)?>\s*[^<>\s][^<>]*</\1\s*>")
# The first element of XML that is not read -> its name
FOREIGN_XML = {
    "html": "an HTML page",
    "gatedocument": "GATE's own XML (GATE saves inline XML too)",
    "collection": "BioC's XML",
    "deidi2b2": "XML of i2b2, whose entities stand apart from the text",
    "tei": "TEI, whose elements are not told apart from entities",
    "root": "XML of Stanford CoreNLP",
}
PUBTATOR = re.compile(r"[^|\s]+\|t\|")
N_LINES = 50


def first_lines(text: str) -> list[str]:
    """RETURNS (list[str]): the first lines that are not blank; the last is left out where the text is cut."""
    lines = [line.rstrip("\r") for line in SEPARATOR.sub("", text.translate(NO_MARKS)).split("\n", N_LINES)]
    return [line for line in (lines[:-1] if len(lines) > N_LINES else lines) if line.strip()]


def looks_like_json(lines: list[str]) -> bool:
    """Whether it begins as JSON; { and [ may be words too."""
    return JSON.match(lines[0].strip()) is not None and not _is_row(lines[0])


def _begins(start: str) -> Callable[[list[str]], bool]:
    return lambda lines: lines[0].startswith(start)


def looks_like_inline_xml(lines: list[str]) -> bool:
    """Whether elements stand around words, and no column holds tags."""
    return not _foreign_xml(lines) and not any(map(_is_row, lines)) and any(map(INLINE.search, lines))


def looks_like_wikiner(lines: list[str]) -> bool:
    """Whether every token of the first line is `word|POS|tag`, or every one `word|tag`."""
    line = next((line for line in lines if not line.startswith("#")), lines[0])
    tokens = [token.split("|") for token in line.split(" ") if token]
    n_parts = [len(token) for token in tokens if is_tag(token[-1])]
    is_all = len(n_parts) == len(tokens) > 0 and "\t" not in line
    return is_all and (min(n_parts) > 2 or set(n_parts) == {2})


def looks_like_conllu(lines: list[str]) -> bool:
    """Whether it has the ten columns of CoNLL-U, and no tags in any of them."""
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    is_numbered = bool(rows) and all(len(row) == 10 and row[0][:1].isdecimal() for row in rows)
    columns = zip(*rows, strict=True) if is_numbered else ()
    return is_numbered and not any(set(cells) != {"-"} and all(map(is_tag, cells)) for cells in columns)


def looks_like_table(lines: list[str]) -> bool:
    """Whether the first line names the columns of a CSV table of words with tags."""
    return any(map(WORD_NAME.fullmatch, header_of(lines[0])[1]))


def looks_like_columns(lines: list[str]) -> bool:
    """Whether words stand beside tags, labels or brackets."""
    rows = [line.split() for line in lines if not line.startswith("#")]
    is_in_columns = bool(rows) and all(len(row) > 1 for row in rows)
    return any(map(_is_row, lines)) or (is_in_columns and style_of(row[-1] for row in rows) != "")


def name_of(text: str) -> str:
    """RETURNS (str): the name of a format that is not read, and where another reader is to be found; "" if none."""
    lines = first_lines(text)
    if not lines:
        return ""
    if lines[0].startswith("#FORMAT=WebAnno"):
        return f"{lines[0][8:][:30]}, older than what is read; INCEpTION writes TSV 3"
    if XML.match(lines[0]) and ">" in "".join(lines) and not _is_row(lines[0]):
        return _foreign_xml(lines) or "XML or HTML without entities around words"
    if looks_like_conllu(lines):
        return "CoNLL-U, a treebank without entities"
    if header_of(lines[0])[1]:
        return "a table with a header, in CSV (texts for `bertfam convert-cats`? doccano's and Label Studio's is JSON)"
    return ""


def _foreign_xml(lines: list[str]) -> str:
    names = re.findall(r"<(?:!DOCTYPE\s+)?([A-Za-z]\w*)", "".join(lines)[:2000], re.IGNORECASE)
    first = names[0].casefold() if names else ""
    return FOREIGN_XML.get(first, "")


def _is_row(line: str) -> bool:
    cells = line.split()
    return len(cells) > 1 and is_tag(cells[-1])


MAGIC = (b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")  # Parquet, Arrow's files and its streams


@dataclass(frozen=True)
class Format:
    """One that is read.

    name (str): what `--format` calls it.
    title (str): what the report calls it.
    looks (Callable | None): whether the first lines are such; None where these do not tell.
    suffixes (tuple[str, ...]): endings that stand for it where the content does not tell.
    other_suffixes (tuple[str, ...]): endings that it often has, and that files of other kinds have too.
    """

    name: str
    title: str
    looks: Callable[[list[str]], bool] | None = None
    suffixes: tuple[str, ...] = ()
    other_suffixes: tuple[str, ...] = ()


COLUMN_SUFFIXES = (".iob", ".iob1", ".iob2", ".bio", ".bioes", ".iobes", ".bilou", ".biluo", ".conll", ".tsv")
# What comes first is asked first
TABLE = (
    Format("jsonl", "JSON", looks_like_json, (".jsonl", ".ndjson"), (".json",)),
    Format("parquet", "Parquet or Arrow", None, (".parquet", ".arrow", ".feather")),
    Format("webanno", "WebAnno TSV", _begins("#FORMAT=WebAnno TSV 3"), (), (".tsv",)),
    Format("xmi", "UIMA XMI", lambda lines: "<xmi:XMI" in "".join(lines[:3]), (".xmi",), (".xml",)),
    Format("pubtator", "PubTator", lambda lines: bool(PUBTATOR.match(lines[0])), (".pubtator",), (".txt",)),
    Format("conllu", "CoNLL-U", looks_like_conllu, (".conllu", ".conllup")),
    Format("conll2012", "CoNLL-2012", _begins("#begin document"), (".v4_gold_conll",), (".conll", ".txt")),
    Format("csv", "CSV, a word a row", looks_like_table, (), (".csv", ".tsv")),
    Format("xml", "inline XML", looks_like_inline_xml, (), (".xml", ".sgml", ".sgm", ".txt")),
    Format("wikiner", "WikiNER's lines", looks_like_wikiner, (".wikiner",), (".iob", ".txt")),
    Format("iob", "columns", looks_like_columns, COLUMN_SUFFIXES, (".txt",)),
    Format("brat", "brat", None, (".ann",)),
)
BY_NAME = {each.name: each for each in TABLE}
FORMATS = ("auto", *BY_NAME)


def format_of(head: bytes, text: str) -> str:
    """RETURNS (str): the name of a format, by the first bytes and the first text; "" where they do not tell."""
    if head.startswith(MAGIC):
        return "parquet"
    lines = first_lines(text)
    found = (each.name for each in TABLE if lines and each.looks and each.looks(lines))
    return next(found, "")
