"""What a page shows of Docs, entities and groups of spans, and displaCy's markup of it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from numbers import Real
from operator import itemgetter
from typing import Any, NamedTuple

from spacy.displacy.render import EntityRenderer, SpanRenderer
from spacy.tokens import Doc, Span

from ..data.writers.entry import Entity, entry_of
from .template import direction_of

# On one line, as the page keeps white space. displaCy escapes the text, but not the label nor our own fields.
ENTITY = '<mark class="{css}"{hint}><bdi>{text}</bdi><span class="tag">&nbsp;{label}{score}</span></mark>'
# displaCy hands a color to each part of a span and knows no other field: here it is all attributes of the part
SPAN = {
    "span": '<span class="word" style="height: {total_height}px">{text}{span_slices}{span_starts}</span> ',
    "slice": '<span {bg} style="top: {top_offset}px"></span>',
    "start": '<span {bg} data-start style="top: {top_offset}px"></span>',
}
N_TOKENS = 100  # that displaCy is given at once
HEIGHTS = {"top_offset": 38, "top_offset_step": 20, "span_label_offset": 18}  # pixels


class Shown(NamedTuple):
    """An entity, or a span of a group."""

    doc: int  # index
    group: str | None  # of `doc.spans`; None of an entity
    text: str
    label: str
    score: float | None
    start: int  # characters
    end: int


Numbered = Sequence[tuple[int, Shown]]  # with its index among all of the page


def shown_in(docs: Iterable[Doc], min_score: float = 0.0) -> list[Shown]:
    """RETURNS (list[Shown]): what Docs hold, but what has a lower score; no score is not a low one."""
    found = []
    for i, doc in enumerate(docs):
        entry = entry_of(doc, i, score=score_of, min_score=min_score, tokens=False)
        groups: list[tuple[str | None, list[Entity]]] = [(None, entry["entities"])]
        groups += entry.get("spans", {}).items()
        for group, e in ((name, e) for name, own in groups for e in own):
            text = entry["text"][e["start"] : e["end"]]
            found.append(Shown(i, group, text, e["label"], e["score"], e["start"], e["end"]))
    return [one for one in found if one.text]


def unique(shown: Iterable[Shown]) -> list[Shown]:
    """RETURNS (list[Shown]): each span of characters with its label once, be it an entity, in a group or both."""
    return list({(one.doc, one.label, one.start, one.end): one for one in shown}.values())


def score_of(ent: Span) -> float | None:
    """RETURNS (float | None): `ent._.score` from 0 to 1; None where no component has set it."""
    score = ent._.score if Span.has_extension("score") else None
    # another package may have registered the same name for something else; NaN is not equal to itself
    return float(score) if isinstance(score, Real) and score == score else None


def format_score(score: float) -> str:
    """RETURNS (str): two decimals without the leading zero: ".97", "1.00"."""
    return f"{score:.2f}".removeprefix("0")


def mark_entities(doc: Doc, shown: Numbered, *, css: Mapping[str, str], low: float) -> str:
    """Let displaCy write the text of a Doc with its entities marked.

    shown (Numbered): its entities, in their order.
    css (Mapping[str, str]): the class of each label.
    low (float): a score below it gets the class "low" too.
    RETURNS (str): HTML, with everything that came from the Doc escaped.
    """
    marks = []
    for i, one in shown:
        own = {"css": _classes(one, css, low), "hint": f' data-i="{i}"{_hint(one)}'}
        marks.append(as_mark(one.start, one.end, one.label, one.score, **own))
    return write_marks(doc, doc.text, marks)


def as_mark(
    start: int, end: int, label: str, score: float | None, *, css: str, hint: str = ""
) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): an entity as displaCy takes it, for ``write_marks``; places are characters."""
    said = "" if score is None else f'&nbsp;<span class="score">{format_score(score)}</span>'
    params = {"css": css, "score": said, "hint": hint}
    return {"start": start, "end": end, "label": escape(label), "params": params}


def write_marks(doc: Doc, text: str, marks: Sequence[dict[str, Any]]) -> str:
    """RETURNS (str): HTML of a text, that of a Doc or a part of it, with its entities marked by displaCy."""
    settings = {"lang": doc.lang_, "direction": direction_of(doc)}
    parsed = {"text": text, "ents": marks, "settings": settings}
    return str(EntityRenderer({"template": ENTITY}).render([parsed])).strip()


def mark_spans(doc: Doc, shown: Numbered, *, css: Mapping[str, str], low: float) -> str:
    """As ``mark_entities``, for spans that may overlap: lines below the words, in displaCy's style "span"."""
    spans: list[tuple[int, int, str]] = []  # tokens, and the index that stands for a label
    attributes = {}
    for i, one in shown:
        span = doc.char_span(one.start, one.end)
        assert span is not None  # it is one of the Doc's
        spans.append((span.start, span.end, str(i)))
        tag = escape(one.label if one.score is None else f"{one.label} {format_score(one.score)}")
        classes = f"slice {_classes(one, css, low)}"
        attributes[str(i)] = f'class="{classes}" data-i="{i}" data-tag="{tag}"{_hint(one)}'
    renderer = _Renderer({"template": SPAN, "colors": attributes, **HEIGHTS})
    settings = {"lang": doc.lang_, "direction": direction_of(doc)}
    parts = ({**part, "settings": settings} for part in _parts(doc, spans))
    return "".join(str(renderer.render([part])).strip() for part in parts)


def _parts(doc: Doc, spans: Sequence[tuple[int, int, str]]) -> Iterator[dict[str, Any]]:
    """Cut a long Doc where no span goes on: displaCy looks at all spans for each token."""
    within = {i for start, end, _ in spans for i in range(start + 1, end)}
    cuts = [i for i in range(0, len(doc), N_TOKENS) if i not in within]
    starting: dict[int, list[dict[str, Any]]] = {}
    for start, end, label in spans:
        first = cuts[bisect_right(cuts, start) - 1]
        found = {"start_token": start - first, "end_token": end - first, "label": label}
        starting.setdefault(first, []).append(found)
    for first, last in pairwise([*cuts, len(doc)]):
        yield {"tokens": [token.text for token in doc[first:last]], "spans": starting.get(first, [])}


class _Renderer(SpanRenderer):
    """displaCy looks at each span for each token: here at those alone that overlap, or the time would be quadratic."""

    @staticmethod
    def _assemble_per_token_info(tokens: list[str], spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        group: list[dict[str, Any]] = []
        spans = sorted(spans, key=itemgetter("start_token"))
        first = end = 0
        for span in (*spans, {"start_token": len(tokens)}):
            start = span["start_token"]
            if start >= end:
                found += _token_info(tokens[first:end], first, group)
                found += _token_info(tokens[end:start], end, [])
                group, first = [], start
            group.append(span)
            end = max(end, span.get("end_token", 0))
        return found


def _token_info(tokens: list[str], first: int, spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """RETURNS (list[dict]): of a part of a text that starts at the token ``first``."""
    keys = ("start_token", "end_token")
    moved = [{**span, **{key: span[key] - first for key in keys}} for span in spans]
    return list(SpanRenderer._assemble_per_token_info(tokens, moved))


def _classes(one: Shown, css: Mapping[str, str], low: float) -> str:
    return css[one.label] + (" low" if one.score is not None and one.score < low else "")


def _hint(one: Shown) -> str:
    return "" if one.score is None else f' title="{escape(one.label)} {one.score:.4f}"'
