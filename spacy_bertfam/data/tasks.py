"""A value of JSON, in the form of one of the annotation tools -> texts with their spans, and whether they are gold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from ..errors import DataError
from .json_values import as_list, is_pair, objects_of, require_object
from .offsets import MOVED, find_words, number_of
from .report import UNANNOTATED
from .token_spans import read_token_spans
from .token_tasks import Sentences, read_paragraphs, read_tokens
from .tool_forms import passages_of, plain_spans
from .verdicts import ANNOTATION_ID, APPROVER, is_accepted, refusal

# the second is doccano's, the third LightTag's, the fourth UBIAI's, the last one presidio-evaluator's
TEXT_KEYS = ("text", "data", "content", "document", "full_text")
# Prodigy has spans, doccano label or labels, spaCy's Doc.to_json ents, LightTag annotations, PubAnnotation denotations
ENTITY_KEYS = ("entities", "spans", "label", "labels", "ents", "annotations", "denotations", "results", "ner")
# LightTag's texts, those of the hub's viewer, beside a description, and BioC's
SEVERAL = ("examples", "rows", "data", "documents")
FORM = '{"text": ..., "entities": [[start, end, label], ...]}'
# What a key says a file to be that is not read
FOREIGN = {
    "qas": "questions in SQuAD's form (`bertfam convert-qa`)",
    "annotatable": "tagtog's ann.json, whose text stands in another file",
    "assets": "Azure's, whose texts stand in other files",
    "entity": "results without their text",
    "entity_group": "results without their text",
    "entity_type": "results without their text",
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
    sentences: of a text that comes in words, each with its tags; there are no spans then.
    discontinuous (list): spans that are not of one piece, by their whole extent.
    groups (list): spans of `doc.spans`, each after its group.
    missing (list): pairs of characters between which nobody has looked.
    value: what the text says of itself in the field that was asked for; "" where it has none.
    """

    text: Any
    spans: Any
    name: Any = None
    reason: str = ""
    is_partial: bool = False
    approver: Any = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    sentences: Sentences | None = None
    discontinuous: Sequence[Any] = ()
    groups: Sequence[tuple[str, Any]] = ()
    missing: Sequence[Any] = ()
    value: str = ""


def read_tasks(value: Any, columns: Sequence[str] = (), *, about: str = "") -> Iterator[Task]:
    """Yield the texts that a value holds: most tools have one in each, some all of them in one.

    columns (Sequence[str]): the keys of tags, where words have several.
    about (str): the field whose value each text is to have, its own or that of what it is in.
    RAISES (DataError): when it is no object, or in a form that is not read.
    """
    said = _value_of(value, about)
    for task in _read_tasks(value, columns, about):
        yield replace(task, value=said) if said and not task.value else task


def _read_tasks(value: Any, columns: Sequence[str], about: str) -> Iterator[Task]:
    if is_pair(value):  # spaCy 2's TRAIN_DATA
        yield _plain({**value[1], "text": value[0]})
        return
    entry = require_object(value, form=FORM)
    several = next((key for key in SEVERAL if isinstance(entry.get(key), list)), "")
    if several:
        for part in entry[several]:
            row = part.get("row") if isinstance(part, dict) else None  # the hub's viewer
            yield from read_tasks(row if isinstance(row, dict) else part, columns, about=about)
    elif "classes" in entry and isinstance(entry.get("annotations"), list):  # NER Annotator
        for pair in entry["annotations"]:
            if pair is not None:  # a text that was deleted
                yield from read_tasks(pair, columns, about=about)
    elif isinstance(entry.get("tracks"), list):  # PubAnnotation's, the annotations of several projects
        tracks = [track.get("denotations") for track in objects_of(entry["tracks"])]
        found = [span for part in (entry.get("denotations"), *tracks) for span in as_list(part)]
        yield _plain({**entry, "denotations": found})
    elif isinstance(entry.get("paragraphs"), list):
        _check_form(*objects_of(entry["paragraphs"]))
        for paragraph in objects_of(entry["paragraphs"]):
            words = read_paragraphs(paragraph)
            yield Task(paragraph.get("raw"), [], entry.get("id"), sentences=words)
    elif isinstance(entry.get("passages"), list) and _text_of(entry) is None:
        yield _plain(passages_of(entry))
    elif (sentences := read_tokens(entry, columns) or read_token_spans(entry)) is not None:
        doc = entry.get("doc_annotation")  # of Example.to_dict
        left_out = {
            "spans of groups, beside tags of words": len(_groups(doc if isinstance(doc, dict) else entry))
        }
        yield Task(
            entry.get("text"), [], entry.get("id"), refusal(entry), left_out=left_out, sentences=sentences
        )
    elif isinstance(entry.get("data"), dict):
        yield _label_studio(entry)
    elif isinstance(entry.get("fields"), dict):
        yield _argilla(entry)
    elif any(key.endswith(".responses") for key in entry):
        yield _flat_argilla(entry)
    elif "annotation" in entry and not any(key in entry for key in ENTITY_KEYS):
        yield _argilla_1(entry)
    else:
        yield _plain(entry)


