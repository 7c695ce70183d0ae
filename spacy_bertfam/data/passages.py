"""Documents in passages, as corpora of biomedicine have them, in JSON -> one text with its entities.

BioC: Comeau et al. 2013, doi.org/10.1093/database/bat064. BigBio: Fries et al. 2022, arXiv 2206.15076 (schema `kb`).
"""

from collections.abc import Mapping
from typing import Any

from ..errors import DataError
from .json_values import as_list, objects_of

FORM = '{"offset": 0, "text": ..., "annotations": [...]}'
MOST_BETWEEN = 1000  # characters that no passage has


def passages_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): a document of BioC's or BigBio's JSON as one text with its entities.

    RAISES (DataError): when its passages have no texts.
    """
    text = ""
    spans: list[Any] = []
    for passage in objects_of(document.get("passages")):
        words, start = passage.get("text", ""), passage.get("offset")
        if isinstance(words, list):  # BigBio's
            words, start = "\n".join(map(str, words)), (as_list(passage.get("offsets")) or [[None]])[0][0]
        if not isinstance(words, str) or not (start is None or type(start) is int):
            raise DataError(f"found a passage without a text; expected {FORM}.")
        gap = len(text[-1:]) if start is None else start - len(text)
        if not 0 <= gap <= MOST_BETWEEN:
            raise DataError(
                f"found a passage at {start}; expected {len(text)}, where the one before it ends, or soon after."
            )
        text += "\n" * gap + words
        spans += map(_bioc_span, objects_of(passage.get("annotations")))
    for entity in objects_of(document.get("entities")):
        offsets = as_list(entity.get("offsets"))
        places = [
            {"begin": place[0], "end": place[1]}
            for place in offsets
            if isinstance(place, list) and len(place) == 2
        ]
        texts = as_list(entity.get("text"))
        spans.append(
            {"span": places, "obj": entity.get("type"), **({"text": texts[0]} if len(texts) == 1 else {})}
        )
    return {"id": document.get("id"), "text": text, "denotations": spans}


def _bioc_span(annotation: Mapping[str, Any]) -> dict[str, Any]:
    places = [(place.get("offset"), place.get("length")) for place in objects_of(annotation.get("locations"))]
    ends = [
        {"begin": a, "end": a + n if isinstance(a, int) and isinstance(n, int) else None} for a, n in places
    ]
    infons = annotation.get("infons")
    label = infons.get("type") if isinstance(infons, dict) else None
    return {"span": ends, "obj": label, "text": annotation.get("text")}
