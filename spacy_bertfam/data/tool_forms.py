"""Texts and spans in the forms of particular tools, in JSON -> the form that most of them have.

BioC: Comeau et al. 2013, doi.org/10.1093/database/bat064. BigBio: Fries et al. 2022, arXiv 2206.15076 (schema `kb`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import DataError
from .json_values import as_list, objects_of, shown
from .schemes import BEGINS_AND_GOES_ON, is_tag

FORM = '{"offset": 0, "text": ..., "annotations": [...]}'
MOST_BETWEEN = 1000  # characters that no passage has
INDICES = "indices"  # GATE's JSON and Twitter's: {label: [{"indices": [start, end]}]}


def passages_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): a document of BioC's or BigBio's JSON as one text with its entities; annotations
    without a place are left out and counted under "attributes".

    RAISES (DataError): when it has no passages, or one of them no text where it belongs.
    """
    text, relations = "", as_list(document.get("relations"))
    spans: list[Any] = []
    for passage in document["passages"]:
        for part in _parts(passage):
            words, start = part.get("text"), part.get("offset")
            if not isinstance(words, str) or type(start) is not int:
                raise DataError(f"found the passage {shown(part)}; expected {FORM}.")
            if not 0 <= start - len(text) <= MOST_BETWEEN:
                where = f"{len(text)}, where the one before it ends, or soon after"
                raise DataError(f"found a passage at {start}; expected {where}.")
            text += "\n" * (start - len(text)) + words
        for each in (passage, *objects_of(passage.get("sentences"))):
            spans += map(_span_of_bioc, objects_of(each.get("annotations")))
            relations += as_list(each.get("relations"))
    spans += map(_span_of_bigbio, objects_of(document.get("entities")))
    if not text:
        raise DataError(f"found no passage with a text; expected {FORM}.")
    placed = [span for span in spans if span["span"]]
    nowhere = [span for span in spans if not span["span"]]
    entry = {"id": document.get("id"), "text": text, "denotations": placed}
    return {**entry, "relations": relations, "attributes": nowhere}


def _parts(passage: Any) -> Iterator[Mapping[str, Any]]:
    """YIELDS (Mapping): what has a text and an offset: the passage itself, its sentences, BigBio's texts."""
    if not isinstance(passage, dict):
        raise DataError(f"found the passage {shown(passage)}; expected {FORM}.")
    texts, offsets = passage.get("text"), passage.get("offsets")
    if isinstance(texts, list):
        places = [place[0] if isinstance(place, list) and place else None for place in as_list(offsets)]
        if len(places) != len(texts):
            found = f"found {len(texts)} texts and {len(places)} offsets in a passage"
            raise DataError(f"{found}; expected one of each.")
        yield from ({"text": text, "offset": place} for text, place in zip(texts, places, strict=True))
    elif texts is None and isinstance(passage.get("sentences"), list):
        yield from objects_of(passage["sentences"])
    else:
        yield passage


def _span_of_bioc(annotation: Mapping[str, Any]) -> dict[str, Any]:
    found = objects_of(annotation.get("locations"))
    places: list[tuple[Any, Any]] = [(place.get("offset"), place.get("length")) for place in found]
    if not all(type(number) is int for place in places for number in place):
        raise DataError(f"found the annotation {shown(annotation)}; expected numbers as offset and length.")
    infons = annotation.get("infons")
    label = infons.get("type") if isinstance(infons, dict) else None
    spans = [{"begin": a, "end": a + n} for a, n in places]
    return {"span": spans, "obj": label, "text": annotation.get("text")}


def _span_of_bigbio(entity: Mapping[str, Any]) -> dict[str, Any]:
    offsets, texts = as_list(entity.get("offsets")), as_list(entity.get("text"))
    if not all(isinstance(place, list) and len(place) == 2 for place in offsets):
        raise DataError(f"found the entity {shown(entity)}; expected offsets as [[0, 5]].")
    places = [{"begin": start, "end": end} for start, end in offsets]
    return {"span": places, "obj": entity.get("type"), "text": texts[0] if len(texts) == 1 else None}


def plain_spans(spans: Any) -> tuple[Any, list[Any]]:
    """Bring spans into the form that most tools have; what is in none of these forms is left as it is.

    PubAnnotation: {"span": {"begin": 0, "end": 5}, "obj": "LOC"}, with a list of spans where it is discontinuous.
    Dataturks: {"label": ["LOC"], "points": [{"start": 0, "end": 4, "text": "Paris"}]}, the end included.
    GATE: {"LOC": [{"indices": [0, 5]}]}. `pipeline("ner")` of transformers, without aggregation: a tag per piece.
    RETURNS (tuple[Any, list[Any]]): the spans, and of those that are discontinuous the whole extent.
    """
    if isinstance(spans, dict):
        return [_with_label(label, each) for label, group in spans.items() for each in as_list(group)], []
    if not isinstance(spans, list):
        return spans, []
    whole: list[Any] = []
    broken: list[Any] = []
    for entry in spans:
        places = entry.get("span") if isinstance(entry, dict) else None
        points = objects_of(entry.get("points")) if isinstance(entry, dict) else []
        if isinstance(places, dict):
            whole.append({**entry, **places})
        elif isinstance(places, list) and places and all(isinstance(place, dict) for place in places):
            extent = {**places[0], "end": places[-1].get("end")}
            (broken if len(places) > 1 else whole).append({**entry, **extent})
        elif points and all(type(point.get("end")) is int for point in points):
            whole += [{**point, "end": point["end"] + 1, "label": entry.get("label")} for point in points]
        else:
            whole.append(entry)
    is_in_pieces = whole and all(isinstance(e, dict) and is_tag(str(e.get("entity", ""))) for e in whole)
    return (_joined(whole) if is_in_pieces else whole), broken


def _with_label(label: str, entry: Any) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get(INDICES), list):
        return entry
    return [*entry[INDICES], label]


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one entry of the pieces of an entity: they follow each other, and none but the first has B- or S-."""
    joined: list[dict[str, Any]] = []
    after: Any = None  # the place at which an entity would go on
    for piece in pieces:
        tag, index = str(piece["entity"]), piece.get("index")
        if tag[0] in "O-":
            continue
        is_next = type(index) is int and index == after
        if is_next and tag[0] in BEGINS_AND_GOES_ON and joined[-1]["label"] == tag[2:]:
            joined[-1] = {**joined[-1], "end": piece.get("end")}
        else:
            joined.append({"start": piece.get("start"), "end": piece.get("end"), "label": tag[2:]})
        after = index + 1 if type(index) is int else None
    return joined
