"""Mistakes of the gold annotation, most probable first, from the probabilities of spans that recognizers have not seen.

A finding is one mistake: the gold entities of a place and those that the recognizer finds there in their stead. Its
score is the margin of the suggestion, as in confident learning (Northcutt, Jiang and Chuang 2021, "Confident learning:
estimating uncertainty in dataset labels", sections 3 and 4) with labeled spans in the place of classes:

    score = ((p(suggested) - t(suggested)) - (p(gold) - t(gold)) + 1) / 2

p is the exact probability of a span with its label, over all legal tags of the text; of several spans the lowest; and
of "nothing", 1 - p of what stands against it. t is the self-confidence of a label: the mean p of its gold entities, so
that one that is learned badly accuses no more than one that is learned well.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..types import ScoredSpan
from .strings import Deviation

MISSED, NO_ENTITY, LABEL, BORDER, BOTH = "missed", "no entity", "label", "border", "label and border"
DIFFERENT = "annotated differently elsewhere"
KINDS = (MISSED, NO_ENTITY, LABEL, BORDER, BOTH, DIFFERENT)


@dataclass(frozen=True)
class Finding:
    """One mistake, as it may be."""

    text: int  # index in the data
    kind: str
    gold: tuple[ScoredSpan, ...]  # with the probability of each
    suggested: tuple[ScoredSpan, ...]
    score: float  # in [0, 1]; above 0.5 the suggestion is the more probable one
    strings: tuple[Deviation, ...] = ()  # of these entities, where their string is mostly annotated otherwise

    @property
    def start(self) -> int:
        """The first token of both."""
        return min(span.start for span in self.gold + self.suggested)

    @property
    def end(self) -> int:
        """The token after the last of both."""
        return max(span.end for span in self.gold + self.suggested)


def self_confidence(gold: Iterable[Sequence[ScoredSpan]]) -> dict[str, float]:
    """RETURNS (dict[str, float]): label -> mean probability of its gold entities, over all texts."""
    found: dict[str, list[float]] = defaultdict(list)
    for spans in gold:
        for span in spans:
            found[span.label].append(span.score)
    return {label: sum(scores) / len(scores) for label, scores in found.items()}


def find_mistakes(
    gold: Sequence[Sequence[ScoredSpan]], found: Sequence[Sequence[ScoredSpan]]
) -> list[Finding]:
    """Compare the annotation of each text with what a recognizer finds in it that has not learned from it.

    gold (Sequence[Sequence[ScoredSpan]]): of each text the entities of the annotation, with the probability that the
        recognizer gives to each.
    RETURNS (list[Finding]): the most probable mistakes first.
    """
    confidence = self_confidence(gold)
    findings = [
        make_finding(i, *place, confidence)
        for i, pair in enumerate(zip(gold, found, strict=True))
        for place in places_that_differ(*pair)
    ]
    return sorted(findings, key=lambda one: -one.score)


def places_that_differ(
    gold: Sequence[ScoredSpan], found: Sequence[ScoredSpan]
) -> Iterator[tuple[tuple[ScoredSpan, ...], tuple[ScoredSpan, ...]]]:
    """YIELDS (tuple): entities of both sides that overlap, as far as they hang together; either may have none."""
    same = {span[:3] for span in gold} & {span[:3] for span in found}
    sides = [(span, 0) for span in gold] + [(span, 1) for span in found]
    place: tuple[list[ScoredSpan], list[ScoredSpan]] = ([], [])
    end = 0
    for span, side in sorted(sides):
        if span[:3] in same:
            continue
        if span.start >= end and any(place):
            yield tuple(place[0]), tuple(place[1])
            place = ([], [])
        place[side].append(span)
        end = max(end, span.end)
    if any(place):
        yield tuple(place[0]), tuple(place[1])


def make_finding(
    text: int,
    gold: tuple[ScoredSpan, ...],
    suggested: tuple[ScoredSpan, ...],
    confidence: Mapping[str, float],
    kind: str | None = None,
) -> Finding:
    """RETURNS (Finding): of one place, with the score that the head of this module gives."""
    margin = _excess(suggested, gold, confidence) - _excess(gold, suggested, confidence)
    return Finding(text, kind or kind_of(gold, suggested), gold, suggested, (margin + 1) / 2)


def kind_of(gold: Sequence[ScoredSpan], suggested: Sequence[ScoredSpan]) -> str:
    """RETURNS (str): one of KINDS."""
    if not gold or not suggested:
        return NO_ENTITY if gold else MISSED
    borders = [(span.start, span.end) for span in gold] != [(span.start, span.end) for span in suggested]
    labels = {span.label for span in gold} != {span.label for span in suggested}
    return BOTH if borders and labels else BORDER if borders else LABEL


def _excess(
    spans: Sequence[ScoredSpan], others: Sequence[ScoredSpan], confidence: Mapping[str, float]
) -> float:
    """By how much the probability of one side is above what is usual for its labels."""
    if not spans:
        return 1 - min(span.score for span in others)
    return min(span.score - confidence.get(span.label, 0.0) for span in spans)
