"""Which column of a file holds the word and which its tag: found by what stands in them, not assumed."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .schemes import is_tag
from .trimming import clean_label

NUMBER = re.compile(r"\W?(\d+)(?:[.,:/-]\d+)*\W?")  # its first digits are read
SEVERAL = re.compile(r"\W?\d+(?:[.,:/-]\d+)+\W?")  # in CoNLL-U lines of several words (1-2) and of none (8.1)
LAST_NUMBER = re.compile(r"(\d+)\D*$")
POS = re.compile(r"[A-Z\d$_:;.,'`-]*")  # a part of speech, as most tagsets have it
# Phrases of the chunk column that CoNLL-2000 and 2003 have before the entities, English and German
CHUNK = re.compile(r"NP|VP|PP|ADVP|ADJP|SBAR|PRT|CONJP|INTJ|LST|UCP|NC|VC|PC|NX|VX")
HEADER = re.compile(r"tokens?|words?|form|text|tags?|ner|ner_tags?|ne|iob|ne-.*", re.DOTALL)
WORD_NAME = re.compile(r"tokens?|words?|form")
DIGITS = 15  # of a number that are read; there is no limit to what a file may hold
MANY = 8  # rows after which numbers in each of them are no words

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Layout:
    """The columns of a file, counted from 0.

    tag (int): -1 where none holds tags.
    inner (tuple[int, ...]): further columns that the user wants to be read.
    others (tuple[int, ...]): further columns of tags that hold entities.
    ids (int): numbers the words of a sentence, -1 without such a column.
    """

    word: int
    tag: int
    others: tuple[int, ...] = ()
    ids: int = -1
    inner: tuple[int, ...] = ()


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row names the columns."""
    return not any(map(is_tag, cells)) and any(HEADER.fullmatch(cell.casefold()) for cell in cells)


def header_of(line: str) -> tuple[str, list[str]]:
    """RETURNS (tuple[str, list[str]]): the delimiter of a table and its columns in small letters; "" and [] of none."""
    for delimiter in ",;":
        cells = [clean_label(cell).strip('"').strip().casefold() for cell in line.split(delimiter)]
        if len(cells) > 1 and not is_tag(line.split()[-1]) and is_header(cells):
            return delimiter, cells
    return "", []


def find_layout(sentences: Sequence[Rows], n_columns: int, chosen: Sequence[int] = ()) -> Layout:
    """Find the columns by all rows of a file, each with n_columns cells.

    Of several columns of tags the first that holds entities is taken, but for the phrases of a chunker.
    chosen (Sequence[int]): the columns of tags, where they are known.
    RETURNS (Layout): its word is -1 where the columns hold no words.
    """
    counts = [Counter(row[i] for rows in sentences for row in rows) for i in range(n_columns)]
    tagged = _tag_columns(counts)
    entities = [i for i in tagged if any(tag[0] not in "O-" for tag in counts[i])]
    tag = (*chosen, *entities, *tagged[-1:], -1)[0]
    tag = _mostly_tags(counts) if tag < 0 else tag
    others = tuple(i for i in entities if i not in (tag, *chosen))
    columns = [i for i in range(n_columns) if i not in (tag, *chosen)]
    rest = [i for i in columns if i not in tagged] or columns[:1]
    if not rest:
        return Layout(-1, tag)
    ids = next((i for i in rest if _counts_words(sentences, i)), -1)
    return Layout(_word_column(sentences, counts, rest, ids), tag, others, ids, tuple(chosen[1:]))


def _tag_columns(counts: Sequence[Counter[str]]) -> list[int]:
    """The columns that hold nothing but tags, of which at least one is left for the words."""
    found = [i for i, counter in enumerate(counts) if counter and all(map(is_tag, counter))]
    found = [i for i in found if set(counts[i]) != {"-"}] or found[-1:]
    found = [i for i in found if not _is_chunks(counts[i])] or found[-1:]
    if len(found) > 1 and found[0] == 0:
        is_short = counts[0].total() < MANY  # words of a short text may all look like tags
        if is_short or len(found) == len(counts) or set(counts[0]) <= {"O", "-"}:
            found = found[1:]
    return found