def _value_of(value: Any, field: str) -> str:
    """What a text says about itself, as the annotation tools have it: beside the text, or in an object of their own."""
    if not field or not isinstance(value, dict):
        return ""
    places = [value, *(value.get(key) for key in ("meta", "metadata", "data"))]
    found = (place[field] for place in places if isinstance(place, dict) and place.get(field) is not None)
    return str(next(found, ""))


def _plain(entry: dict[str, Any]) -> Task:
    text = _text_of(entry)
    groups = _groups(entry)
    keys = [k for k in ENTITY_KEYS if entry.get(k) is not None and not (groups and k == "spans")]
    read = {k: plain_spans(entry[k]) for k in keys}
    # plain strings name labels, and are no spans
    sizes = {k: sum(isinstance(e, (dict, list)) for e in as_list(a) + b) for k, (a, b) in read.items()}
    key = max(keys, key=lambda k: sizes[k] > 0, default="")  # an empty key hides no full one
    spans, discontinuous = read.get(key, (None, []))
    if entry.get(ANNOTATION_ID) is not None and (regions := _regions(entry)):
        spans, discontinuous, sizes = regions, [], {}
    if spans is None and "document" in entry:  # UBIAI's tokens are its entities
        spans = entry.get("tokens")
    others = {f"spans under another key ({k!r})": n for k, n in sizes.items() if k != key}
    if text is None or spans is None:
        _check_form(entry)
    names = ", ".join(repr(name)[:40] for name in list(entry)[:20])
    if text is None:
        raise DataError(f'found no string under "text" (keys: {names}); expected {FORM}.')
    reason = refusal(entry)
    if spans is None and is_accepted(entry):
        spans = []
    if spans is None and not reason:
        raise DataError(f'found no list under "entities" (keys: {names}); expected {FORM}.')
    return Task(
        text, spans, entry.get("id"), reason,
        is_partial=entry.get("_is_binary", entry.get("_view_id") == "ner") is True,  # Prodigy's yes or no to one span
        approver=entry.get(APPROVER, False),
        left_out={**others, **{kind: len(as_list(entry.get(kind))) for kind in ("relations", "attributes")}},
        discontinuous=discontinuous, groups=groups, missing=as_list(entry.get("missing")),
    )  # fmt: skip


def _text_of(entry: Mapping[str, Any]) -> str | None:
    return next((entry[key] for key in TEXT_KEYS if isinstance(entry.get(key), str)), None)


def _groups(entry: dict[str, Any]) -> list[tuple[str, Any]]:
    """Groups and their spans as spaCy and our writers have them: an object of lists in JSON, a list in tables."""
    found = entry.get("spans")
    if not any(isinstance(entry.get(key), list) for key in ("entities", "ents")):
        return []
    if isinstance(found, dict):
        pairs = [(group, span) for group, spans in found.items() for span in as_list(spans)]
        # spaCy's lists have an id of a knowledge base after start, end and label
        return [(group, span[:3] if isinstance(span, list) else span) for group, span in pairs]
    pairs = [(span.get("group"), span) for span in objects_of(found)]
    is_grouped = len(pairs) == len(as_list(found)) and all(isinstance(group, str) for group, _ in pairs)
    return pairs if is_grouped else []


def _check_form(*parts: dict[str, Any]) -> None:
    """RAISES (DataError): when one of them has the keys of a form that is not read."""
    for part in parts:
        names = [name for key, name in FOREIGN.items() if key in part]
        if names:
            expected = f"expected {FORM}, or another --format"
            raise DataError(f"seems to be {names[0]}, which is not read here; {expected}.")


def _label_studio(entry: dict[str, Any]) -> Task:
    """A task with the annotations of one or several people; predictions are none."""
    versions = objects_of(entry.get("annotations", entry.get("completions")))
    last_words = [objects_of(as_list(v.get("reviews"))[-1:]) for v in versions]  # of reviewers, in Enterprise
    pairs = zip(versions, last_words, strict=True)
    good, reason = _gold([(v, refusal(v) or next(map(refusal, last), "")) for v, last in pairs], entry)
    if reason:
        return Task(None, [], entry.get("id"), reason)
    true = [v for v in good if v.get("ground_truth") or v.get("honeypot")]
    chosen = max(true or good, key=lambda v: str(v.get("created_at", "")))
    regions, spans = as_list(chosen.get("result")), []
    for region in objects_of(regions):
        # choices and texts may be about a region, too
        value, kind = region.get("value"), str(region.get("type"))
        if isinstance(value, dict) and "start" in value and kind.endswith("labels"):
            spans.append({**value, "labels": value.get(kind, value.get("labels"))})
    left_out = {OTHER_VERSIONS: len(good) - 1, NO_SPANS: len(regions) - len(spans)}
    return Task(_text_about(entry["data"], spans), spans, entry.get("id"), left_out=left_out)


