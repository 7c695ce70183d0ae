"""Predictions of word pieces to words and entities, by the rules of `transformers`' ``pipeline("ner")``.

The strategies are described in the documentation of ``TokenClassificationPipeline``. Two things differ: tags
with an end (E-, S-, L-, U-) are understood, and the text of a group is put together from its pieces in one go.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...decoding.tags import split_tag
from ...errors import UserError

WITH_ENDS = ("BIOES", "BILUO")
Item = TypeVar("Item")
Join = Callable[[list[str]], str]  # the pieces of a part of the text -> that text


@dataclass(frozen=True)
class PiecePrediction:
    """One word piece and the probability of each tag for it."""

    word: str  # the piece as the vocabulary has it
    scores: NDArray[np.float32]  # Shape: (n_tags,)
    start: int  # character offset in the text, inclusive
    end: int  # character offset in the text, exclusive
    index: int  # among the pieces of the text, special ones such as [CLS] counted
    continues: bool  # whether it belongs to the word of the piece before


@dataclass(frozen=True)
class Tagged:
    """Neighboring pieces that were given one tag together: one piece, or those of a word."""

    pieces: Sequence[PiecePrediction]
    tag: str
    score: float


# strategy -> the scores of a word, from the rows of scores of its pieces; Shape: (n_pieces, n_tags) -> (n_tags,)
WORD_SCORES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "first": lambda scores: scores[0],
    "average": lambda scores: scores.mean(axis=0),
    "max": lambda scores: scores[scores.max(axis=1).argmax()],
}
STRATEGIES = ("none", "simple", *WORD_SCORES)


def aggregate(
    pieces: Sequence[PiecePrediction],
    tags: Sequence[str],
    strategy: str = "none",
    *,
    join: Join,
    scheme: str = "IOB2",
    ignore: Collection[str] = ("O",),
) -> list[dict[str, Any]]:
    """Pieces to the output of ``pipeline("ner", aggregation_strategy=strategy)``.

    tags (Sequence[str]): the names of the columns of ``scores``.
    strategy (str): "none" keeps the pieces; the others group neighbors of one entity: "simple" as they
        are tagged, and with one tag for all pieces of a word "first" (its first piece's), "max" (that of its piece
        with the highest score) or "average" (the best of their mean scores).
    join (Callable[[list[str]], str]): puts pieces together to text, as the tokenizer's decoder does.
    scheme (str): the scheme of the tags: "BIOES" and "BILUO" mark the ends too.
    ignore (Collection[str]): tags ("none") or labels (the others) to leave out.
    RETURNS (list[dict[str, Any]]): for "none" with the keys entity, score, index, word, start, end; for the
        others entity_group, score, word, start, end. A group's score is the mean over its pieces
        ("simple") or words.
    RAISES (UserError): when the strategy is unknown.
    """
    require_strategy(strategy)
    units = _runs(pieces, lambda _, piece: strategy in WORD_SCORES and piece.continues)
    tagged = [_tag(unit, tags, strategy) for unit in units]
    if strategy == "none":
        return [_as_piece(one) for one in tagged if one.tag not in ignore]
    runs = _runs(tagged, lambda before, one: _goes_on(before.tag, one.tag, scheme))
    groups = [_as_group(group, join) for group in runs]
    return [group for group in groups if group["entity_group"] not in ignore]


def require_strategy(name: str) -> None:
    """RAISES (UserError): when no strategy has this name."""
    if name not in STRATEGIES:
        raise UserError(f"Unknown aggregation {name!r}: expected one of {', '.join(STRATEGIES)}.")


def _tag(pieces: Sequence[PiecePrediction], tags: Sequence[str], strategy: str) -> Tagged:
    scores = WORD_SCORES.get(strategy, WORD_SCORES["first"])(np.array([piece.scores for piece in pieces]))
    best = int(scores.argmax())
    return Tagged(pieces, tags[best], float(scores[best]))


def _runs(items: Iterable[Item], goes_on: Callable[[Item, Item], bool]) -> list[list[Item]]:
    """Neighbors in one list, as long as each goes on with the one before it."""
    runs: list[list[Item]] = []
    for item in items:
        if runs and goes_on(runs[-1][-1], item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _goes_on(before: str, tag: str, scheme: str) -> bool:
    """Whether ``tag`` belongs to the entity of the tag before it; nothing has made sure that it may follow."""
    (last_prefix, last_label), (prefix, label) = _parse(before, scheme), _parse(tag, scheme)
    ended = scheme in WITH_ENDS and last_prefix in ("E", "S")
    return label == last_label and prefix not in ("B", "S") and not ended


def _parse(tag: str, scheme: str) -> tuple[str, str]:
    """Prefix and label; a tag without one of the scheme's prefixes, as O, is a label that goes on."""
    known = "BIESLU" if scheme in WITH_ENDS else "BI"
    return split_tag(tag) if tag[1:2] == "-" and tag[0] in known else ("I", tag)


def _as_piece(tagged: Tagged) -> dict[str, Any]:
    (piece,) = tagged.pieces
    return {
        "entity": tagged.tag,
        "score": tagged.score,
        "index": piece.index,
        "word": piece.word,
        "start": piece.start,
        "end": piece.end,
    }


def _as_group(group: Sequence[Tagged], join: Join) -> dict[str, Any]:
    pieces = [piece for tagged in group for piece in tagged.pieces]
    return {
        "entity_group": group[0].tag.partition("-")[2] or group[0].tag,
        "score": float(np.mean([tagged.score for tagged in group])),
        "word": join([piece.word for piece in pieces]),
        "start": pieces[0].start,
        "end": pieces[-1].end,
    }
