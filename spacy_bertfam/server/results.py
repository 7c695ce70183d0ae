"""What a pipeline found, as JSON holds it."""

from collections.abc import Callable, Sequence
from typing import Any

from spacy.tokens import Doc

from ..data.utf16 import to_utf16
from ..data.writers.entry import N_DIGITS, Entity, entry_of, vector_of
from ..pipeline.asking import Answer
from ..pipeline.entity_score import get_score

Found = dict[str, Any]
Place = Callable[[int, int], tuple[int, int]]


def entities_of(doc: Doc, *, min_score: float, offsets: Sequence[str]) -> Found:
    """RETURNS (dict): the entities, and under their names the span groups that the pipeline makes.

    offsets (Sequence[str]): "characters" are under start and end, "tokens" under token_start and token_end, "utf16"
        under utf16_start and utf16_end.
    """
    entry = entry_of(doc, "", score=get_score, min_score=min_score, tokens=False)
    text, places = doc.text, _places(doc, offsets)
    found: Found = {"entities": [_entity(text, entity, places) for entity in entry["entities"]]}
    if "spans" in entry:
        groups = entry["spans"].items()
        found["spans"] = {key: [_entity(text, span, places) for span in spans] for key, spans in groups}
    return found


def categories_of(doc: Doc) -> Found:
    """RETURNS (dict): the score of each category."""
    return {"categories": {label: round(float(score), N_DIGITS) for label, score in doc.cats.items()}}


def vector_found(doc: Doc) -> Found:
    """RETURNS (dict): the vector of the text."""
    return {"vector": vector_of(doc)}


def answers_found(answers: Sequence[Answer]) -> Found:
    """RETURNS (dict): the answers; one without words and place is that the text has none."""
    return {
        "answers": [
            {
                "text": answer.text,
                "start": answer.span.start_char if answer.span is not None else None,
                "end": answer.span.end_char if answer.span is not None else None,
                "score": round(answer.score, N_DIGITS),
            }
            for answer in answers
        ]
    }


def _places(doc: Doc, offsets: Sequence[str]) -> dict[str, Place]:
    """By the prefix of their keys, how start and end are counted."""
    unit = to_utf16(doc.text)

    def tokens(start: int, end: int) -> tuple[int, int]:
        span = doc.char_span(start, end)
        return span.start, span.end

    known: dict[str, tuple[str, Place]] = {
        "characters": ("", lambda start, end: (start, end)),
        "tokens": ("token_", tokens),
        "utf16": ("utf16_", lambda start, end: (unit(start), unit(end))),
    }
    return dict(known[name] for name in offsets)


def _entity(text: str, entity: Entity, places: dict[str, Place]) -> Found:
    start, end = entity["start"], entity["end"]
    found: Found = {"text": text[start:end], "label": entity["label"], "score": entity["score"]}
    for prefix, place in places.items():
        found[f"{prefix}start"], found[f"{prefix}end"] = place(start, end)
    return found