def _is_chunks(counter: Counter[str]) -> bool:
    labels = {tag[2:].upper() for tag in counter if tag[0] not in "O-"}
    return bool(labels) and all(map(CHUNK.fullmatch, labels))


def _mostly_tags(counts: Sequence[Counter[str]]) -> int:
    """The column in which most are tags, the last of them if there are several; -1 if that is less than half."""
    shares = [sum(n for cell, n in c.items() if is_tag(cell)) / max(1, c.total()) for c in counts]
    best = max(shares)
    return len(shares) - 1 - shares[::-1].index(best) if best >= 0.5 else -1


def _word_column(sentences: Sequence[Rows], counts: Sequence[Counter[str]], rest: list[int], ids: int) -> int:
    """The first column of many different values that neither numbers the rows nor names them."""
    if rest == [ids]:  # rows enough say that their numbers count, and are no words
        longest = max(map(len, sentences))
        return -1 if longest > 2 or (longest > 1 and len(sentences) > 1) else ids
    words = [i for i in rest if i != ids]
    words = [i for i in words if "" not in counts[i]] or words
    words = [i for i in words if not _is_numbers(sentences, counts, i, words)] or words
    words = [i for i in words if not _is_names(sentences, counts[i], i)] or words
    n_most = max(len(counts[i]) for i in words)
    return next(i for i in words if 2 * len(counts[i]) >= n_most)


def _counts_words(sentences: Sequence[Rows], i: int) -> bool:
    """Whether a column counts the words of each sentence from 0 or 1."""
    single = [[row for row in rows if not SEVERAL.fullmatch(row[i])] for rows in sentences]
    return _count_up(_numbers(single, i))


def _count_up(sentences: Sequence[list[int]]) -> bool:
    """Whether the numbers of each sentence are 1, 2, 3 ... or 0, 1, 2 ..."""
    ranges = [(list(range(len(one))), list(range(1, len(one) + 1))) for one in sentences]
    return bool(sentences) and all(one and one in pair for one, pair in zip(sentences, ranges, strict=True))


def _is_numbers(sentences: Sequence[Rows], counts: Sequence[Counter[str]], i: int, among: list[int]) -> bool:
    """Whether a column holds offsets, or numbers of sentences, and words stand in another one."""
    if not all(map(NUMBER.fullmatch, counts[i])):
        return False
    others = [j for j in among if not all(map(NUMBER.fullmatch, counts[j]))]
    if counts[i].total() >= MANY:
        return bool(others)
    never_falls = all(a <= b for numbers in _numbers(sentences, i) for a, b in pairwise(numbers))
    return never_falls and any(not POS.fullmatch(cell) for j in others for cell in counts[j])


def _is_names(sentences: Sequence[Rows], counter: Counter[str], i: int) -> bool:
    """Whether a column names a file or sentence, the same in row after row, or counts within names ("t1", "s1.t2")."""
    cells = [row[i] for rows in sentences for row in rows]
    if len(cells) < 3:
        return False
    n_runs = 1 + sum(a != b for a, b in pairwise(cells))
    if n_runs * (1.5 if len(cells) >= MANY else 2) <= len(cells):
        return True
    lasts = _numbers(sentences, i, LAST_NUMBER.search)
    rises = all(b - a == 1 for numbers in lasts for a, b in pairwise(numbers))
    is_new = len(counter) == len(cells) and (rises or len(cells) >= MANY)
    return bool(lasts) and (is_new or _count_up(lasts))


def _numbers(
    sentences: Sequence[Rows], i: int, match: Callable[[str], re.Match[str] | None] = NUMBER.fullmatch
) -> list[list[int]]:
    """RETURNS (list[list[int]]): the numbers in a column, sentence by sentence; [] where a cell has none."""
    found = [[match(row[i]) for row in rows] for rows in sentences]
    if not all(map(all, found)):
        return []
    return [[int(m[1][-DIGITS:]) for m in matches if m] for matches in found]
