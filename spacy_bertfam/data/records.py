"""What every reader hands on: a text with labeled character spans, and where it came from."""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Mention:
    """One annotated entity as the file has it.

    start (int), end (int): characters of the record's text, from 0, end exclusive.
    line (int): its line in the file, from 1.
    group (str): the key in `doc.spans` where it belongs; "" of an entity.
    """

    start: int
    end: int
    label: str
    line: int = 0
    group: str = ""


@dataclass(frozen=True)
class Record:
    """One text that becomes one Doc, or that is cut into several.

    document (str): records with the same name never go to different parts of a split.
    source (str): the file's name below the input folder.
    words, spaces, sent_starts: given by column files, one entry a token; None where spaCy is to tokenize.
    missing: character spans that nobody annotated, which is not the same as "no entity here".
    value: of the field of ReadOptions; "" where there is none.
    """

    text: str
    mentions: tuple[Mention, ...]
    document: str
    source: str
    line: int = 0
    words: tuple[str, ...] | None = None
    spaces: tuple[bool, ...] | None = None
    sent_starts: tuple[bool, ...] | None = None
    missing: tuple[tuple[int, int], ...] = ()
    value: str = ""

    @property
    def has_overlaps(self) -> bool:
        """Whether two entities share characters; one span twice under one label is only a duplicate."""
        spans = sorted({(m.start, m.end, m.label) for m in self.mentions if not m.group})
        return any(after[0] < before[1] for before, after in pairwise(spans))
