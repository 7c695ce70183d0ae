"""Why two readings of the same weights differ at a place of a text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Literal, Sequence, Set, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from spacy_bertfam.encoder.tokenizer import trim_spaces
from spacy_bertfam.pipeline.piece_scores import PieceTable, piece_predictions

Entity = Tuple[int, int, str]  # characters, the end exclusive, and label
Place = Tuple[int, int]  # characters, the end exclusive

CUT = "text longer than the limit, which transformers cuts"
PUNCTUATION = "words with punctuation on them there"
SPACES = "white space that is a token of its own here"
METASPACE = "a word's tag read off a bare space there"
BORDERS = "other words there than tokens here"
DECODING = "legal sequence here, each word alone there"
OTHER = "other"
CAUSES = (CUT, SPACES, PUNCTUATION, BORDERS, METASPACE, DECODING, OTHER)
NER = "ner"  # as import_hf names it
ENDS = ("E-", "L-", "S-", "U-")  # prefixes that transformers takes for a part of the label


@dataclass(frozen=True)
class Difference:
    """Entities that overlap, and are not the same here and there."""

    text: str
    cause: str
    ours: Tuple[Entity, ...]
    theirs: Tuple[Entity, ...]

    def show(self, side: Literal["ours", "theirs"]) -> str:
        """RETURNS (str): the entities of a side, as a table has room for them."""
        ents = [f"{self.text[start:end]!r} {label}" for start, end, label in sorted(getattr(self, side))]
        return ", ".join(ents).replace("|", "\\|") or "(none)"


@dataclass(frozen=True)
class Reader:
    """transformers' side: its pipeline, and the pieces and words that it looks at."""

    pipeline: Any
    nlp: Language  # the same weights here, for the pieces and their scores
    limit: int  # pieces that transformers reads, special ones counted

    @classmethod
    def open(cls, folder: Path, nlp: Language) -> "Reader":
        """Open an exported folder with `transformers`."""
        from transformers import pipeline

        opened = pipeline(
            "ner", model=str(folder), tokenizer=str(folder), aggregation_strategy="first", ignore_labels=[]
        )
        limit = min(opened.tokenizer.model_max_length, opened.model.config.max_position_embeddings)
        return cls(opened, nlp, limit)

    def entities(self, text: str) -> Set[Entity]:
        """What transformers finds, without the white space at the borders of a span."""
        if not text.strip():
            return set()
        groups: List[List[Any]] = []
        for group in self.pipeline(text):
            tag, start, end = group["entity_group"], group["start"], group["end"]
            label = tag[2:] if tag.startswith(ENDS) else tag
            joins = tag.startswith(("E-", "L-")) and groups and groups[-1][2] == label and groups[-1][3]
            if joins:
                groups[-1][1:] = [end, label, False]
            else:
                groups.append([start, end, label, not tag.startswith(ENDS)])
        found = [(start, end, label) for start, end, label, _ in groups if label != "O"]
        trimmed = {(*_trim(text, (start, end)), label) for start, end, label in found}
        return {ent for ent in trimmed if ent[0] < ent[1]}  # a bare space is no entity


def compare_text(doc: Doc, ours: Set[Entity], theirs: Set[Entity], reader: Reader) -> List[Difference]:
    """RETURNS (List[Difference]): one for each stretch of overlapping entities that are not the same."""
    if ours == theirs:
        return []
    table = piece_predictions(reader.nlp, [doc])[0]
    differences = []
    for place in _places(ours ^ theirs):
        here = tuple(ent for ent in ours - theirs if _overlap(ent, place))
        there = tuple(ent for ent in theirs - ours if _overlap(ent, place))
        cause = _cause(doc, place, here, there, table, reader)
        differences.append(Difference(doc.text, cause, here, there))
    return differences


def _cause(
    doc: Doc,
    place: Place,
    here: Sequence[Entity],
    there: Sequence[Entity],
    table: PieceTable,
    reader: Reader,
) -> str:
    if len(table["words"]) + 2 > reader.limit:
        return CUT
    words = _words(doc.text, table)
    around = _widen(place, words)
    if any(token.is_space and _overlap((token.idx, token.idx + len(token)), around) for token in doc):
        return SPACES
    bare = [{(*_bare(doc.text, ent[:2]), ent[2]) for ent in side} for side in (here, there)]
    if bare[0] == bare[1]:
        return PUNCTUATION
    tokens = {(token.idx, token.idx + len(token)) for token in doc}
    if {word for word in tokens if _overlap(word, around)} != {
        word for word in words if _overlap(word, around)
    }:
        return BORDERS
    if _same_surest(doc, around, table, reader):
        return DECODING
    firsts = [i for i in _first_pieces(table) if _overlap(_piece(table, i), around)]
    return METASPACE if any(not doc.text[slice(*_piece(table, i))].strip() for i in firsts) else OTHER


def _first_pieces(table: PieceTable) -> List[int]:
    """The first piece of each of transformers' words."""
    return [i for i, goes_on in enumerate(table["continues"]) if i == 0 or not goes_on]


def _same_surest(doc: Doc, around: Place, table: PieceTable, reader: Reader) -> bool:
    """Whether the surest tag of each token is that of the word there: only the reading of the tags differs."""
    scores = reader.nlp.get_pipe(NER).model.predict([doc])[0]
    here = [
        int(scores[token.i].argmax())
        for token in doc
        if not token.is_space and _overlap((token.idx, token.idx + len(token)), around)
    ]
    firsts = [i for i in _first_pieces(table) if _overlap(_piece(table, i), around)]
    there = [int(table["scores"][i].argmax()) for i in firsts]
    return here == there


def _piece(table: PieceTable, i: int) -> Place:
    return table["starts"][i], table["ends"][i]


def _words(text: str, table: PieceTable) -> List[Place]:
    """The words that transformers makes of the pieces."""
    words: List[List[int]] = []
    for start, end, goes_on in zip(table["starts"], table["ends"], table["continues"], strict=True):
        if goes_on and words:
            words[-1][1] = end
        else:
            words.append([start, end])
    return [place for start, end in words if (place := _trim(text, (start, end)))[0] < place[1]]


def _widen(place: Place, words: Sequence[Place]) -> Place:
    """The place with the word before and the word behind: their tags have a say in what is legal."""
    touched = [i for i, word in enumerate(words) if _overlap(word, place)]
    if not touched:
        return place
    first, last = max(touched[0] - 1, 0), min(touched[-1] + 1, len(words) - 1)
    return min(words[first][0], place[0]), max(words[last][1], place[1])


def _places(ents: Set[Entity]) -> List[Place]:
    """The stretches that overlapping entities cover together."""
    places: List[List[int]] = []
    for start, end, _ in sorted(ents):
        if places and start < places[-1][1]:
            places[-1][1] = max(places[-1][1], end)
        else:
            places.append([start, end])
    return [(start, end) for start, end in places]


def _overlap(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _trim(text: str, place: Place) -> Place:
    starts, ends = trim_spaces(text, np.array([place[0]]), np.array([place[1]]))
    return int(starts[0]), int(ends[0])


def _bare(text: str, place: Place) -> Place:
    """The place without what is no letter or digit at its borders."""
    start, end = place
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end
