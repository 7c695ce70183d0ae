"""A least score: a number, or a table of them by label."""

from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc, Span, SpanGroup

from ..errors import UserError
from ..types import CANDIDATES, ScoredSpan

MinScore = float | dict[str, float]
LOWEST_FLOOR = 0.001  # of candidates: at most a thousand of them share a token


def kept_spans(spans: Sequence[ScoredSpan], least: MinScore, *, others: float = 0.0) -> list[ScoredSpan]:
    """RETURNS (list[ScoredSpan]): those with at least the score of their label.

    others (float): the least score of labels that the table does not have.
    """
    if isinstance(least, dict):
        return [span for span in spans if span.score >= least.get(span.label, others)]
    return [span for span in spans if span.score >= least]


def set_candidates(doc: Doc, spans: Sequence[ScoredSpan]) -> None:
    """Set ``doc.spans["candidates"]`` to those spans that are none of its entities, their scores in its
    ``attrs["scores"]``."""
    entities = {(ent.start, ent.end, ent.label_) for ent in doc.ents}
    others = [span for span in spans if span[:3] not in entities]
    made = [Span(doc, span.start, span.end, label=span.label) for span in others]
    attrs = {"scores": [span.score for span in others]}
    doc.spans[CANDIDATES] = SpanGroup(doc, name=CANDIDATES, attrs=attrs, spans=made)


def check_min_score(
    value: Any, component: str, labels: Sequence[str], *, setting: str = "min_score", lowest: float = 0.0
) -> None:
    """See to it that a setting is a least score, and its table one of the component's labels.

    labels (Sequence[str]): of the component; none where they are not known yet.
    lowest (float): it may have.
    RAISES (UserError): when it is not.
    """
    values = list(value.values()) if isinstance(value, dict) else [value]
    # spaCy takes a text that looks like a number for one
    if not all(isinstance(number, (int, float)) and lowest <= number <= 1 for number in values):
        raise UserError(
            f"Component {component!r}: {setting} is {value!r}; expected {lowest:g} to 1, or such numbers by label."
        )
    unknown = set(value) - set(labels) if isinstance(value, dict) and labels else set()
    if unknown:
        raise UserError(
            f"Component {component!r}: {setting} has the labels {', '.join(sorted(unknown))}; expected some of "
            f"{', '.join(labels)}."
        )
