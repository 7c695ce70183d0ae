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
WORD_KEYS = ("answer", "status", "verdict", "annotation_status", "review_status", "last_action")
ACCEPTED = frozenset(
    {
        "accept",
        "accepted",
        "approved",
        "completed",
        "confirmed",
        "done",
        "fixed and accepted",
        "submitted",
        "validated",
    }
)
WORDS = {
    **dict.fromkeys(("reject", "rejected", "incorrect", "refused", "wrong"), REJECTED),
    **dict.fromkeys(("ignore", "ignored", "skip", "skipped", "cancelled", "canceled", "discarded"), SKIPPED),
    **dict.fromkeys(("pending", "draft", "default", "edited", "in progress", "unlabeled"), UNFINISHED),
}
# Keys that are true of what is gold, and the reason where one is false
FALSE_KEYS = {
    **dict.fromkeys(("accepted", "is_accepted", "correct"), REJECTED),
    **dict.fromkeys(("approved", "confirmed", "is_approved", "is_confirmed", "validated"), UNFINISHED),
}
# Keys that are true of what is not gold, and the reason
TRUE_KEYS = {
    **dict.fromkeys(("rejected", "is_rejected"), REJECTED),
    **dict.fromkeys(("was_cancelled", "cancelled", "skipped", "is_skipped", "ignored", "discarded"), SKIPPED),
}
APPROVER = "annotation_approver"  # doccano's, null where nobody has approved


def refusal(entry: Mapping[str, Any]) -> str:
    """RETURNS (str): why a text or a span is not gold, one of the reasons of the report; "" if nothing says so."""
    for key in WORD_KEYS:
        reason = WORDS.get(_word(entry.get(key)))
        if reason is not None:
            return reason
    for key, reason in FALSE_KEYS.items():
        if _is_number(entry.get(key)) and not entry[key]:
            return reason
    for key, reason in TRUE_KEYS.items():
        if _is_number(entry.get(key)) and entry[key]:
            return reason
    return ""


def is_accepted(entry: Mapping[str, Any]) -> bool:
    """Whether the tool says that somebody has gone through it: then no spans are no entities."""
    return (
        any(_word(entry.get(key)) in ACCEPTED for key in WORD_KEYS)
        or any(entry.get(key) is True for key in FALSE_KEYS)
        or any(entry.get(key) is not None for key in (APPROVER, "annotation_id"))
    )  # the last of Label Studio's JSON-MIN


def _word(value: Any) -> str:
    return value.strip().lower().replace("_", " ") if isinstance(value, str) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int)  # true and false are
