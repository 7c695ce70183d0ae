"""What every writer is handed: a text with what was found in it, as JSON can hold it."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from typing import TypedDict

from spacy.tokens import Doc, Span
from thinc.api import to_numpy

from ...types import CANDIDATES
from ..trimming import is_invisible

Score = Callable[[Span], float | None]
PIECE = re.compile(r"\S+|\s+")
N_DIGITS = 6  # of scores and vectors


class Entity(TypedDict):
    """A labeled span of characters, from 0, end exclusive; its score is None where nobody gave it one."""

    start: int
    end: int
    label: str
    score: float | None


class Always(TypedDict):
    """What every entry has."""

    id: str | int
    text: str
    entities: list[Entity]


class Entry(Always, total=False):
    """One text.

    tokens (list[tuple[int, int]]): start and end of each token in characters.
    sents (list[int]): the first token of each sentence, where sentences are marked.
    missing (list[int]): tokens of which nobody has said whether they are part of an entity.
    spans (dict[str, list[Entity]]): of `doc.spans`, by the name of the group; they may overlap.
    uncertainty (float): see `annotation.uncertainty`.
    error (str): why the text could not be annotated; then nothing else is known of it.
    gold (bool): whether people have annotated it, so that it is no suggestion of a pipeline's.
    """

    tokens: list[tuple[int, int]]
    sents: list[int]
    missing: list[int]
    spans: dict[str, list[Entity]]
    cats: dict[str, float]
    vector: list[float]
    uncertainty: float
    error: str
    gold: bool


def entry_of(
    doc: Doc, name: str | int, *, score: Score | None = None, min_score: float = 0.0, tokens: bool = True
) -> Entry:
    """RETURNS (Entry): entities, span groups and categories of a Doc.

    score (Score | None): of an entity, None where people have annotated it; those of groups stand in the group.
    min_score (float): what has a lower score is left out.
    tokens (bool): with tokens, sentences and missing annotation, which some formats need.
    """
    found: Entry = {"id": name, "text": doc.text, "entities": []}
    found["entities"] = _above(min_score, [_entity(ent, score(ent) if score else None) for ent in doc.ents])
    if doc.spans:
        found["spans"] = {}
        for key, group in doc.spans.items():
            pairs = zip(group, group.attrs.get("scores") or [None] * len(group), strict=False)
            found["spans"][key] = _above(min_score, [_entity(*pair) for pair in pairs])
    if doc.cats:
        found["cats"] = {label: round(float(value), N_DIGITS) for label, value in doc.cats.items()}
    if tokens:
        found["tokens"] = [(token.idx, token.idx + len(token)) for token in doc]
        found["missing"] = [token.i for token in doc if not token.ent_iob]
        if doc.has_annotation("SENT_START"):
            found["sents"] = [sent.start for sent in doc.sents]
    return found


def vector_of(doc: Doc) -> list[float]:
    """RETURNS (list[float]): the vector of a Doc."""
    return [round(float(x), N_DIGITS) for x in to_numpy(doc.vector)]


def failed_entry(name: str | int, text: str, error: str) -> Entry:
    """RETURNS (Entry): of a text that could not be annotated, its tokens cut at white space."""
    tokens = [match.span() for match in PIECE.finditer(text)]
    return {"id": name, "text": text, "entities": [], "error": error,
            "tokens": tokens, "missing": list(range(len(tokens)))}  # fmt: skip


def whole(text: str) -> str:
    """RETURNS (str): with ? for each half of a surrogate pair, which JSON can hold and binary formats cannot."""
    return text.encode("utf8", "replace").decode("utf8")


def all_spans(entry: Entry) -> list[Entity]:
    """RETURNS (list[Entity]): entities and those spans of the groups that are none of them, in the order of the text:
    for formats that have one list, which may overlap. Candidates are left out: `min_score` keeps them from being
    entities."""
    groups = entry.get("spans", {}).items()
    kept = (group for key, group in groups if not (key == CANDIDATES and _scored(group)))
    unique = {(e["start"], e["end"], e["label"]): e for part in (*kept, entry["entities"]) for e in part}
    return [unique[key] for key in sorted(unique, key=lambda key: (key[0], -key[1], key[2]))]


def n_candidates(entry: Entry) -> int:
    """RETURNS (int): the spans of the recognizer's candidates, which `all_spans` leaves out."""
    group = entry.get("spans", {}).get(CANDIDATES, [])
    return len(group) if _scored(group) else 0


def disjoint_spans(entry: Entry, left_out: Counter[str]) -> list[Entity]:
    """RETURNS (list[Entity]): the entities, and what of the groups does not overlap them, longer ones first; the rest
    is counted."""
    kept = list(entry["entities"])
    known = {(e["start"], e["end"], e["label"]) for e in kept}
    others = [e for e in all_spans(entry) if (e["start"], e["end"], e["label"]) not in known]
    for span in sorted(others, key=lambda e: (e["start"] - e["end"], e["start"])):
        if all(span["end"] <= e["start"] or e["end"] <= span["start"] for e in kept):
            kept.append(span)
        else:
            left_out["spans that overlap others"] += 1
    return sorted(kept, key=lambda e: e["start"])


def visible_tokens(entry: Entry, left_out: Counter[str]) -> list[int]:
    """RETURNS (list[int]): the tokens with something to see; the others are counted."""
    text, tokens = entry["text"], entry["tokens"]
    visible = [i for i, (start, end) in enumerate(tokens) if not is_invisible(text[start:end])]
    left_out["tokens of white space"] += len(entry["tokens"]) - len(visible)
    return visible


def tokens_of(entity: Entity, entry: Entry, visible: list[int], left_out: Counter[str]) -> list[int]:
    """RETURNS (list[int]): those visible tokens that an entity has; one without any is counted."""
    starts = [entity["start"], entity["end"]]
    first, last = (bisect_left(visible, start, key=lambda i: entry["tokens"][i][0]) for start in starts)
    left_out["entities of white space"] += first == last
    return visible[first:last]


def _entity(span: Span, score: float | None) -> Entity:
    rounded = None if score is None else round(float(score), N_DIGITS)
    return {"start": span.start_char, "end": span.end_char, "label": span.label_, "score": rounded}


def _scored(group: list[Entity]) -> bool:
    """RETURNS (bool): whether a component has made it; a person's own group of that name has no scores."""
    return all(e["score"] is not None for e in group)


def _above(min_score: float, entities: list[Entity]) -> list[Entity]:
    return [e for e in entities if e["score"] is None or e["score"] >= min_score]
