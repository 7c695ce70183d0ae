"""Documents and sentences of a column file whose lines do not mark them: cut by rule, outside of entities."""

from collections.abc import Iterator
from itertools import pairwise

from spacy.pipeline import Sentencizer

from .column_lines import ColumnFile, Row
from .report import ConversionReport

LONG = 1000  # words; no sentence has as many, and a Doc of many times as many is read by no training
ENDS = frozenset(Sentencizer.default_punct_chars) | {"...", "!!", "??", "?!", "!?", "…"}
CLOSING = frozenset("\"'”’»)]}")


def cut_blocks(rows: ColumnFile, source: str, report: ConversionReport) -> Iterator[list[list[Row]]]:
    """Yield documents of sentences.

    Where no blank line stands between two sentences of any document, or a block has over a thousand words, it is
    cut into sentences. Of a file without document borders each block is a document; a block so long is none, and
    its sentences are.
    """
    marks_sentences = any(len(blocks) > 1 for blocks in rows.documents)
    blocks_of = rows.documents
    if not rows.has_borders:
        blocks_of = [[block] for blocks in rows.documents for block in blocks]
    n_cut = 0
    for blocks in blocks_of:
        sentences: list[list[Row]] = []
        is_long = False
        for block in blocks:
            parts = [block] if marks_sentences and len(block) <= LONG else _sentences(block)
            n_cut += len(parts) > 1
            is_long = is_long or len(block) > LONG
            sentences += parts
        yield from [[s] for s in sentences] if is_long and not rows.has_borders else [sentences]
    if n_cut:
        kind = "blocks of over a thousand words" if marks_sentences else "no blank lines between sentences"
        report.note(f"has {kind}; cut by rule at the ends of sentences, outside of entities.", source)


def _sentences(block: list[Row]) -> list[list[Row]]:
    """Cut after . ! ? and what closes after them, and what is still too long wherever no entity is cut."""
    cuts = [0]
    for i in range(1, len(block)):
        if _goes_on(block, i):
            continue
        length = i - cuts[-1]
        if (_ends(block, i, cuts[-1]) and block[i].word not in CLOSING) or length >= LONG:
            cuts.append(i)
    return [block[start:end] for start, end in pairwise([*cuts, len(block)])]


def _goes_on(block: list[Row], i: int) -> bool:
    """Whether an entity goes on from the row before."""
    before, tag = block[i - 1].tag, block[i].tag
    return tag[0] in "IEL" and tag[2:] == before[2:] and before[0] not in "O-"


def _ends(block: list[Row], i: int, start: int) -> bool:
    """Whether the row before closes a sentence: its end, or a bracket or quote after that."""
    while i > start and block[i - 1].word in CLOSING:
        i -= 1
    return i > start and (block[i - 1].word in ENDS)
