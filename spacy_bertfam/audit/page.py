"""The page of an audit: each finding in its context, what is annotated beside what is suggested, by displaCy."""

from collections.abc import Mapping, Sequence
from html import escape

from spacy.tokens import Doc

from ..types import ScoredSpan
from ..visual.marked import Shown, format_score, mark_entities
from ..visual.page import label_rules
from ..visual.template import card, html_page, text_block
from ..visual.wording import Wording
from .audit import Audit
from .findings import Finding

CONTEXT = 30  # tokens on either side of a finding
RULES = """.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 1em; }
.sides h3 { margin: 0; font-size: .875rem; font-weight: 400; color: var(--soft); }
fieldset { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0 0; border: 1px solid var(--line); }
label { min-height: 1.5rem; }
"""
CHOICE = '<label><input type="radio" name="kind" id="{id}"{checked}> {text}</label>\n'
# Without a script; a browser that does not know :has() shows all
HIDE = "body:has(#{id}:checked) article:not(.{id}) {{ display: none; }}\n"


def render_audit(audit: Audit, *, n_shown: int) -> str:
    """Write the first findings as an HTML page that needs no script and nothing from elsewhere.

    RETURNS (str): the page, in the language of the texts or in English.
    """
    words = Wording("audit", audit.docs[0].lang_)
    shown = audit.findings[:n_shown]
    labels = sorted({span.label for one in shown for span in one.gold + one.suggested})
    css = {label: f"l{i}" for i, label in enumerate(labels)}
    ids = {kind: f"k{i}" for i, kind in enumerate(audit.counts)}
    cards = [_card(n, audit.docs[one.text], one, words, css, ids) for n, one in enumerate(shown, 1)]
    hidden = len(audit.findings) - len(shown)
    return html_page(
        lang=words.lang,
        title=words.say("title"),
        header=_header(audit, words, ids),
        main="".join(cards) or f'<p class="none">{words.say("none_found")}</p>\n',
        notes=[words.say("reading"), *([words.say("shown", shown=words.number(len(shown)))] * (hidden > 0))],
        rules=RULES + label_rules(css) + "".join(HIDE.format(id=name) for name in ids.values()),
    )


def _header(audit: Audit, words: Wording, ids: Mapping[str, str]) -> str:
    sizes = {"texts": words.number(len(audit.docs)), "entities": words.number(audit.n_entities)}
    sizes["confident"] = words.number(sum(one.is_confident for one in audit.findings))
    line = words.say("in_texts", findings=words.count("findings", len(audit.findings)), **sizes)
    choices = [CHOICE.format(id="all", checked=" checked", text=words.say("all"))]
    choices += [
        CHOICE.format(id=ids[kind], checked="", text=f"{words.say(kind)} ({words.number(n)})")
        for kind, (n, _) in audit.counts.items()
    ]
    legend = f"<legend>{words.say('filter')}</legend>\n"
    return f"<p>{line}</p>\n<fieldset>\n{legend}{''.join(choices)}</fieldset>\n"


def _card(
    n: int, doc: Doc, finding: Finding, words: Wording, css: Mapping[str, str], ids: Mapping[str, str]
) -> str:
    sides = "".join(
        f"<section>\n<h3>{words.say(side)}</h3>\n{_side(doc, finding, spans, words, css)}</section>\n"
        for side, spans in (("gold", finding.gold), ("suggested", finding.suggested))
    )
    strings = "".join(f"<p>{escape(line)}</p>\n" for line in _elsewhere(doc, finding, words))
    place = f"{words.say('text', n=finding.text)}, {words.say('margin', score=format_score(finding.score))}"
    heading = f'{n}. {words.say(finding.kind)} <span class="score">({place})</span>'
    return card(heading, f'<div class="sides">\n{sides}</div>\n{strings}', f' class="{ids[finding.kind]}"')


def _side(
    doc: Doc, finding: Finding, spans: Sequence[ScoredSpan], words: Wording, css: Mapping[str, str]
) -> str:
    first = max(0, finding.start - CONTEXT)
    part = doc[first : finding.end + CONTEXT].as_doc()
    shown = []
    for span in spans:
        place = part[span.start - first : span.end - first]
        shown.append(Shown(0, None, place.text, span.label, span.score, place.start_char, place.end_char))
    none = "" if spans else f'<p class="none">{words.say("nothing")}</p>\n'
    return text_block(doc, mark_entities(part, list(enumerate(shown)), css=css, low=0.5)) + none


def _elsewhere(doc: Doc, finding: Finding, words: Wording) -> list[str]:
    lines = []
    for one in finding.deviations:
        text, usual = doc[one.start : one.end].text, one.usual or words.say("nothing")
        counts = {"n": words.number(one.times[0]), "all": words.number(sum(one.times))}
        lines.append(words.say("elsewhere", text=text, usual=usual, **counts))
    return lines
