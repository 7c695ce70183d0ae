"""What a pipeline found, as JSON holds it."""

from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc

from ..data.utf16 import to_utf16
from ..data.writers.entry import N_DIGITS, Entity, entry_of, vector_of
from ..pipeline.asking import Answer
from ..pipeline.entity_score import get_score

Found = dict[str, Any]


def entities_of(doc: Doc, *, min_score: float, offsets: Sequence[str]) -> Found:
    """RETURNS (dict): the entities, and under their names the span groups that the pipeline makes.

    offsets (Sequence[str]): "characters" are under start and end, "tokens" under token_start and token_end, "utf16"
        under utf16_start and utf16_end.
    """
    entry = entry_of(doc, "", score=get_score, min_score=min_score, tokens=False)
    text, unit = entry["text"], to_utf16(entry["text"])

    def told(entity: Entity) -> Found:
        start, end = entity["start"], entity["end"]
        found: Found = {"text": text[start:end], "label": entity["label"], "score": entity["score"]}
        if "characters" in offsets:
            found |= {"start": start, "end": end}
        if "tokens" in offsets:
            span: Any = doc.char_span(start, end)  # it has one: it is an entity
            found |= {"token_start": span.start, "token_end": span.end}
        if "utf16" in offsets:
            found |= {"utf16_start": unit(start), "utf16_end": unit(end)}
        return found

    spans = {key: list(map(told, group)) for key, group in entry.get("spans", {}).items()}
    return {"entities": list(map(told, entry["entities"]))} | ({"spans": spans} if spans else {})


def categories_of(doc: Doc) -> Found:
    """RETURNS (dict): the score of each category."""
    return {"categories": entry_of(doc, "", tokens=False).get("cats", {})}


def vector_found(doc: Doc) -> Found:
    """RETURNS (dict): the vector of the text."""
    return {"vector": vector_of(doc)}


def answers_found(answers: Sequence[Answer]) -> Found:
    """RETURNS (dict): the answers; one without words and place is that the text has none."""
    told = []
    for a in answers:
        start, end = (None, None) if a.span is None else (a.span.start_char, a.span.end_char)
        told.append({"text": a.text, "score": round(a.score, N_DIGITS), "start": start, "end": end})
    return {"answers": told}
