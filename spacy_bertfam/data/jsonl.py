"""JSON with character offsets, in the forms of the annotation tools -> records, one a text."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

from ..errors import DataError
from .columns import scheme_of, to_record
from .json_values import Numbered, read_values, shown
from .offsets import FRACTION, find_words, number_of, unit_of
from .options import Source
from .records import Mention, Record
from .report import DISCONTINUOUS, UNFINISHED
from .tasks import FORM, Task, read_tasks
from .text_file import located
from .token_rows import rows_of_texts
from .token_tasks import names_within
from .trimming import clean_label, shorten
from .verdicts import refusal, unknown_verdicts

# doccano's are start_offset and end_offset, PubAnnotation's begin and end, presidio-evaluator's the last ones
START_KEYS = ("start", "start_offset", "begin", "start_position")
END_KEYS = ("end", "end_offset", "end_position")
N_SHOWN = 150
# LightTag's is tag, Label Studio's labels, a list; transformers' entity_group, Presidio's entity_type, UBIAI's
# entityLabel, PubAnnotation's obj, SpERT's type
LABEL_KEYS = (
    "label",
    "tag",
    "labels",
    "entity_group",
    "entity_type",
    "entityLabel",
    "obj",
    "category",
    "type",
)


def read_jsonl(file: Source) -> Iterator[Record]:
    """Offsets count characters (code points) from 0, end exclusive; `id` may be left out.

    What its tool says is not gold is left out and counted; see `verdicts`.
    RAISES (DataError): when the file holds something else; it names the line.
    """
    values = read_values(file.path, form=FORM, source=file.name, note=file.report.note)
    yield from read_records_of(values, file)


def read_records_of(
    values: Iterable[Numbered], file: Source, *, names: Sequence[str] = ()
) -> Iterator[Record]:
    """Read values that are as those of JSON, each with its line or row.

    names (Sequence[str]): of tags that are numbers, where the user gives none.
    RAISES (DataError): when they hold something else; it names the line.
    """
    report, options = file.report, file.options
    tasks: list[tuple[int, Task]] = []
    unknown: Counter[str] = Counter()
    for line, value in values:
        with located(line=line):
            tasks += [(line, task) for task in read_tasks(value, options.tag_columns, about=options.field)]
        unknown.update(unknown_verdicts(value) if isinstance(value, dict) else ())
        names = names or names_within(value, options.tag_columns)
    _note(tasks, unknown, file)
    n_on_line = Counter(line for line, _ in tasks)
    is_approving = any(task.approver for _, task in tasks)
    texts = {i: (line, task.sentences) for i, (line, task) in enumerate(tasks) if task.sentences is not None}
    rows = rows_of_texts(texts, file, names=names)
    scheme = scheme_of([sentence for sentences in rows.values() for sentence in sentences])
    report.schemes.update([scheme] * bool(texts))
    for i, (line, task) in enumerate(tasks):
        reason = task.reason or (UNFINISHED if is_approving and task.approver is None else "")
        if reason:
            report.ignored[f"texts {reason}"] += 1
            continue
        report.ignored.update(+Counter(task.left_out))
        name = f"line {line}" + (f", value {i}" if n_on_line[line] > 1 else "")
        name = name if task.name is None else task.name
        document = f"{file.name}:{name}"
        if i not in rows:
            with located(line=line):
                record = _to_record(task, document, line, file)
            yield replace(record, value=task.value)
        elif rows[i]:
            record = to_record(rows[i], scheme, file)
            yield replace(record, document=document, value=task.value)
        else:
            report.ignored["texts without words"] += 1


def _note(tasks: list[tuple[int, Task]], unknown: Counter[str], file: Source) -> None:
    if not any(t.approver for _, t in tasks) and any(t.approver is None for _, t in tasks):
        file.note("says of no text who has approved it (annotation_approver); all are read.")
    if any(task.is_partial for _, task in tasks):
        file.note("has answers about single spans; what these do not cover is missing annotation.")
    if unknown:
        found = shorten(", ".join(f"{what} ({n})" for what, n in unknown.most_common(3)), N_SHOWN)
        file.note(f"has texts with a verdict that is not known, and read as annotated: {found}.")


def _to_record(task: Task, document: str, line: int, file: Source) -> Record:
    text, report = task.text, file.report
    if not isinstance(text, str):
        raise DataError(f'found no string under "text"; expected {FORM}.')
    if not isinstance(task.spans, list):
        raise DataError(f'found no list under "entities"; expected {FORM}.')
    entries = [(entry, refusal(entry) if isinstance(entry, dict) else "", "") for entry in task.spans]
    entries += [(entry, DISCONTINUOUS, "") for entry in task.discontinuous]
    entries += [(entry, "", group) for group, entry in task.groups]
    fields = (_fields(entry) for entry, _, _ in entries)
    unit = unit_of(text, [(start, end, words) for start, end, _, words in fields])
    if unit is not int:
        file.note("counts offsets in UTF-16 units, as JavaScript does; read so.")
    found = []
    for entry, reason, group in entries:
        own, change = _mentions(entry, text, unit, line)
        report.ignored.update(["spans without a label"] * (not own))
        reason = reason or (FRACTION if change == FRACTION else "")
        found += [(replace(mention, group=group), reason, change) for mention in own]
    refused = [(mention, reason) for mention, reason, _ in found if reason]
    unseen = [(pair[0], pair[1]) for pair in task.missing if _is_place(pair, text)]
    missing = ((0, len(text)),) if task.is_partial else (*unseen, *((m.start, m.end) for m, _ in refused))
    mentions = tuple(mention for mention, reason, _ in found if not reason)
    record = Record(text, mentions, document, file.name, line, missing=missing)
    for mention, reason, change in found:
        if change and not reason:
            report.change(change, record, mention)
    for mention, reason in refused:
        report.n_in[mention.label] += 1
        report.lose(reason, record, mention)
    return record


def _fields(entry: Any) -> list[Any]:
    """RETURNS (list): start, end, label or labels, and the words of an entry, None of what it does not have."""
    if isinstance(entry, dict):
        every = (START_KEYS, END_KEYS, LABEL_KEYS, ("text",))
        return [next((entry[key] for key in keys if key in entry), None) for keys in every]
    return [*entry, None] if isinstance(entry, list) and len(entry) == 3 else [None] * 4


def _mentions(entry: Any, text: str, unit: Callable[[int], int], line: int) -> tuple[list[Mention], str]:
    """The entities of one entry: one, or one for each of its labels; none where it has no label.

    RETURNS (tuple[list[Mention], str]): with what was changed in their offsets, or is wrong with them.
    """
    *places, label, words = _fields(entry)
    start, end = map(number_of, places)
    labels = label if isinstance(label, list) else [label]
    if isinstance(entry, dict) and labels in ([], [None], [""]) and any(key in entry for key in LABEL_KEYS):
        return [], ""
    is_labeled = bool(labels) and all(isinstance(each, str) and clean_label(each) for each in labels)
    if start is None or end is None or not is_labeled:
        expected = "expected [start, end, label], two whole numbers and a string"
        raise DataError(f"found the entity {shown(entry)}; {expected}.")
    if isinstance(start, int) and isinstance(end, int):
        start, end, change = find_words(text, unit(start), unit(end), words)
    else:
        start, end, change = floor(start), ceil(end), FRACTION
    if not 0 <= start <= end <= len(text):
        found = f"found the offsets {shown(start)}-{shown(end)} ({labels[0][:40]})"
        expected = f"expected 0 <= start < end <= {len(text)}, the text's length in characters"
        raise DataError(f"{found}; {expected}.")
    return [Mention(start, end, clean_label(label), line) for label in labels], change


def _is_place(value: Any, text: str) -> bool:
    """Whether a value is a pair of offsets in the text."""
    is_pair = isinstance(value, list) and [type(part) for part in value] == [int, int]
    return is_pair and 0 <= value[0] <= value[1] <= len(text)
