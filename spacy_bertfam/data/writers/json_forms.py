"""Entries as JSON: our own lines, and what doccano, Prodigy and Label Studio import."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .entry import Entry, all_spans

OWN_KEYS = ("spans", "cats", "vector", "uncertainty", "error")


def as_line(value: Any) -> bytes:
    """RETURNS (bytes): a line of JSON; what is no Unicode (half of a surrogate pair) stays an escape of JSON's."""
    return json.dumps(value, ensure_ascii=False).encode("utf8", errors="backslashreplace") + b"\n"


def own_form(entry: Entry) -> dict[str, Any]:
    """RETURNS (dict): `bertfam convert` reads it; of a text that failed it says that it is not annotated."""
    found: dict[str, Any] = {"id": entry["id"], "text": entry["text"]}
    found |= {"status": "skipped"} if "error" in entry else {"entities": entry["entities"]}
    if "gold" in entry and entry.get("missing"):
        found["missing"] = [list(entry["tokens"][i]) for i in entry["missing"]]
    return found | {key: entry[key] for key in OWN_KEYS if key in entry}  # type: ignore[literal-required]


def doccano_form(entry: Entry) -> dict[str, Any]:
    """RETURNS (dict): https://doccano.github.io/doccano/tutorial/ (sequence labeling, JSONL); what doccano does not
    know it keeps as the text's metadata."""
    label = [[e["start"], e["end"], e["label"]] for e in all_spans(entry)]
    return {"text": entry["text"], "label": label, **_about(entry)}


def prodigy_form(entry: Entry) -> dict[str, Any]:
    """RETURNS (dict): https://prodi.gy/docs/api-interfaces#spans_manual; token_end is the last token."""
    starts = {start: i for i, (start, _) in enumerate(entry["tokens"])}
    ends = {end: i for i, (_, end) in enumerate(entry["tokens"])}
    text = entry["text"]
    tokens = [
        {"text": text[start:end], "start": start, "end": end, "id": i, "ws": text[end : end + 1] == " "}
        for i, (start, end) in enumerate(entry["tokens"])
    ]
    spans = []
    for e in all_spans(entry):
        known = {key: value for key, value in e.items() if value is not None}
        spans.append({**known, "token_start": starts[e["start"]], "token_end": ends[e["end"]]})
    return {"text": text, "tokens": tokens, "spans": spans, "meta": _about(entry)}


def label_studio_form(entry: Entry) -> dict[str, Any]:
    """RETURNS (dict): https://labelstud.io/guide/predictions, for a config with `<Labels name="label" toName="text">`
    and `<Text name="text" value="$text"/>`; it counts characters as Python does."""
    task: dict[str, Any] = {"data": {"text": entry["text"], **_about(entry)}}
    if "error" in entry:
        return task
    result: list[dict[str, Any]] = []
    for i, e in enumerate(all_spans(entry)):
        region: dict[str, Any] = {"id": str(i), "from_name": "label", "to_name": "text", "type": "labels"}
        region |= {} if e["score"] is None else {"score": e["score"]}
        place, text = {"start": e["start"], "end": e["end"]}, entry["text"][e["start"] : e["end"]]
        result.append({**region, "value": {**place, "labels": [e["label"]], "text": text}})
    if entry.get("gold"):
        return {**task, "annotations": [{"result": result}]}
    scores = [e["score"] for e in all_spans(entry) if e["score"] is not None]
    prediction: dict[str, Any] = {"model_version": "spacy-bertfam", "result": result}
    if "uncertainty" in entry:
        prediction["score"] = math.exp(-entry["uncertainty"])
    elif scores:
        prediction["score"] = min(scores)
    return {**task, "predictions": [prediction]}


def _about(entry: Entry) -> dict[str, Any]:
    return {key: entry[key] for key in ("id", "uncertainty", "error") if key in entry}


def line_writer(form: Callable[[Entry], Any]) -> Callable[[Iterable[Entry], Path, Counter[str]], None]:
    """RETURNS (Callable): a writer of JSON lines."""

    def write(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
        with place.open("wb") as file:
            file.writelines(as_line(form(entry)) for entry in entries)

    return write


def write_label_studio(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write an array of tasks, which is all that Label Studio imports of JSON."""
    with place.open("wb") as file:
        between = b"["
        for entry in entries:
            file.write(between + as_line(label_studio_form(entry)))
            between = b","
        file.write(b"[]\n" if between == b"[" else b"]\n")
