"""A value of JSON, in the form of one of the annotation tools -> texts with their spans, and whether they are gold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Optional

from ..errors import DataError
from .json_values import is_pair, parse_object
from .report import UNANNOTATED
from .verdicts import APPROVER, is_accepted, refusal

TEXT_KEYS = ("text", "data", "content")  # the second is doccano's, the third LightTag's
# Prodigy has spans, doccano label or labels, spaCy's Doc.to_json ents, LightTag annotations
ENTITY_KEYS = ("entities", "spans", "label", "labels", "ents", "annotations")
FORM = '{"text": ..., "entities": [[start, end, label], ...]}'
# What a key says a file to be that is not read
FOREIGN = {
    "ner_tags": "Hugging Face's tokens with ner_tags",
    "qas": "questions in SQuAD's form",
    "denotations": "PubAnnotation's JSON",
    "documentName": "UBIAI's JSON",
    "paragraphs": "spaCy's JSON for training (`spacy convert` reads it) or SQuAD's",
}
NO_FIELDS = ("id", "status", "_server_id")  # keys of a flattened record of Argilla beside its fields
OTHER_VERSIONS = "further annotations of the same text"
NO_SPANS = "regions, choices or relations that are no spans"


@dataclass(frozen=True)
class Task:
    """One text as a tool has it.

    spans (list): entries of any form; None where the tool has no key for them.
    reason (str): why it is not gold; "" if it is.
    is_partial (bool): what the spans do not cover was not looked at.
    approver: of doccano, False where there is no such key.
    left_out (dict): a kind of annotation that holds no entities -> how much of it there was.
    """

    text: Any
    spans: Any
    name: Any = None
    reason: str = ""
    is_partial: bool = False
    approver: Any = False
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_tasks(value: Any, path: Path, line: int) -> Iterator[Task]:
    """Yield the texts that a value holds: most tools have one in each, some all of them in one.

    RAISES (DataError): it is no object, or in a form that is not read.
    """
    if is_pair(value):  # spaCy 2's TRAIN_DATA
        yield Task(value[0], value[1].get("entities"), reason=refusal(value[1]))
        return
    entry = parse_object(value, path, line, form=FORM)
    if isinstance(entry.get("examples"), list):  # LightTag
        for example in entry["examples"]:
            yield from read_tasks(example, path, line)
    elif "classes" in entry and isinstance(entry.get("annotations"), list):  # NER Annotator
        for pair in entry["annotations"]:
            if pair is not None:  # a text that was deleted
                yield from read_tasks(pair, path, line)
    elif isinstance(entry.get("data"), dict):
        yield _label_studio(entry)
    elif isinstance(entry.get("fields"), dict):
        yield _argilla(entry)
    elif any(key.endswith(".responses") for key in entry):
        yield _flat_argilla(entry)
    elif "annotation" in entry and not any(key in entry for key in ENTITY_KEYS):
        yield _argilla_1(entry)
    else:
        yield _plain(entry, path, line)


def _plain(entry: dict[str, Any], path: Path, line: int) -> Task:
    text = next((entry[key] for key in TEXT_KEYS if isinstance(entry.get(key), str)), None)
    key = next((key for key in ENTITY_KEYS if entry.get(key) is not None), None)
    if text is None or key is None:
        _check_form(entry, path, line)
    if text is None:
        raise DataError(f'found no string under "text"; expected {FORM}.', path, line)
    spans = entry[key] if key is not None else [] if is_accepted(entry) else None
    reason = refusal(entry)
    if spans is None and not reason:
        _no_list(entry, path, line)
    n_relations = len(entry["relations"]) if isinstance(entry.get("relations"), list) else 0
    return Task(
        text, spans, entry.get("id"), reason,
        is_partial=entry.get("_is_binary", entry.get("_view_id") == "ner") is True,  # Prodigy's yes or no to one span
        approver=entry.get(APPROVER, False),
        left_out={"relations": n_relations} if n_relations else {},
    )  # fmt: skip


def _no_list(entry: dict[str, Any], path: Path, line: int) -> NoReturn:
    keys = ", ".join(repr(key)[:40] for key in list(entry)[:20])
    raise DataError(f'found no list under "entities" (keys: {keys}); expected {FORM}.', path, line)


def _check_form(entry: dict[str, Any], path: Path, line: int) -> None:
    data = entry.get("data")
    for part in [entry, *(data[:1] if isinstance(data, list) else [])]:
        if not isinstance(part, dict):
            continue
        name = next((name for key, name in FOREIGN.items() if key in part), None)
        if name is None and isinstance(part.get("tokens"), list) and isinstance(part.get("tags"), list):
            name = FOREIGN["ner_tags"]
        if name is not None:
            raise DataError(
                f"seems to be {name}, which is not read; expected {FORM}, or another --format.", path, line
            )


def _label_studio(entry: dict[str, Any]) -> Task:
    """A task with the annotations of one or several people; predictions are none."""
    found = entry.get("annotations", entry.get("completions"))
    versions = [v for v in found if isinstance(v, dict)] if isinstance(found, list) else []
    reasons = [refusal(v) or _review(v) for v in versions]
    good = [v for v, reason in zip(versions, reasons, strict=True) if not reason]
    reason = refusal(entry) or ("" if good else reasons[-1] if reasons else UNANNOTATED)
    if reason:
        return Task(_only_text(entry["data"]), [], entry.get("id"), reason)
    true = [v for v in good if v.get("ground_truth") or v.get("honeypot")]
    chosen = max(true or good, key=lambda v: str(v.get("created_at", "")))
    spans, n_others = [], 0
    for region in chosen.get("result") or []:
        value = region.get("value") if isinstance(region, dict) else None
        if isinstance(value, dict) and "start" in value and isinstance(region.get("type"), str):
            spans.append({**value, "labels": value.get(region["type"], value.get("labels"))})
        else:
            n_others += 1
    counts = {OTHER_VERSIONS: len(good) - 1, NO_SPANS: n_others}
    left_out = {kind: n for kind, n in counts.items() if n}
    return Task(_only_text(entry["data"]), spans, entry.get("id"), left_out=left_out)


def _review(version: dict[str, Any]) -> str:
    """The last word of a reviewer (Label Studio Enterprise)."""
    reviews = version.get("reviews")
    return (
        refusal(reviews[-1])
        if isinstance(reviews, list) and reviews and isinstance(reviews[-1], dict)
        else ""
    )


def _argilla(entry: dict[str, Any]) -> Task:
    """Argilla 2: `responses` is {question: [{value, user_id}]}, or a list of {values: {question: {value}}, status}."""
    found: list[tuple[Any, str]] = []  # the value of a response, and why it is not gold
    responses = entry.get("responses") or {}
    if isinstance(responses, dict):
        for answers in responses.values():
            found += [(a.get("value"), refusal(a)) for a in answers or [] if isinstance(a, dict)]
    elif isinstance(responses, list):
        for response in (r for r in responses if isinstance(r, dict)):
            values = response.get("values")
            answers = values.values() if isinstance(values, dict) else ()
            found += [(a.get("value"), refusal(response)) for a in answers if isinstance(a, dict)]
    return _chosen(_only_text(entry["fields"]), found, entry)


def _flat_argilla(entry: dict[str, Any]) -> Task:
    """Argilla 2, flattened: `QUESTION.responses` beside `QUESTION.responses.status`, a list each."""
    found: list[tuple[Any, str]] = []
    for key in (key for key in entry if key.endswith(".responses")):
        values, statuses = entry[key] or [], entry.get(f"{key}.status") or []
        if isinstance(values, list) and isinstance(statuses, list):
            statuses = statuses + [None] * (len(values) - len(statuses))
            found += [(v, refusal({"status": s})) for v, s in zip(values, statuses, strict=False)]
    fields = {key: value for key, value in entry.items() if "." not in key and key not in NO_FIELDS}
    return _chosen(_only_text(fields), found, entry)


def _chosen(text: Any, responses: list[tuple[Any, str]], entry: dict[str, Any]) -> Task:
    """The first response of spans that is gold; those of other questions are no lists of objects."""
    spans = [
        (value, reason)
        for value, reason in responses
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    ]
    good = [value for value, reason in spans if not reason]
    reason = refusal(entry) or ("" if good else spans[-1][1] if spans else UNANNOTATED)
    left_out = {OTHER_VERSIONS: len(good) - 1} if len(good) > 1 else {}
    return Task(text, good[0] if good else [], entry.get("id"), reason, left_out=left_out)


def _argilla_1(entry: dict[str, Any]) -> Task:
    """`annotation` is a list of [label, start, end], or null."""
    spans = entry["annotation"]
    if spans is None:
        reason = refusal(entry) or ("" if is_accepted(entry) else UNANNOTATED)
        return Task(entry.get("text"), [], entry.get("id"), reason)
    if isinstance(spans, list):
        spans = [[*s[1:], s[0]] if isinstance(s, list) and s and isinstance(s[0], str) else s for s in spans]
    return Task(entry.get("text"), spans, entry.get("id"), refusal(entry))


def _only_text(fields: dict[str, Any]) -> Optional[str]:
    """What stands under "text"; of another name it is the only string."""
    if isinstance(fields.get("text"), str):
        return str(fields["text"])
    strings = [value for value in fields.values() if isinstance(value, str)]
    return strings[0] if len(strings) == 1 else None
