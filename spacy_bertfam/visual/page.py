"""Docs -> one self-contained HTML page, by displaCy: entities in colour, with scores, also in print."""

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Optional

from spacy.tokens import Doc, Span

from .colors import LABEL_COLORS, hashed_color
from .contrast import DARK, LIGHT, is_hex_color, readable_shade
from .entities import direction_of, format_score, make_renderer, render_entities, score_of, shown_entities
from .wording import WORDINGS, Wording, count

# The policy is a second lock behind the escaping: nothing in the page may run or be fetched.
PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
{summary}</header>
<main>
{cards}</main>
{footer}</body>
</html>
"""


def render_page(
    docs: Iterable[Doc], *, title: Optional[str] = None, min_score: float = 0.0, low: float = 0.5
) -> str:
    """Write the entities of docs as an HTML page that needs no script and nothing from elsewhere.

    docs (iterable): One card each; `doc.user_data["title"]`, where it is a str, is the heading of the card.
    title (str): The heading of the page; None for one in the language of the first doc.
    min_score (float): Entities with a lower score are left out, and counted at the foot of the page.
    low (float): Entities with a lower score get a dashed border.
    RETURNS (str): The page. An entity that has no `ent._.score` is always shown, without a score.
    """
    docs = list(docs)
    lang = docs[0].lang_ if docs and docs[0].lang_ in WORDINGS else "en"
    words = WORDINGS[lang]
    shown = [shown_entities(doc, min_score) for doc in docs]
    ents = [ent for doc_ents in shown for ent in doc_ents]
    counts = Counter(ent.label_ for ent in ents)
    css = {label: f"l{i}" for i, (label, _) in enumerate(counts.most_common())}
    n_hidden = sum(len(doc.ents) for doc in docs) - len(ents)
    renderer = make_renderer()
    cards = [
        _card(doc, render_entities(renderer, doc, doc_ents, css=css, low=low), words, is_empty=not doc_ents)
        for doc, doc_ents in zip(docs, shown, strict=True)
    ]
    return PAGE.format(
        lang=lang,
        title=escape(words.title if title is None else title),
        style=files(__package__).joinpath("page.css").read_text("utf8") + _label_rules(css, renderer.colors),
        summary=_summary(len(docs), counts, css, words),
        cards="".join(cards),
        footer=_footer(ents, words, low=low, min_score=min_score, n_hidden=n_hidden),
    )


def _card(doc: Doc, markup: str, words: Wording, *, is_empty: bool) -> str:
    # "xx" is spaCy's code for "any language", and unknown to browsers
    lang = "" if doc.lang_ == "xx" else escape(doc.lang_)
    title = doc.user_data.get("title")
    heading = f'<h2 dir="auto">{escape(title)}</h2>\n' if isinstance(title, str) else ""
    none_found = f'<p class="none">{words.none_found}</p>\n' if is_empty else ""
    text = f'<div class="text" lang="{lang}" dir="{direction_of(doc)}">{markup}</div>'
    return f"<article>\n{heading}{text}\n{none_found}</article>\n"


def _summary(n_docs: int, counts: Counter[str], css: Mapping[str, str], words: Wording) -> str:
    parts = [(n_docs, words.documents), (counts.total(), words.entities)]
    line = ", ".join(count(n, forms) for n, forms in parts if n)
    items = [
        f'<li><mark class="{css[label]}"><span class="tag">{escape(label)}</span></mark> {n}</li>'
        for label, n in counts.most_common()
    ]
    legend = f'<ul class="legend" aria-label="{words.legend}">{"".join(items)}</ul>\n' if items else ""
    return f"<p>{line}</p>\n{legend}"


def _footer(ents: list[Span], words: Wording, *, low: float, min_score: float, n_hidden: int) -> str:
    scores = [score for score in map(score_of, ents) if score is not None]
    notes = [words.scores] if scores else []
    if any(score < low for score in scores):
        notes.append(words.low.format(low=format_score(low)))
    if n_hidden:
        notes.append(count(n_hidden, words.hidden, min_score=format_score(min_score)))
    return f"<footer>\n<p>{' '.join(notes)}</p>\n</footer>\n" if notes else ""


def _label_rules(css: Mapping[str, str], colors: Mapping[str, str]) -> str:
    # displaCy's colours, those of other packages among them, go before ours
    known = {**LABEL_COLORS, **colors}
    rules = []
    for label, name in css.items():
        color = known.get(label.upper())
        base = color if color is not None and is_hex_color(color) else hashed_color(label)
        light, dark = readable_shade(base, LIGHT), readable_shade(base, DARK)
        rules.append(f".{name} {{ --light: {light}; --dark: {dark}; }}\n")
    return "".join(rules)
