"""One doc -> displaCy's markup of its text, with the score beside each label."""

from collections.abc import Iterable, Mapping
from html import escape
from numbers import Real
from typing import Any, Optional

from spacy.displacy import EntityRenderer
from spacy.tokens import Doc, Span

# On one line, as the page keeps white space. displaCy escapes the text, but not the label nor our own fields.
ENTITY = '<mark class="{css}"{hint}>{text}<span class="tag">&nbsp;{label}{score}</span></mark>'


def make_renderer() -> EntityRenderer:
    """RETURNS (EntityRenderer): displaCy's renderer with our template and all registered colours."""
    return EntityRenderer({"template": ENTITY})


def score_of(ent: Span) -> Optional[float]:
    """RETURNS (float / None): `ent._.score` from 0 to 1; None where no component has set it."""
    if not Span.has_extension("score"):
        return None
    score = ent._.score
    # another package may have registered the same name for something else; NaN is not equal to itself
    return float(score) if isinstance(score, Real) and score == score else None


def shown_entities(doc: Doc, min_score: float) -> list[Span]:
    """RETURNS (list): the entities of a doc, but those with a lower score; no score is not a low one."""
    scored = ((ent, score_of(ent)) for ent in doc.ents)
    return [ent for ent, score in scored if score is None or score >= min_score]


def format_score(score: float) -> str:
    """RETURNS (str): two decimals without the leading zero: ".97", "1.00"."""
    return f"{score:.2f}".removeprefix("0")


def render_entities(
    renderer: EntityRenderer, doc: Doc, ents: Iterable[Span], *, css: Mapping[str, str], low: float
) -> str:
    """Let displaCy write the text of a doc with its entities marked.

    renderer (EntityRenderer): From `make_renderer`.
    ents (iterable): Those of `doc.ents` that are to be shown, in their order.
    css (mapping): The class of each label.
    low (float): A score below it gets the class "low" too.
    RETURNS (str): HTML, with everything that came from the doc escaped.
    """
    parsed = {
        "text": doc.text,
        "ents": [_parse_entity(ent, css[ent.label_], low) for ent in ents],
        "settings": {"lang": doc.lang_, "direction": direction_of(doc)},
    }
    return str(renderer.render([parsed])).strip()


def direction_of(doc: Doc) -> str:
    """RETURNS (str): "rtl" for the languages that are written from right to left, else "ltr"."""
    return "rtl" if doc.vocab.writing_system.get("direction") == "rtl" else "ltr"


def _parse_entity(ent: Span, css: str, low: float) -> dict[str, Any]:
    label, score, hint = escape(ent.label_), "", ""
    value = score_of(ent)
    if value is not None:
        score = f'&nbsp;<span class="score">{format_score(value)}</span>'
        hint = f' title="{label} {value:.4f}"'
        css += " low" if value < low else ""
    params = {"css": css, "score": score, "hint": hint}
    return {"start": ent.start_char, "end": ent.end_char, "label": label, "params": params}
