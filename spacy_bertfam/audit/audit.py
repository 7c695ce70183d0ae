"""An audit of annotated texts, and what is written of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.tokens import Doc

from ..data.writers.entry import N_DIGITS, Entry, entry_of
from ..pipeline.words import decode_words, score_readings
from ..types import ScoredSpan
from .findings import KINDS, Finding, Spans, places_that_differ, self_confidence, weighed, with_strings
from .folds import Unseen
from .strings import Usage, find_usages

ELSEWHERE = ("text", "mostly", "times", "otherwise")  # of a string
Reading = list[tuple[int, int, str]]  # entities: first token, token after the last, label


@dataclass(frozen=True)
class Audit:
    """What was found.

    findings (list[Finding]): the most probable mistakes first.
    confidence (dict[str, float]): label -> mean probability of its gold entities; "" -> that of all.
    n_entities (int): gold entities. n_unscored (int): of these, with a label that the recognizer has not.
    """

    docs: Sequence[Doc]
    findings: list[Finding]
    confidence: dict[str, float]
    n_entities: int
    n_unscored: int

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Kind -> findings of it, and how many of them are confident; in the order of KINDS."""
        found = Counter(one.kind for one in self.findings)
        sure = Counter(one.kind for one in self.findings if one.is_confident)
        return {kind: (found[kind], sure[kind]) for kind in KINDS if found[kind]}

    def as_json(self) -> dict[str, Any]:
        """RETURNS (dict): all of it; places are characters of the text, from 0, end exclusive."""
        return {
            "texts": len(self.docs),
            "entities": self.n_entities,
            "entities not scored": self.n_unscored,
            "self-confidence": {label or "all": round(p, N_DIGITS) for label, p in self.confidence.items()},
            "findings": [_as_json(self.docs[one.text], one) for one in self.findings],
        }

    def entries(self, n_findings: int) -> Iterator[Entry]:
        """YIELDS (Entry): the texts of the first findings, each once, as they are annotated."""
        for i in dict.fromkeys(one.text for one in self.findings[:n_findings]):
            yield {**entry_of(self.docs[i], i), "gold": True}


def audit(docs: Sequence[Doc], parts: Iterable[Unseen]) -> Audit:
    """Compare the annotation of texts with what recognizers find in them that have not learned from them.

    docs (Sequence[Doc]): all annotated. parts (Iterable[Unseen]): each text is in one of them.
    """
    usages = find_usages(docs)
    gold: list[Spans] = []
    unweighed: list[tuple[Finding, float, float]] = []
    for part in parts:
        for own, found in _read(docs, part, usages):
            gold.append(own)
            unweighed += found
    confidence = self_confidence(gold)
    findings = [weighed(*one, confidence) for one in unweighed]
    n_entities = sum(len(doc.ents) for doc in docs)
    n_unscored = n_entities - sum(map(len, gold))
    return Audit(docs, sorted(findings, key=lambda one: -one.score), confidence, n_entities, n_unscored)


def _read(
    docs: Sequence[Doc], part: Unseen, usages: Sequence[Sequence[Usage]]
) -> Iterator[tuple[Spans, list[tuple[Finding, float, float]]]]:
    """YIELDS (tuple): of each text the gold entities, and the findings with the probabilities of their readings."""
    own = [docs[i] for i in part.texts]
    labels = part.tag_set.labels

    def score(readings: list[Reading], places: list[list[tuple[int, int]]]) -> list[list[float]]:
        return score_readings(own, part.rows, part.tag_set, readings, places, **part.known)

    annotated = [[(e.start, e.end, e.label_) for e in doc.ents if _is_known(e, labels)] for doc in own]
    scores = score(annotated, [[span[:2] for span in spans] for spans in annotated])
    pairs = (zip(*pair, strict=True) for pair in zip(annotated, scores, strict=True))
    gold = [tuple(ScoredSpan(*span, p) for span, p in pair) for pair in pairs]
    decoded = zip(own, decode_words(own, [part.rows], part.tag_set, **part.known), strict=True)
    found = [[span for span in spans if _is_scored(doc, span, labels)] for doc, spans in decoded]
    findings = []
    for i, text in enumerate(part.texts.tolist()):
        usual = [d for d in usages[text] if {d.label, d.usual} <= {"", *labels}]
        findings.append(with_strings(text, places_that_differ(text, gold[i], found[i]), usual, gold[i]))
    places = [[(one.start, one.end) for one in each] for each in findings]
    suggested = [[span[:3] for one in each for span in one.suggested] for each in findings]
    weights = zip(findings, score(annotated, places), score(suggested, places), strict=True)
    yield from zip(gold, (list(zip(*each, strict=True)) for each in weights), strict=True)


def _is_known(ent: Any, labels: Sequence[str]) -> bool:
    return ent.label_ in labels and not ent.text.isspace()


def _is_scored(doc: Doc, span: ScoredSpan, labels: Sequence[str]) -> bool:
    """Whether annotation tells what is in a place."""
    place = doc[span.start : span.end]
    return all(t.ent_iob and (t.ent_iob_ == "O" or t.ent_type_ in labels) for t in place)


def _as_json(doc: Doc, finding: Finding) -> dict[str, Any]:
    elsewhere = [(doc[d.start : d.end].text, d.usual, *d.times) for d in finding.deviations]
    pair = {"gold": finding.p_gold, "suggested": finding.p_suggested}.items()
    return {
        "text": finding.text,
        "reason": finding.kind,
        "score": round(finding.score, N_DIGITS),
        "confident": finding.is_confident,
        "gold": [_span_as_json(doc, span) for span in finding.gold],
        "suggested": [_span_as_json(doc, span) for span in finding.suggested],
        "probability": {name: round(p, N_DIGITS) for name, p in pair},
        "elsewhere": [dict(zip(ELSEWHERE, one, strict=True)) for one in elsewhere],
    }


def _span_as_json(doc: Doc, span: ScoredSpan) -> dict[str, Any]:
    place = doc[span.start : span.end]
    known = {"start": place.start_char, "end": place.end_char, "label": span.label, "text": place.text}
    return {**known, "probability": round(span.score, N_DIGITS)}
