"""What a file seems to be, by the first of its text: a format that is read, or the name of one that is not."""

import re

from .schemes import is_tag
from .trimming import MARKS

XML = re.compile(r"<[?!A-Za-z/]")
JSON = re.compile(r'[{\[]\s*(?:$|["{\[}\]\d-]|true|false|null)')
BRACKET = re.compile(r"-|\*|\*\)|\(\w+\*?\)?")
NAME = re.compile(r"word|tokens?|text|form|tag|pos|ner|ner_tags|labels?")
PROPERTY = re.compile(r"(?:^|\|)(?:name|NE|NER|Entity|ne)=")
PLAIN_LABEL = re.compile(r"[A-Za-z][\w-]{2,}")
NO_MARKS = dict.fromkeys(map(ord, MARKS))
N_LINES = 50


def format_of(text: str) -> str:
    """RETURNS (str): "jsonl", "wikiner" or "iob"; "" where the first lines do not tell."""
    lines = _first_lines(text)
    if not lines:
        return ""
    if JSON.match(lines[0].strip()) and not _is_row(lines[0]):  # { and [ may be words too
        return "jsonl"
    if looks_like_wikiner(next((line for line in lines if not line.startswith("#")), lines[0])):
        return "wikiner"
    return "iob" if any(_is_row(line) for line in lines) and not name_of(text) else ""


def name_of(text: str) -> str:
    """RETURNS (str): the name of a format that is not read, and where another reader is to be found; "" if none."""
    lines = _first_lines(text)
    if not lines:
        return ""
    first = lines[0]
    if first.startswith("#FORMAT=WebAnno"):
        return f"{first[8:][:30]} (INCEpTION), which writes CoNLL 2002 too"
    if first.startswith("#begin document"):
        return "CoNLL-2012 (OntoNotes), with its entities in brackets"
    if XML.match(first) and ">" in "".join(lines) and not _is_row(first):
        return "XML or HTML (UIMA's XMI, inline entities, ...)"
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    if rows and all(len(row) == 10 and row[0][:1].isdecimal() for row in rows) and not _has_tags(rows):
        if any(PROPERTY.search(row[-1]) for row in rows):
            return "CoNLL-U, with entities in its last column (MISC)"
        return "CoNLL-U, a treebank without entities"
    if _is_table(first):
        return "a table with a header, in CSV (as Kaggle's GMB corpus, or texts for `bertfam convert-cats`)"
    return _name_of_tags(lines)


def looks_like_wikiner(line: str) -> bool:
    """Whether every token of a line is `word|POS|tag`, or every one `word|tag`."""
    tokens = [token.split("|") for token in line.split(" ") if token]
    return bool(tokens) and (
        all(len(token) > 2 and is_tag(token[-1]) for token in tokens)
        or all(len(token) == 2 and is_tag(token[1]) for token in tokens)
    )


def _has_tags(rows: list[list[str]]) -> bool:
    return any(set(cells) != {"-"} and all(map(is_tag, cells)) for cells in zip(*rows, strict=True))


def _first_lines(text: str) -> list[str]:
    """The first lines, the last of them left out where the text is cut."""
    lines = [line.rstrip("\r") for line in text.translate(NO_MARKS).split("\n", N_LINES)]
    return [line for line in (lines[:-1] if len(lines) > N_LINES else lines) if line.strip()]


def _is_row(line: str) -> bool:
    cells = line.split()
    return len(cells) > 1 and is_tag(cells[-1])


def _is_table(line: str) -> bool:
    rows = [[cell.strip(' "').casefold() for cell in line.split(delimiter)] for delimiter in ",;"]
    return not _is_row(line) and any(len(cells) > 1 and any(map(NAME.fullmatch, cells)) for cells in rows)


def _name_of_tags(lines: list[str]) -> str:
    """By the last cells: labels without B- and I-, brackets, or no tags at all."""
    lasts = [line.split()[-1] for line in lines if not line.startswith("#")]
    if not lasts:
        return ""
    if all(map(BRACKET.fullmatch, lasts)) and any(cell[0] == "(" for cell in lasts):
        return "columns with entities in brackets (CoNLL-2012)"
    labels = {cell for cell in lasts if cell != "O"}
    are_plain = all(PLAIN_LABEL.fullmatch(cell) and not is_tag(cell) for cell in labels)
    if labels and are_plain and "O" in lasts and all(len(line.split()) > 1 for line in lines):
        return f"columns of labels without B- and I- ({min(labels)[:30]}), as Stanford's tagger has them"
    return ""
