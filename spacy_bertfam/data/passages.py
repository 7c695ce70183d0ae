"""Documents in passages, as corpora of biomedicine have them, in JSON -> one text with its entities.

BioC: Comeau et al. 2013, doi.org/10.1093/database/bat064. BigBio: Fries et al. 2022, arXiv 2206.15076 (schema `kb`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import DataError
from .json_values import as_list, objects_of, shown

FORM = '{"offset": 0, "text": ..., "annotations": [...]}'
MOST_BETWEEN = 1000  # characters that no passage has


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
