"""Which column of a file holds the word and which its tag: found by what stands in them, not assumed."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .schemes import is_tag

NUMBER = re.compile(r"\W?(?P<first>\d+)(?P<others>(?:[.,:/-]\d+)*)\W?")
POS = re.compile(r"[A-Z\d$_:;.,'`-]*")  # a part of speech, as most tagsets have it
LAST_NUMBER = re.compile(r"(\d+)\D*$")
# Phrases of the chunk column that CoNLL-2000 and 2003 have before the entities, English and German
CHUNKS = frozenset(
    (
        "NP",
        "VP",
        "PP",
        "ADVP",
        "ADJP",
        "SBAR",
        "PRT",
        "CONJP",
        "INTJ",
        "LST",
        "UCP",
        "NC",
        "VC",
        "PC",
        "NX",
        "VX",
    )
)
HEADERS = frozenset(
    (
        "token",
        "tokens",
        "word",
        "words",
        "form",
        "text",
        "tag",
        "tags",
        "ner",
        "ner_tag",
        "ner_tags",
        "ne",
        "iob",
    )
)
DIGITS = 15  # of a number that are read; there is no limit to what a file may hold
MANY = 8  # rows after which numbers in each of them are no words

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Layout:
    """The columns of a file, counted from 0.

    tag (int): -1 where none holds tags.
    others (tuple): further columns of tags that hold entities.
    ids (int): numbers the words of a sentence, -1 without such a column.
    """

    word: int
    tag: int
    others: tuple[int, ...] = ()
    ids: int = -1

    def is_usual(self, n_columns: int) -> bool:
        """Whether the word comes first and the tag last, and no other column holds tags."""
        return self.word == 0 and self.tag == n_columns - 1 and not self.others


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row names the columns."""
    names = [cell.casefold() for cell in cells]
    return not any(map(is_tag, cells)) and any(name in HEADERS or name.startswith("ne-") for name in names)


def find_layout(sentences: Sequence[Rows], n_columns: int) -> Layout:
    """Find the columns by all rows of a file, each with n_columns cells.

    Of several columns of tags the first that holds entities is taken, but for the phrases of a chunker.
    RETURNS (Layout): its word is -1 where the columns hold no words.
    """
    counts = [Counter(row[i] for rows in sentences for row in rows) for i in range(n_columns)]
    tagged = _tag_columns(counts)
    if tagged:
        entities = [i for i in tagged if any(tag[0] not in "O-" for tag in counts[i])]
        tag, others = (entities or tagged[-1:])[0], tuple(entities[1:])
    else:
        tag, others = _mostly_tags(counts), ()
    rest = [i for i in range(n_columns) if i != tag and i not in tagged]
    if not rest:
        rest = [i for i in range(n_columns) if i != tag][:1]
    ids = next((i for i in rest if _counts_words(sentences, i)), -1)
    return Layout(_word_column(sentences, counts, rest, ids), tag, others, ids)


def _tag_columns(counts: Sequence[Counter[str]]) -> list[int]:
    """The columns that hold nothing but tags, of which at least one is left for the words."""
    found = [i for i, counter in enumerate(counts) if counter and all(map(is_tag, counter))]
    if len(found) > 1:
        found = [i for i in found if set(counts[i]) != {"-"}] or found[-1:]
    if len(found) > 1:
        found = [i for i in found if not _is_chunks(counts[i])] or found[-1:]
    if len(found) > 1 and found[0] == 0:
        is_short = counts[0].total() < MANY  # words of a short text may all look like tags
        if is_short or len(found) == len(counts) or set(counts[0]) <= {"O", "-"}:
            found = found[1:]
    return found


def _is_chunks(counter: Counter[str]) -> bool:
    labels = {tag[2:].upper() for tag in counter if tag[0] not in "O-"}
    return bool(labels) and labels <= CHUNKS


def _mostly_tags(counts: Sequence[Counter[str]]) -> int:
    """The column in which most are tags, the last of them if there are several; -1 if that is less than half."""
    shares = [sum(n for cell, n in c.items() if is_tag(cell)) / max(1, c.total()) for c in counts]
    best = max(shares)
    return len(shares) - 1 - shares[::-1].index(best) if best >= 0.5 else -1


def _word_column(sentences: Sequence[Rows], counts: Sequence[Counter[str]], rest: list[int], ids: int) -> int:
    """The first column of many different values that neither numbers the rows nor names them."""
    if rest == [ids]:
        return -1 if _is_surely_counting(sentences) else ids
    words = [i for i in rest if i != ids]
    words = [i for i in words if "" not in counts[i]] or words
    words = [i for i in words if not _is_numbers(sentences, counts, i, words)] or words
    words = [i for i in words if not _is_names(sentences, counts[i], i)] or words
    n_most = max(len(counts[i]) for i in words)
    return next(i for i in words if 2 * len(counts[i]) >= n_most)


def _counts_words(sentences: Sequence[Rows], i: int) -> bool:
    """Whether a column counts the words of each sentence from 0 or 1.

    Lines of several words (1-2) and of none (8.1), as CoNLL-U has them, may stand between.
    """
    matches = [[NUMBER.fullmatch(row[i]) for row in rows] for rows in sentences]
    if not matches or not all(all(found) for found in matches):
        return False
    return _count_up([[_number(m["first"]) for m in found if m and not m["others"]] for found in matches])


def _count_up(sentences: Sequence[Sequence[int]]) -> bool:
    """Whether the numbers of each sentence are 1, 2, 3 ... or 0, 1, 2 ..."""
    return all(numbers and numbers[0] in (0, 1) for numbers in sentences) and all(
        b - a == 1 for numbers in sentences for a, b in pairwise(numbers)
    )


def _is_surely_counting(sentences: Sequence[Rows]) -> bool:
    """Whether there are rows enough to say that their numbers count, and are no words."""
    longest = max(map(len, sentences))
    return longest > 2 or (longest > 1 and len(sentences) > 1)


def _is_numbers(sentences: Sequence[Rows], counts: Sequence[Counter[str]], i: int, among: list[int]) -> bool:
    """Whether a column holds offsets, or numbers of sentences, and words stand in another one."""
    if not all(map(NUMBER.fullmatch, counts[i])):
        return False
    others = [j for j in among if not all(map(NUMBER.fullmatch, counts[j]))]
    if counts[i].total() >= MANY:
        return bool(others)
    firsts = [[_number(NUMBER.fullmatch(row[i])["first"]) for row in rows] for rows in sentences]  # type: ignore[index]
    never_falls = all(a <= b for numbers in firsts for a, b in pairwise(numbers))
    return never_falls and any(not POS.fullmatch(cell) for j in others for cell in counts[j])


def _is_names(sentences: Sequence[Rows], counter: Counter[str], i: int) -> bool:
    """Whether a column names a file or sentence, the same in row after row, or counts within names ("t1", "s1.t2")."""
    cells = [row[i] for rows in sentences for row in rows]
    if len(cells) < 3:
        return False
    n_runs = 1 + sum(a != b for a, b in pairwise(cells))
    if n_runs * (1.5 if len(cells) >= MANY else 2) <= len(cells):
        return True
    if not all(map(LAST_NUMBER.search, counter)):
        return False
    lasts = [[_number(LAST_NUMBER.search(row[i])[1]) for row in rows] for rows in sentences]  # type: ignore[index]
    rises = all(b - a == 1 for numbers in lasts for a, b in pairwise(numbers))
    return _count_up(lasts) or (len(counter) == len(cells) and (rises or len(cells) >= MANY))


def _number(digits: str) -> int:
    return int(digits[-DIGITS:])
