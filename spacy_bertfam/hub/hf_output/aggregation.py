"""Predictions of word pieces to words and entities, by the rules of `transformers`' ``pipeline("ner")``.

The strategies are described in the documentation of ``TokenClassificationPipeline``. Two things differ: tags
with an end (E-, S-, L-, U-) are understood, and the text of a group is put together from its pieces in one go.
"""

from dataclasses import dataclass
from typing import Any, Callable, Collection, Dict, List, Mapping, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ...decoding.tags import split_tag

STRATEGIES = ("none", "simple", "first", "average", "max")
WITH_ENDS = ("BIOES", "BILUO")
Join = Callable[[List[str]], str]  # the pieces of a stretch of text -> the text


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
    """Neighbouring pieces that were given one tag together: one piece, or those of a word."""

    pieces: Sequence[PiecePrediction]
    tag: str
    score: float


def aggregate(
    pieces: Sequence[PiecePrediction],
    tags: Sequence[str],
    strategy: str = "none",
    *,
    join: Join,
    scheme: str = "IOB2",
    ignore: Collection[str] = ("O",),
) -> List[Dict[str, Any]]:
    """Pieces to the output of ``pipeline("ner", aggregation_strategy=strategy)``.

    tags (Sequence[str]): the names of the columns of ``scores``.
    strategy (str): "none" keeps the pieces; the others group neighbours of one entity: "simple" as they
        are tagged, and with one tag for all pieces of a word "first" (its first piece's), "max" (its surest
        piece's) or "average" (the best of their mean scores).
    join (Callable[[List[str]], str]): puts pieces together to text, as the tokenizer's decoder does.
    scheme (str): the scheme of the tags: "BIOES" and "BILUO" mark the ends too.
    ignore (Collection[str]): tags ("none") or labels (the others) to leave out.
    RETURNS (List[Dict[str, Any]]): for "none" with the keys entity, score, index, word, start, end; for the
        others entity_group, score, word, start, end. A group's score is the mean over its pieces
        ("simple") or words. Raises a ValueError for another strategy.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"Unknown aggregation {strategy!r}: expected one of {', '.join(STRATEGIES)}.")
    if strategy == "none":
        found = [_as_piece(tagged) for tagged in _tag_each(pieces, tags)]
        return [piece for piece in found if piece["entity"] not in ignore]
    if strategy == "simple":
        tagged = _tag_each(pieces, tags)
    else:
        tagged = [_tag_together(word, tags, WORD_SCORES[strategy]) for word in _words(pieces)]
    groups = [_as_group(group, join) for group in _groups(tagged, scheme)]
    return [group for group in groups if group["entity_group"] not in ignore]


def _of_first(pieces: Sequence[PiecePrediction]) -> NDArray[np.float32]:
    return pieces[0].scores


def _of_surest(pieces: Sequence[PiecePrediction]) -> NDArray[np.float32]:
    return max(pieces, key=lambda piece: float(piece.scores.max())).scores


def _mean(pieces: Sequence[PiecePrediction]) -> NDArray[np.float32]:
    return np.mean([piece.scores for piece in pieces], axis=0)


# strategy -> the scores of a word, from those of its pieces
WORD_SCORES: Mapping[str, Callable[[Sequence[PiecePrediction]], NDArray[np.float32]]] = {
    "first": _of_first,
    "max": _of_surest,
    "average": _mean,
}


def _tag_each(pieces: Sequence[PiecePrediction], tags: Sequence[str]) -> List[Tagged]:
    return [_tag_together([piece], tags, _of_first) for piece in pieces]


def _tag_together(
    pieces: Sequence[PiecePrediction],
    tags: Sequence[str],
    scores_of: Callable[[Sequence[PiecePrediction]], NDArray[np.float32]],
) -> Tagged:
    scores = scores_of(pieces)
    best = int(scores.argmax())
    return Tagged(pieces, tags[best], float(scores[best]))


def _words(pieces: Sequence[PiecePrediction]) -> List[List[PiecePrediction]]:
    words: List[List[PiecePrediction]] = []
    for piece in pieces:
        if piece.continues and words:
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def _groups(tagged: Sequence[Tagged], scheme: str) -> List[List[Tagged]]:
    groups: List[List[Tagged]] = []
    for item in tagged:
        if groups and _goes_on(groups[-1][-1].tag, item.tag, scheme):
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _goes_on(before: str, tag: str, scheme: str) -> bool:
    """Whether ``tag`` belongs to the entity of the tag before it; nothing has made sure that it may follow."""
    (last_prefix, last_label), (prefix, label) = _parse(before, scheme), _parse(tag, scheme)
    ended = scheme in WITH_ENDS and last_prefix in ("E", "S")
    return label == last_label and prefix not in ("B", "S") and not ended


def _parse(tag: str, scheme: str) -> Tuple[str, str]:
    """Prefix and label; a tag without one of the scheme's prefixes, as O, is a label that goes on."""
    known = "BIESLU" if scheme in WITH_ENDS else "BI"
    if tag[1:2] == "-" and tag[0] in known:
        return split_tag(tag)
    return "I", tag


def _as_piece(tagged: Tagged) -> Dict[str, Any]:
    (piece,) = tagged.pieces
    return {
        "entity": tagged.tag,
        "score": tagged.score,
        "index": piece.index,
        "word": piece.word,
        "start": piece.start,
        "end": piece.end,
    }


def _as_group(group: Sequence[Tagged], join: Join) -> Dict[str, Any]:
    pieces = [piece for tagged in group for piece in tagged.pieces]
    return {
        "entity_group": group[0].tag.partition("-")[2] or group[0].tag,
        "score": float(np.mean([tagged.score for tagged in group])),
        "word": join([piece.word for piece in pieces]),
        "start": pieces[0].start,
        "end": pieces[-1].end,
    }
