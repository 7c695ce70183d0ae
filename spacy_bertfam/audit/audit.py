"""An audit of annotated texts, and what is written of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spacy.tokens import Doc

from ..data.writers.entry import N_DIGITS, Entry, entry_of
from ..types import ScoredSpan
from .findings import DIFFERENT, KINDS, Finding, find_mistakes, make_finding, self_confidence
from .folds import Unseen
from .probabilities import find_spans, score_spans
from .strings import Deviation, find_deviations


@dataclass(frozen=True)
class Audit:
    """What was found.

    findings (list[Finding]): the most probable mistakes first.
    confidence (dict[str, float]): label -> mean probability of its gold entities.
    n_entities (int): gold entities. n_unscored (int): of these, without a probability.
    """

    docs: Sequence[Doc]
    findings: list[Finding]
    confidence: dict[str, float]
    n_entities: int
    n_unscored: int

    @property
    def counts(self) -> dict[str, int]:
        """Kind -> findings of it, in the order of KINDS."""
        found = Counter(one.kind for one in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def as_json(self) -> dict[str, Any]:
        """RETURNS (dict): all of it; places are characters of the text, from 0, end exclusive."""
        return {
            "texts": len(self.docs),
            "entities": self.n_entities,
            "entities without a probability": self.n_unscored,
            "self-confidence": {label: round(p, N_DIGITS) for label, p in self.confidence.items()},
            "findings": [finding_as_json(self.docs[one.text], one) for one in self.findings],
        }

    def entries(self, n_findings: int) -> Iterable[Entry]:
        """YIELDS (Entry): the texts of the first findings, each once, as they are annotated."""
        for i in dict.fromkeys(one.text for one in self.findings[:n_findings]):
            yield {**entry_of(self.docs[i], i), "gold": True}  # type: ignore[typeddict-item]


def audit(docs: Sequence[Doc], parts: Sequence[Unseen]) -> Audit:
    """Compare the annotation of texts with what recognizers find in them that have not learned from them.

    docs (Sequence[Doc]): all annotated. parts (Sequence[Unseen]): each text is in one of them.
    """
    known = [[(ent.start, ent.end, ent.label_) for ent in doc.ents] for doc in docs]
    gold, confidence = score_spans(docs, parts, known), dict[str, float]()
    confidence.update(self_confidence(gold))
    deviations = find_deviations(docs)
    usual = [[(d.start, d.end, d.usual) for d in own if d.usual] for own in deviations]
    findings = find_mistakes(gold, find_spans(docs, parts))
    findings = with_strings(findings, deviations, gold, score_spans(docs, parts, usual), confidence)
    n_entities = sum(map(len, known))
    return Audit(docs, findings, confidence, n_entities, n_entities - sum(map(len, gold)))


def with_strings(
    findings: Sequence[Finding],
    deviations: Sequence[Sequence[Deviation]],
    gold: Sequence[Sequence[ScoredSpan]],
    usual: Sequence[Sequence[ScoredSpan]],
    confidence: dict[str, float],
) -> list[Finding]:
    """Findings with the deviations of their strings; a deviation that no finding touches becomes one by itself.

    usual (Sequence[Sequence[ScoredSpan]]): of each text what its deviations would be, with probabilities.
    RETURNS (list[Finding]): the most probable mistakes first.
    """
    found = [
        replace(
            one, strings=tuple(d for d in deviations[one.text] if d.start < one.end and one.start < d.end)
        )
        for one in findings
    ]
    touched = {(one.text, deviation) for one in found for deviation in one.strings}
    for i, own in enumerate(deviations):
        for deviation in own:
            sides = (_at(gold[i], deviation, deviation.label), _at(usual[i], deviation, deviation.usual))
            if (i, deviation) not in touched and any(sides):
                one = make_finding(i, *sides, confidence, DIFFERENT)
                found.append(replace(one, strings=(deviation,)))
    return sorted(found, key=lambda one: -one.score)


def _at(spans: Sequence[ScoredSpan], place: Deviation, label: str) -> tuple[ScoredSpan, ...]:
    return tuple(span for span in spans if span[:3] == (place.start, place.end, label))


def finding_as_json(doc: Doc, finding: Finding) -> dict[str, Any]:
    """RETURNS (dict): a finding with the strings of its entities."""
    sides = {
        name: [
            {
                "start": doc[span.start].idx,
                "end": doc[span.end - 1].idx + len(doc[span.end - 1]),
                "label": span.label,
                "text": doc[span.start : span.end].text,
                "probability": round(span.score, N_DIGITS),
            }
            for span in spans
        ]
        for name, spans in (("gold", finding.gold), ("suggested", finding.suggested))
    }
    strings = [
        {"text": doc[d.start : d.end].text, "here": d.label, "mostly": d.usual, "times": list(d.times)}
        for d in finding.strings
    ]
    score = round(finding.score, N_DIGITS)
    return {"text": finding.text, "reason": finding.kind, "score": score, **sides, "elsewhere": strings}
