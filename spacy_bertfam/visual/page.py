"""Docs -> one self-contained HTML page, by displaCy: entities in color, with scores, also in print."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from numbers import Real
from typing import Any

from spacy.displacy.render import EntityRenderer
from spacy.tokens import Doc, Span

from .colors import DARK, LABEL_COLORS, LIGHT, hashed_color, is_hex_color, readable_shade
from .template import card, direction_of, html_page, language_tag
from .wording import Wording

# On one line, as the page keeps white space. displaCy escapes the text, but not the label nor our own fields.
ENTITY = '<mark class="{css}"{hint}>{text}<span class="tag">&nbsp;{label}{score}</span></mark>'


def render_page(
    docs: Iterable[Doc], *, title: str | None = None, min_score: float = 0.0, low: float = 0.5
) -> str:
    """Write the entities of Docs as an HTML page that needs no script and nothing from elsewhere.

    docs (Iterable[Doc]): one card each; `doc.user_data["title"]`, where it is a str, is the heading of the card.
    title (str | None): the heading of the page; None for one in the language of the first Doc.
    min_score (float): entities with a lower score are left out, and counted at the foot of the page.
    low (float): entities with a lower score get a dashed border.
    RETURNS (str): the page. An entity that has no `ent._.score` is always shown, without a score.
    """
    docs = list(docs)
    words = Wording("entities", docs[0].lang_ if docs else "en")
    shown = [shown_entities(doc, min_score) for doc in docs]
    ents = [ent for doc_ents in shown for ent in doc_ents]
    counts = Counter(ent.label_ for ent in ents)
    css = {label: f"l{i}" for i, (label, _) in enumerate(counts.most_common())}
    renderer = EntityRenderer({"template": ENTITY})
    texts = [render_entities(renderer, *pair, css=css, low=low) for pair in zip(docs, shown, strict=True)]
    notes = list(_notes(ents, words, low=low))
    if n_hidden := sum(len(doc.ents) for doc in docs) - len(ents):
        notes.append(words.count("hidden", n_hidden, min_score=format_score(min_score)))
    return html_page(
        lang=words.lang,
        title=words.say("title") if title is None else title,
        header=_summary(len(docs), counts, css, words),
        main="".join(_doc_card(doc, text, words) for doc, text in zip(docs, texts, strict=True)),
        notes=[" ".join(notes)] if notes else [],
        rules=label_rules(css, renderer.colors),
    )


def score_of(ent: Span) -> float | None:
    """RETURNS (float | None): `ent._.score` from 0 to 1; None where no component has set it."""
    score = ent._.score if Span.has_extension("score") else None
    # another package may have registered the same name for something else; NaN is not equal to itself
    return float(score) if isinstance(score, Real) and score == score else None


def shown_entities(doc: Doc, min_score: float) -> list[Span]:
    """RETURNS (list[Span]): the entities of a Doc, but those with a lower score; no score is not a low one."""
    scored = ((ent, score_of(ent)) for ent in doc.ents)
    return [ent for ent, score in scored if score is None or score >= min_score]


def format_score(score: float) -> str:
    """RETURNS (str): two decimals without the leading zero: ".97", "1.00"."""
    return f"{score:.2f}".removeprefix("0")


def render_entities(
    renderer: EntityRenderer, doc: Doc, ents: Iterable[Span], *, css: Mapping[str, str], low: float
) -> str:
    """Let displaCy write the text of a Doc with its entities marked.

    renderer (EntityRenderer): with the template ``ENTITY``.
    ents (Iterable[Span]): those of `doc.ents` that are to be shown, in their order.
    css (Mapping[str, str]): the class of each label.
    low (float): a score below it gets the class "low" too.
    RETURNS (str): HTML, with everything that came from the Doc escaped.
    """
    parsed = {
        "text": doc.text,
        "ents": [_parse_entity(ent, css[ent.label_], low) for ent in ents],
        "settings": {"lang": doc.lang_, "direction": direction_of(doc)},
    }
    return str(renderer.render([parsed])).strip()


def _parse_entity(ent: Span, css: str, low: float) -> dict[str, Any]:
    label, score, hint = escape(ent.label_), "", ""
    value = score_of(ent)
    if value is not None:
        score = f'&nbsp;<span class="score">{format_score(value)}</span>'
        hint = f' title="{label} {value:.4f}"'
        css += " low" if value < low else ""
    params = {"css": css, "score": score, "hint": hint}
    return {"start": ent.start_char, "end": ent.end_char, "label": label, "params": params}


def _doc_card(doc: Doc, markup: str, words: Wording) -> str:
    title = doc.user_data.get("title")
    heading = f'<h2 dir="auto">{escape(title)}</h2>\n' if isinstance(title, str) else ""
    none_found = "" if "<mark" in markup else f'<p class="none">{words.say("none_found")}</p>\n'
    lang, direction = language_tag(doc.lang_), direction_of(doc)
    text = f'<div class="text" lang="{lang}" dir="{direction}">{markup}</div>\n'
    return card("", heading + text + none_found)


def _summary(n_docs: int, counts: Counter[str], css: Mapping[str, str], words: Wording) -> str:
    parts = {"documents": n_docs, "entities": counts.total()}
    line = ", ".join(words.count(name, n) for name, n in parts.items() if n)
    items = "".join(
        f'<li><mark class="{css[label]}"><span class="tag">{escape(label)}</span></mark> {n}</li>'
        for label, n in counts.most_common()
    )
    legend = f'<ul class="legend" aria-label="{words.say("legend")}">{items}</ul>\n' if items else ""
    return f"<p>{line}</p>\n{legend}"


def _notes(ents: Iterable[Span], words: Wording, *, low: float) -> Iterator[str]:
    scores = [score for score in map(score_of, ents) if score is not None]
    if scores:
        yield words.say("scores")
    if any(score < low for score in scores):
        yield words.say("low", low=format_score(low))


def label_rules(css: Mapping[str, str], colors: Mapping[str, str]) -> str:
    """RETURNS (str): rules for the style sheet; ``css`` has the class of each label, ``colors`` as `label_shades`."""
    shades = {name: label_shades(label, colors) for label, name in css.items()}
    return "".join(
        f".{name} {{ --light: {light}; --dark: {dark}; }}\n" for name, (light, dark) in shades.items()
    )


def label_shades(label: str, colors: Mapping[str, str]) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): the hex colors behind a label, on a light page and on a dark one.

    colors (Mapping[str, str]): displaCy's own, with those of other packages, which go before ours.
    """
    color = {**LABEL_COLORS, **colors}.get(label.upper(), "")
    base = color if is_hex_color(color) else hashed_color(label)
    return readable_shade(base, LIGHT), readable_shade(base, DARK)
