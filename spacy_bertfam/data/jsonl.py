"""JSON with character offsets, in the forms of the annotation tools -> records, one a text."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import DataError
from .json_values import read_values, shown
from .records import Mention, Record
from .report import UNFINISHED, ConversionReport
from .tasks import FORM, Task, read_tasks
from .text_file import located
from .trimming import clean_label, shorten
from .verdicts import refusal, unknown_verdicts

START_KEYS, END_KEYS = ("start", "start_offset"), ("end", "end_offset")
N_SHOWN = 150
LABEL_KEYS = ("label", "tag", "labels")  # the second is LightTag's, the third Label Studio's, a list


def read_jsonl(path: Path, source: str, *, report: ConversionReport) -> Iterator[Record]:
    """Offsets count characters (code points) from 0, end exclusive; `id` may be left out.

    What its tool says is not gold is left out and counted; see `verdicts`.
    RAISES (DataError): when the file holds something else; it names file and line.
    """
    tasks: list[tuple[int, Task]] = []
    unknown: Counter[str] = Counter()
    for line, value in read_values(path, form=FORM, source=source, note=report.note):
        with located(path, line):
            tasks += [(line, task) for task in read_tasks(value)]
        unknown.update(unknown_verdicts(value) if isinstance(value, dict) else ())
    n_on_line = Counter(line for line, _ in tasks)
    is_approving = any(task.approver for _, task in tasks)
    if not is_approving and any(task.approver is None for _, task in tasks):
        report.note("says of no text who has approved it (annotation_approver); all are read.", source)
    if any(task.is_partial for _, task in tasks):
        report.note("has answers about single spans; what these do not cover is missing annotation.", source)
    if unknown:
        found = shorten(", ".join(f"{what} ({n})" for what, n in unknown.most_common(3)), N_SHOWN)
        report.note(f"has texts with a verdict that is not known, and read as annotated: {found}.", source)
    for i, (line, task) in enumerate(tasks):
        reason = task.reason or (UNFINISHED if is_approving and task.approver is None else "")
        if reason:
            report.ignored[f"texts {reason}"] += 1
            continue
        report.ignored.update(+Counter(task.left_out))
        name = f"line {line}" + (f", value {i}" if n_on_line[line] > 1 else "")
        name = name if task.name is None else task.name
        with located(path, line):
            record = _to_record(task, f"{source}:{name}", source, line, report)
        yield record


def _to_record(task: Task, document: str, source: str, line: int, report: ConversionReport) -> Record:
    text = task.text
    if not isinstance(text, str):
        raise DataError(f'found no string under "text"; expected {FORM}.')
    if not isinstance(task.spans, list):
        raise DataError(f'found no list under "entities"; expected {FORM}.')
    found = [
        (m, refusal(e) if isinstance(e, dict) else "") for e in task.spans for m in _mentions(e, text, line)
    ]
    refused = [(mention, reason) for mention, reason in found if reason]
    record = Record(
        text=text,
        mentions=tuple(mention for mention, reason in found if not reason),
        document=document,
        source=source,
        line=line,
        missing=((0, len(text)),) if task.is_partial else tuple((m.start, m.end) for m, _ in refused),
    )
    for mention, reason in refused:
        report.n_in[mention.label] += 1
        report.lose(reason, record, mention)
    return record


def _mentions(entry: Any, text: str, line: int) -> list[Mention]:
    """The entities of one entry: one, or one for each of its labels."""
    start = end = labels = None
    if isinstance(entry, dict):
        start, end, labels = (_first(entry, keys) for keys in (START_KEYS, END_KEYS, LABEL_KEYS))
    elif isinstance(entry, list) and len(entry) == 3:
        start, end, labels = entry
    labels = labels if isinstance(labels, list) else [labels]
    # bool is an int to isinstance, and `true` is no offset
    if type(start) is not int or type(end) is not int or not labels or not all(map(_is_label, labels)):
        expected = "expected [start, end, label], two whole numbers and a string"
        raise DataError(f"found the entity {shown(entry)}; {expected}.")
    if not 0 <= start <= end <= len(text):
        found = f"found the offsets {shown(start)}-{shown(end)} ({labels[0][:40]})"
        raise DataError(
            f"{found}; expected 0 <= start < end <= {len(text)}, the text's length in characters."
        )
    return [Mention(start, end, clean_label(label), line) for label in labels]


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and clean_label(value) != ""


def _first(entry: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((entry[key] for key in keys if key in entry), None)
