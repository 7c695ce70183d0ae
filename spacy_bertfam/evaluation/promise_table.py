"""The account of a promise as text for a terminal."""

from math import inf

from wasabi.tables import table

from .evidence import Trials
from .promise import Kept, Promise

NAMES = (
    "label",
    "min_score",
    "candidates",
    "entities",
    "precision",
    "recall",
    "all: entities",
    "precision",
    "recall",
)


def format_promise(promise: Promise) -> str:
    """RETURNS (str): what is promised, then what each threshold leaves in the texts that tested it."""
    rows = [_row(kept) for kept in promise.kept]
    aligns = ("l", *"r" * (len(NAMES) - 1))
    parts = [table(rows, header=NAMES, aligns=aligns, spacing=2).strip("\n")]
    parts.append(
        f"Measured on {promise.n_texts:,} texts that neither temperature nor order of the thresholds were made of; "
        f"temperature {promise.temperature:g}."
    )
    what = "entities are right" if promise.goal == "precision" else "annotated entities are found"
    if any(kept.n_candidates for kept in promise.kept):
        what = 'annotated entities are among entities and doc.spans["candidates"]'
    each = "" if promise.kept[0].label is None else "of each of these labels "
    parts.append(
        f"Promised of new texts that are drawn as these were: {each}at least {promise.share:.1%} of the {what}, with "
        f"a confidence of {promise.confidence:g}{' for all together' if each else ''}."
    )
    return "\n".join(parts)


def _row(kept: Kept) -> list[str]:
    candidates = "" if kept.cut.candidates == inf else f"{kept.n_candidates:,} from {kept.cut.candidates:g}"
    row = [kept.label or "all", f"{kept.cut.entities:g}", candidates]
    return row + _figures(*kept.after) + _figures(*kept.before)


def _figures(precision: Trials, recall: Trials) -> list[str]:
    return [f"{int(precision.n.sum()):,}", f"{precision.share_right:.3f}", f"{recall.share_right:.3f}"]