def _regions(entry: dict[str, Any]) -> list[Any]:
    """Spans of Label Studio's JSON-MIN, under the names that the labeling config has for its controls."""
    found = [e for value in entry.values() for e in objects_of(value) if {"start", "end"} <= e.keys()]
    return [{"labels": None, **each} for each in found]


def _argilla(entry: dict[str, Any]) -> Task:
    """Argilla 2: `responses` is {question: [{value, user_id}]}, or a list of {values: {question: {value}}, status}."""
    responses = entry.get("responses")
    found: list[tuple[Any, str]] = []  # the value of a response, and why it is not gold
    if isinstance(responses, dict):
        answers = [answer for question in responses.values() for answer in objects_of(question)]
        found = [(answer.get("value"), refusal(answer)) for answer in answers]
    for response in objects_of(responses):
        values = response.get("values")
        answers = objects_of([*values.values()]) if isinstance(values, dict) else []
        found += [(answer.get("value"), refusal(response)) for answer in answers]
    return _chosen(entry["fields"], found, entry)


def _flat_argilla(entry: dict[str, Any]) -> Task:
    """Argilla 2, flattened: `QUESTION.responses` beside `QUESTION.responses.status`, a list each."""
    found = {}
    for key in (key for key in entry if key.endswith(".responses")):
        values, statuses = as_list(entry[key]), as_list(entry.get(f"{key}.status"))
        pairs = zip_longest(values, statuses[: len(values)])
        found[key] = [{"value": value, "status": status} for value, status in pairs]
    fields = {key: value for key, value in entry.items() if "." not in key and key not in NO_FIELDS}
    return _argilla({**entry, "fields": fields, "responses": found})


def _chosen(fields: dict[str, Any], responses: list[tuple[Any, str]], entry: dict[str, Any]) -> Task:
    """The first response of spans that is gold; those of other questions are no lists of objects."""
    spans = [(v, reason) for v, reason in responses if isinstance(v, list) and len(objects_of(v)) == len(v)]
    good, reason = _gold(spans, entry)
    left_out = {OTHER_VERSIONS: len(good) - 1}
    chosen = good[0] if good else []
    text = None if reason else _text_about(fields, chosen)
    return Task(text, chosen, entry.get("id"), reason, left_out=left_out)


def _gold(versions: list[tuple[Any, str]], entry: dict[str, Any]) -> tuple[list[Any], str]:
    """RETURNS (tuple[list[Any], str]): the versions that are gold, and why the text is not, "" if it is.

    versions (list[tuple[Any, str]]): each with the reason why it is not gold.
    """
    good = [version for version, reason in versions if not reason]
    return good, refusal(entry) or ("" if good else versions[-1][1] if versions else UNANNOTATED)


def _argilla_1(entry: dict[str, Any]) -> Task:
    """`annotation` is a list of [label, start, end], or null; Dataturks' has objects with points."""
    spans, reason = entry["annotation"], refusal(entry)
    if spans is None:
        spans, reason = [], reason or ("" if is_accepted(entry) else UNANNOTATED)
    if isinstance(spans, list):
        spans = [[*s[1:], s[0]] if isinstance(s, list) and s and isinstance(s[0], str) else s for s in spans]
        spans, _ = plain_spans(spans)
    return Task(entry.get("text", entry.get("content")), spans, entry.get("id"), reason)


def _text_about(fields: dict[str, Any], spans: list[dict[str, Any]]) -> str | None:
    """What stands under "text"; of another name it is the only string, or the only one with the words of all spans."""
    strings = {key: value for key, value in fields.items() if isinstance(value, str)}
    if "text" in strings or len(strings) < 2:
        return strings.get("text", next(iter(strings.values()), None))
    places = [(number_of(s.get("start")), number_of(s.get("end")), s.get("text")) for s in spans]
    known = [(a, b, words) for a, b, words in places if isinstance(a, int) and isinstance(b, int) and words]
    for allowed in ([""], ["", MOVED]):
        fitting = [v for v in strings.values() if all(find_words(v, *each)[2] in allowed for each in known)]
        if len(fitting) == 1:
            return fitting[0]
    names = ", ".join(repr(key)[:40] for key in list(strings)[:20])
    expected = 'expected the annotated one under "text": rename its key'
    raise DataError(
        f"found several strings ({names}), and no words of spans that say which is meant; {expected}."
    )
