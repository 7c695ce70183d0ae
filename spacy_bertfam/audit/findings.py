"""Mistakes of the gold annotation, most probable first, from what recognizers find that have not learned from it.

A finding is one mistake: a place, the entities that are annotated there, and those that are suggested in their stead.
Either reading may be "none". Its score is the normalized margin between the two, as confident learning ranks labels
(Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels", section 4), with a
share for other places where the same string stands:

    score = ((p(suggested) - p(gold) + WEIGHT s) / (1 + WEIGHT) + 1) / 2

p is the exact probability that the place holds just these entities, over all legal tags of the text; s, where nearly
all places of a string are annotated otherwise than here, their share; where they are annotated as here, minus that. A
finding is confident, and counts as an
estimated mistake, where p(suggested) reaches the self-confidence of its label (equation 2 there): the mean p of the
gold entities of that label, and for "none" of all. A label that is learned badly has the bar that it can reach.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..types import ScoredSpan
from .strings import Usage

MISSED, NO_ENTITY, LABEL, BORDER, BOTH = "missed", "no entity", "label", "border", "label and border"
DIFFERENT = "annotated differently elsewhere"
KINDS = (MISSED, NO_ENTITY, LABEL, BORDER, BOTH, DIFFERENT)
WEIGHT = 0.2  # of the strings, beside a margin from -1 to 1

Spans = tuple[ScoredSpan, ...]


@dataclass(frozen=True)
class Finding:
    """One mistake, as it may be."""

    text: int  # index in the data
    gold: Spans  # with the probability of each
    suggested: Spans
    strings: tuple[Usage, ...] = ()  # in this place, those that are annotated alike nearly everywhere
    p_gold: float = 0.0  # of the place
    p_suggested: float = 0.0
    is_confident: bool = False
    is_of_strings: bool = False  # whether nothing but other places of the string speaks against it

    @property
    def start(self) -> int:
        """The first token of both."""
        return min(span.start for span in self.gold + self.suggested)

    @property
    def end(self) -> int:
        """The token after the last of both."""
        return max(span.end for span in self.gold + self.suggested)

    @property
    def kind(self) -> str:
        """One of KINDS."""
        if self.is_of_strings:
            return DIFFERENT
        if not self.gold or not self.suggested:
            return NO_ENTITY if self.gold else MISSED
        if [span[:2] for span in self.gold] == [span[:2] for span in self.suggested]:
            return LABEL
        labels, others = ({span.label for span in side} for side in (self.gold, self.suggested))
        return BORDER if labels == others else BOTH

    @property
    def deviations(self) -> list[Usage]:
        """The strings that are annotated otherwise nearly everywhere."""
        return [one for one in self.strings if one.deviates]

    @property
    def score(self) -> float:
        """In [0, 1], as the head of this module says."""
        evidence = max((one.evidence for one in self.strings), default=0.0)
        return ((self.p_suggested - self.p_gold + WEIGHT * evidence) / (1 + WEIGHT) + 1) / 2


def places_that_differ(
    text: int, gold: Sequence[ScoredSpan], found: Sequence[ScoredSpan]
) -> Iterator[Finding]:
    """YIELDS (Finding): entities of either side that overlap, as far as they hang together, if the sides differ."""
    same = {span[:3] for span in gold} & {span[:3] for span in found}
    sides = sorted([(span, 0) for span in gold] + [(span, 1) for span in found])
    place: tuple[list[ScoredSpan], list[ScoredSpan]] = ([], [])
    end = 0
    for span, side in sides:
        if span[:3] in same:
            continue
        if span.start >= end and any(place):
            yield Finding(text, tuple(place[0]), tuple(place[1]))
            place = ([], [])
        place[side].append(span)
        end = max(end, span.end)
    if any(place):
        yield Finding(text, tuple(place[0]), tuple(place[1]))


def with_strings(
    text: int, findings: Iterable[Finding], usages: Sequence[Usage], gold: Spans
) -> list[Finding]:
    """RETURNS (list[Finding]): of one text, with the usages of its strings; one that deviates, and that no finding
    touches, becomes a finding by itself."""
    found = [
        replace(one, strings=tuple(d for d in usages if d.start < one.end and one.start < d.end))
        for one in findings
    ]
    touched = {usage for one in found for usage in one.strings}
    for one in usages:
        if one.deviates and one not in touched:
            here = tuple(span for span in gold if span.start == one.start and one.label)
            there = (ScoredSpan(one.start, one.end, one.usual, 0.0),) if one.usual else ()
            found.append(Finding(text, here, there, (one,), is_of_strings=True))
    return sorted(found, key=lambda one: one.start)


def self_confidence(gold: Iterable[Sequence[ScoredSpan]]) -> dict[str, float]:
    """RETURNS (dict[str, float]): label -> mean probability of its gold entities; "" -> that of all."""
    found: dict[str, list[float]] = defaultdict(list)
    for span in (span for spans in gold for span in spans):
        found[span.label].append(span.score)
        found[""].append(span.score)
    return {label: sum(scores) / len(scores) for label, scores in found.items()}


def weighed(finding: Finding, p_gold: float, p_suggested: float, confidence: Mapping[str, float]) -> Finding:
    """RETURNS (Finding): with the probabilities of its readings."""
    labels = {span.label for span in finding.suggested} or {""}
    is_confident = p_suggested >= min(confidence.get(label, 1.0) for label in labels)
    suggested = finding.suggested
    if finding.is_of_strings:
        suggested = tuple(span._replace(score=p_suggested) for span in suggested)
    known = {"p_gold": p_gold, "p_suggested": p_suggested, "suggested": suggested}
    return replace(finding, **known, is_confident=is_confident)  # type: ignore[arg-type]
