"""Docs -> one self-contained HTML page, by displaCy: entities in color, with scores, also in print."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from spacy.displacy.render import EntityRenderer
from spacy.tokens import Doc

from .colors import DARK, LABEL_COLORS, LIGHT, hashed_color, is_hex_color, readable_shade
from .marked import Numbered, Shown, format_score, mark_entities, mark_spans, shown_in, unique
from .template import as_data, card, html_page, text_block
from .wording import Wording

SAID_BY_SCRIPT = ("n_found", "copied")
LEAST = """<label for="least">{say[least]}</label>
<input type="range" id="least" min="0" max="1" step="any" value="{value}"> <output for="least">{value:.2f}</output>
"""
CONTROLS = """<p class="controls" data-script hidden>{least}<button type="button" id="copy">{say[copy]}</button>
<span id="said" role="status"></span></p>
<textarea id="json" rows="8" aria-label="JSON" readonly hidden></textarea>
"""
LABEL = """<li><label><input type="checkbox" value="{label}" checked data-script hidden>
<mark class="{css}"><span class="tag">{label}</span></mark> {n}</label></li>
"""


def render_page(
    docs: Iterable[Doc], *, title: str | None = None, min_score: float = 0.0, low: float = 0.5
) -> str:
    """Write the entities and the span groups of Docs as an HTML page that needs nothing from elsewhere.

    Its script lets people choose a least score and labels, and copy what is left as JSON; without it all is shown.

    docs (Iterable[Doc]): one card each; `doc.user_data["title"]`, where it is a str, is the heading of the card.
    title (str | None): the heading of the page; None for one in the language of the first Doc.
    min_score (float): entities with a lower score are left out, and counted at the foot of the page.
    low (float): entities with a lower score get a dashed border.
    RETURNS (str): the page. An entity that has no score is always shown, without one.
    """
    docs = list(docs)
    words = Wording("entities", docs[0].lang_ if docs else "en")
    shown = shown_in(docs, min_score)
    entities = unique(shown)
    counts = Counter(one.label for one in entities)
    css = {label: f"l{i}" for i, (label, _) in enumerate(counts.most_common())}
    by_doc: dict[int, list[tuple[int, Shown]]] = {}
    for i, one in enumerate(shown):
        by_doc.setdefault(one.doc, []).append((i, one))
    notes = list(_notes(entities, words, low=low))
    if n_hidden := len(unique(shown_in(docs))) - len(entities):
        notes.append(words.count("hidden", n_hidden, min_score=format_score(min_score)))
    titles = [_title(doc) for doc in docs]
    return html_page(
        lang=words.lang,
        title=words.say("title") if title is None else title,
        header=_summary(len(docs), counts, css, words) + _controls(entities, min_score, words),
        main="".join(_doc_card(doc, by_doc.get(i, []), css, low, words) for i, doc in enumerate(docs)),
        notes=[" ".join(notes)] if notes else [],
        styles=["controls.css", "page_spans.css"],
        rules=label_rules(css),
        script="page.js" if shown else "",
        data=as_data(
            {"rows": shown, "titles": titles, "say": {name: words.sentences[name] for name in SAID_BY_SCRIPT}}
        ),
    )


def _title(doc: Doc) -> str | None:
    title = doc.user_data.get("title")
    return title if isinstance(title, str) else None


def _doc_card(doc: Doc, shown: Numbered, css: Mapping[str, str], low: float, words: Wording) -> str:
    title = _title(doc)
    content = "" if title is None else f'<h2 dir="auto">{escape(title)}</h2>\n'
    groups: dict[str | None, list[tuple[int, Shown]]] = {}
    for i, one in shown:
        groups.setdefault(one.group, []).append((i, one))
    if None in groups or not groups:
        content += text_block(doc, mark_entities(doc, groups.pop(None, []), css=css, low=low))
    for group, spans in groups.items():
        content += f'<p class="group">doc.spans[<bdi>{escape(repr(group))}</bdi>]</p>\n'
        content += text_block(doc, mark_spans(doc, spans, css=css, low=low))
    return card("", content if shown else f'{content}<p class="none">{words.say("none_found")}</p>\n')


def _summary(n_docs: int, counts: Counter[str], css: Mapping[str, str], words: Wording) -> str:
    parts = {"documents": n_docs, "entities": counts.total()}
    line = ", ".join(words.count(name, n) for name, n in parts.items() if n)
    labels = [(escape(label), css[label], words.number(n)) for label, n in counts.most_common()]
    items = "".join(LABEL.format(label=label, css=name, n=n) for label, name, n in labels)
    legend = f'<ul class="legend" aria-label="{words.say("legend")}">{items}</ul>\n' if items else ""
    return f"<p>{line}</p>\n{legend}"


def _controls(entities: Iterable[Shown], min_score: float, words: Wording) -> str:
    scores = [one.score is not None for one in entities]
    least = LEAST.format(say=words.sentences, value=min_score) if any(scores) else ""
    return CONTROLS.format(least=least, say=words.sentences) if scores else ""


def _notes(entities: Iterable[Shown], words: Wording, *, low: float) -> Iterator[str]:
    scores = [one.score for one in entities if one.score is not None]
    if scores:
        yield words.say("scores")
    if any(score < low for score in scores):
        yield words.say("low", low=format_score(low))


def label_rules(css: Mapping[str, str]) -> str:
    """RETURNS (str): rules for the style sheet; ``css`` has the class of each label."""
    colors = EntityRenderer({}).colors
    shades = [(name, *label_shades(label, colors)) for label, name in css.items()]
    return "".join(f".{name} {{ --light: {light}; --dark: {dark}; }}\n" for name, light, dark in shades)


def label_shades(label: str, colors: Mapping[str, str]) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): the hex background colors of a label, on a light page and on a dark one.

    colors (Mapping[str, str]): displaCy's own, with those of other packages, which go before ours.
    """
    color = {**LABEL_COLORS, **colors}.get(label.upper(), "")
    base = color if is_hex_color(color) else hashed_color(label)
    return readable_shade(base, LIGHT), readable_shade(base, DARK)
