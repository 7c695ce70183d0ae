"""What an annotation tool says of a text or a span: whether it is gold, and if not, why not.

Prodigy: `answer` of a task and of a span (accept, reject, ignore). doccano: `is_confirmed`, `annotation_approver`.
Label Studio: `was_cancelled`, `skipped`, and a reviewer's `accepted`. Argilla 1: `status` (Validated, Edited,
Discarded, Default); Argilla 2: `status` of a record (completed, pending) and of a response (submitted, draft,
discarded). LightTag: `correct` of a span. What these say is read wherever it stands.
"""

from collections.abc import Mapping
from typing import Any

from .report import REJECTED, SKIPPED, UNFINISHED

# The key of a verdict in words
WORD_KEYS = (
    "answer", "status", "verdict", "decision", "annotation_status", "annotation_state", "review_status",
    "last_action",
)  # fmt: skip
# Those that say nothing else: in a table of anybody, `status` and the flags below may be of the texts themselves
TOOLS_KEYS = frozenset(WORD_KEYS) - {"status"}
# What it says -> why that is not gold, "" of gold
WORDS = {
    **dict.fromkeys(("accept", "accepted", "approved", "completed", "confirmed", "done"), ""),
    **dict.fromkeys(("fixed and accepted", "submitted", "validated"), ""),
    **dict.fromkeys(("reject", "rejected", "incorrect", "refused", "wrong"), REJECTED),
    **dict.fromkeys(("ignore", "ignored", "skip", "skipped", "cancelled", "canceled", "discarded"), SKIPPED),
    **dict.fromkeys(("deleted", "flagged"), SKIPPED),
    **dict.fromkeys(("pending", "draft", "default", "edited", "in progress", "unlabeled"), UNFINISHED),
    **dict.fromkeys(("unlabelled", "new", "open", "todo", "to do", "not started", "unannotated"), UNFINISHED),
    **dict.fromkeys(("in annotation", "in review", "to review", "needs review", "for review"), UNFINISHED),
}
# The key of a verdict that is true or false -> the one of these that says "not gold", and why
FLAGS = {
    **dict.fromkeys(("accept", "accepted", "is_accepted", "correct", "is_correct"), (False, REJECTED)),
    **dict.fromkeys(("valid", "is_valid"), (False, REJECTED)),
    **dict.fromkeys(("verified", "is_verified", "approved", "is_approved"), (False, UNFINISHED)),
    **dict.fromkeys(("confirmed", "is_confirmed", "validated"), (False, UNFINISHED)),
    **dict.fromkeys(("reject", "rejected", "is_rejected"), (True, REJECTED)),
    **dict.fromkeys(("was_cancelled", "cancelled", "skip", "skipped", "is_skipped"), (True, SKIPPED)),
    **dict.fromkeys(("ignore", "ignored", "is_ignored", "discarded"), (True, SKIPPED)),
    **dict.fromkeys(("deleted", "is_deleted", "flagged", "is_flagged"), (True, SKIPPED)),
}
BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
APPROVER = "annotation_approver"  # doccano's, null where nobody has approved
ANNOTATION_ID = "annotation_id"  # of Label Studio's JSON-MIN


def refusal(entry: Mapping[str, Any]) -> str:
    """RETURNS (str): why a text or a span is not gold, one of the reasons of the report; "" if nothing says so."""
    for word in _words(entry):
        if WORDS.get(word):
            return WORDS[word]
    for key, (no_gold, reason) in FLAGS.items():
        if truth_of(entry.get(key)) is no_gold:
            return reason
    return ""


def unknown_verdicts(entry: Mapping[str, Any]) -> list[str]:
    """RETURNS (list[str]): what a text has for a verdict, as `status: "in legal"`, that is none of those known here."""
    return [
        f'{key}: "{entry[key][:40]}"'
        for key in WORD_KEYS
        if isinstance(entry.get(key), str) and _plain(entry[key]) not in ("", *WORDS)
    ]


def is_accepted(entry: Mapping[str, Any]) -> bool:
    """Whether the tool says that somebody has gone through it: then no spans are no entities."""
    return (
        any(WORDS.get(word) == "" for word in _words(entry))
        or any(truth_of(entry.get(key)) for key, (no_gold, _) in FLAGS.items() if not no_gold)
        or any(entry.get(key) is not None for key in (APPROVER, ANNOTATION_ID))
    )


def _words(entry: Mapping[str, Any]) -> list[str]:
    values = [entry.get(key) for key in WORD_KEYS]
    return [_plain(value) for value in values if isinstance(value, str)]


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", " ").replace("-", " ")


def truth_of(value: Any) -> bool | None:
    """RETURNS (bool | None): None of what is neither true nor false."""
    if isinstance(value, str):
        return BOOLS.get(_plain(value))
    return bool(value) if isinstance(value, int) or value in (0, 1) else None
