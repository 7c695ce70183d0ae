"""Spans in the forms of particular tools -> entries of a start, an end and a label."""

from typing import Any

from .json_values import as_list, objects_of
from .schemes import BEGINS_AND_GOES_ON, is_tag

INDICES = "indices"  # GATE's JSON and Twitter's: {label: [{"indices": [start, end]}]}


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
