"""JSON with character offsets, in the forms of the annotation tools -> records, one a text."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from ..errors import DataError
from .json_values import read_values, shown
from .records import Mention, Record
from .report import UNFINISHED, ConversionReport
from .tasks import FORM, Task, read_tasks
from .trimming import clean_label
from .verdicts import refusal

START_KEYS, END_KEYS = ("start", "start_offset"), ("end", "end_offset")
LABEL_KEYS = ("label", "tag", "labels")  # the second is LightTag's, the third Label Studio's, a list


def read_jsonl(path: Path, source: str, *, report: Optional[ConversionReport] = None) -> Iterator[Record]:
    """Offsets count characters (code points) from 0, end exclusive; `id` may be left out.

    What its tool says is not gold is left out and counted; see `verdicts`.
    RAISES (DataError): naming file and line.
    """
    report = ConversionReport() if report is None else report
    values = read_values(path, form=FORM, report=report, source=source)
    tasks = [(line, task) for line, value in values for task in read_tasks(value, path, line)]
    n_on_line = Counter(line for line, _ in tasks)
    is_approving = any(task.approver for _, task in tasks)
    if not is_approving and any(task.approver is None for _, task in tasks):
        report.note("says of no text who has approved it (annotation_approver); all are read.", source)
    if any(task.is_partial for _, task in tasks):
        report.note("has answers about single spans; what these do not cover is missing annotation.", source)
    for i, (line, task) in enumerate(tasks):
        reason = task.reason or (UNFINISHED if is_approving and task.approver is None else "")
        if reason:
            report.ignored[f"texts {reason}"] += 1
            continue
        report.ignored.update(task.left_out)
        name = (
            f"line {line}" + (f", value {i}" if n_on_line[line] > 1 else "")
            if task.name is None
            else task.name
        )
        yield _to_record(task, f"{source}:{name}", path, source, line, report)


def _to_record(
    task: Task, document: str, path: Path, source: str, line: int, report: ConversionReport
) -> Record:
    text = task.text
    if not isinstance(text, str):
        raise DataError(f'found no string under "text"; expected {FORM}.', path, line)
    if not isinstance(task.spans, list):
        raise DataError(f'found no list under "entities"; expected {FORM}.', path, line)
    mentions, refused = [], []
    for item in task.spans:
        found = _mentions(item, text, path, line)
        reason = refusal(item) if isinstance(item, dict) else ""
        if reason:
            refused += [(mention, reason) for mention in found]
        else:
            mentions += found
    record = Record(
        text=text,
        mentions=tuple(mentions),
        document=document,
        source=source,
        line=line,
        missing=((0, len(text)),) if task.is_partial else tuple((m.start, m.end) for m, _ in refused),
    )
    for mention, reason in refused:
        report.n_in[mention.label] += 1
        report.lose(reason, record, mention)
    return record


def _mentions(item: Any, text: str, path: Path, line: int) -> list[Mention]:
    """The entities of one entry: one, or one for each of its labels."""
    start: Any = None
    end: Any = None
    labels: Any = None
    if isinstance(item, dict):
        start, end = (item.get(_first_key(item, keys)) for keys in (START_KEYS, END_KEYS))
        labels = item.get(_first_key(item, LABEL_KEYS))
    elif isinstance(item, list) and len(item) == 3:
        start, end, labels = item
    if not isinstance(labels, list):
        labels = [labels]
    if not labels or not all(_types_fit(start, end, label) for label in labels):
        expected = "expected [start, end, label], two whole numbers and a string"
        raise DataError(f"found the entity {shown(item)}; {expected}.", path, line)
    if not 0 <= start <= end <= len(text):
        found = f"found the offsets {shown(start)}-{shown(end)} ({labels[0][:40]})"
        raise DataError(f"{found}; expected 0 <= start < end <= {len(text)}, the text's length.", path, line)
    return [Mention(start, end, clean_label(label), line) for label in labels]


def _types_fit(start: Any, end: Any, label: Any) -> bool:
    # bool is an int to isinstance, and `true` is no offset
    return type(start) is int and type(end) is int and isinstance(label, str) and bool(clean_label(label))


def _first_key(entry: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((key for key in keys if key in entry), keys[0])
