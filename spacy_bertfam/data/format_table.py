"""The formats that are read: one table, from which recognition, `--format` and its help come.

What reads each stands in `formats`, since readers need spaCy, and help does not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .recognize import (
    first_lines,
    looks_like_columns,
    looks_like_conll_2012,
    looks_like_conllu,
    looks_like_inline_xml,
    looks_like_json,
    looks_like_pubtator,
    looks_like_table,
    looks_like_webanno,
    looks_like_wikiner,
    looks_like_xmi,
)

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
    Format("webanno", "WebAnno TSV", looks_like_webanno, (), (".tsv",)),
    Format("xmi", "UIMA XMI", looks_like_xmi, (".xmi",), (".xml",)),
    Format("pubtator", "PubTator", looks_like_pubtator, (".pubtator",), (".txt",)),
    Format("conllu", "CoNLL-U", looks_like_conllu, (".conllu", ".conllup")),
    Format("conll2012", "CoNLL-2012", looks_like_conll_2012, (".v4_gold_conll",), (".conll", ".txt")),
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
