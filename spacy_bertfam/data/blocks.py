"""Documents and sentences of a column file whose lines do not mark them: cut by rule, outside of entities."""

from collections.abc import Iterator
from itertools import pairwise

from spacy.pipeline import Sentencizer

from .column_rows import Documents, Row
from .options import Source

LONG = 1000  # words; no sentence has as many, and a Doc of many times as many is read by no training
ENDS = frozenset(Sentencizer.default_punct_chars) | {"...", "!!", "??", "?!", "!?", "…"}
CLOSING = frozenset("\"'”’»)]}")


def cut_blocks(documents: Documents, has_borders: bool, file: Source) -> Iterator[list[list[Row]]]:
    """Yield documents of sentences.

    Where no blank line stands between two sentences of any document, or a block has over a thousand words, it is
    cut into sentences. Of a file without document borders each block is a document; a block so long is none, and
    its sentences are.
    """
    marks_sentences = any(len(blocks) > 1 for blocks in documents)
    is_cut = False
    for blocks in documents if has_borders else [[block] for document in documents for block in document]:
        parts = [[b] if marks_sentences and len(b) <= LONG else _sentences(b) for b in blocks]
        is_cut = is_cut or any(len(part) > 1 for part in parts)
        is_long = any(len(block) > LONG for block in blocks)
        sentences = [sentence for part in parts for sentence in part]
        yield from [[s] for s in sentences] if is_long and not has_borders else [sentences]
    if is_cut:
        kind = "blocks of over a thousand words" if marks_sentences else "no blank lines between sentences"
        file.note(f"has {kind}; cut by rule at the ends of sentences, outside of entities.")


def _sentences(block: list[Row]) -> list[list[Row]]:
    """Cut after . ! ? and what closes after them, and what is still too long wherever no entity is cut."""
    cuts = [0]
    for i in range(1, len(block)):
        is_end = _ends(block, i, cuts[-1]) and block[i].word not in CLOSING
        if (is_end or i - cuts[-1] >= LONG) and not _goes_on(block, i):
            cuts.append(i)
    return [block[start:end] for start, end in pairwise([*cuts, len(block)])]


def _goes_on(block: list[Row], i: int) -> bool:
    """Whether an entity goes on from the row before."""
    pairs = zip(block[i - 1].tags, block[i].tags, strict=False)
    return any(tag[0] in "IMEL" and tag[2:] == before[2:] and before[0] not in "O-" for before, tag in pairs)


def _ends(block: list[Row], i: int, start: int) -> bool:
    """Whether the row before closes a sentence: its end, or a bracket or quote after that."""
    while i > start and block[i - 1].word in CLOSING:
        i -= 1
    return i > start and (block[i - 1].word in ENDS)
