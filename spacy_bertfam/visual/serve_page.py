"""The page of a server, to try its models; it knows none: its script asks for them."""

from spacy.displacy.render import EntityRenderer

from .colors import LABEL_COLORS
from .page import label_shades
from .template import as_data, card, content_policy, html_page
from .wording import Wording

SCRIPT, FRAMED = "serve.js", "attention.js"
FORM = """<form id="form">
<p id="login" hidden><label for="token">{say[token]}</label> <input id="token" type="password" autocomplete="off"></p>
<p id="choice" hidden><label for="model">{say[model]}</label> <select id="model"></select></p>
<p><label for="given">{say[text]}</label><textarea id="given" rows="7" dir="auto" required></textarea></p>
<p id="asking" hidden><label for="question">{say[question]}</label><input id="question" dir="auto"></p>
<p class="controls"><button>{say[find]}</button> <kbd>{say[keys]}</kbd>
<button type="button" id="attend" hidden>{say[attend]}</button></p>
</form>
"""
FRAME = '<iframe id="attention" title="{say[attend]}" hidden></iframe>\n'
FOUND = """<p><label for="least">{say[least]}</label>
<input type="range" id="least" min="0" max="1" step="0.01" value="0">
<output id="least_is" for="least">0.00</output></p>
<div class="text entities" id="text" dir="auto"></div>
<div id="groups"></div>
<ol id="answers" hidden></ol>
"""


def render_serve(lang: str) -> str:
    """RETURNS (str): a page in a language, or in English: a text goes in, and its entities come out."""
    words = Wording("serve", lang)
    say, colors = words.sentences, EntityRenderer({}).colors
    shades = {label: label_shades(label, colors) for label in sorted({*LABEL_COLORS, *colors})}
    return html_page(
        lang=words.lang,
        title=say["title"],
        header=f"<noscript><p>{say['no_script']}</p></noscript>\n",
        main=card("", FORM.format(say=say))
        + '<p id="said" role="status"></p>\n'
        + card(say["found"], FOUND.format(say=say), ' id="found" hidden')
        + FRAME.format(say=say),
        notes=[f'{say["scores"]} <a href="/openapi.json">{say["paths"]}</a>'],
        styles=["controls.css", "serve.css"],
        script=SCRIPT,
        data=as_data({"say": say, "colors": shades}),
        asks=True,
        framed=FRAMED,
    )


def page_policy() -> str:
    """RETURNS (str): what ``render_serve`` may do, for the header of that name."""
    return content_policy(SCRIPT, FRAMED, asks=True) + "; frame-ancestors 'none'"
