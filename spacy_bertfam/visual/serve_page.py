"""The pages of a server: one to try its models, and one that lists its paths. Neither knows a model."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from spacy.displacy.render import EntityRenderer

from .colors import LABEL_COLORS
from .page import label_shades
from .template import as_data, card, content_policy, html_page
from .wording import Wording

SCRIPT = "serve.js"
FORM = """<form id="form">
<p id="login" hidden><label for="token">{say[token]}</label> <input id="token" type="password" autocomplete="off"></p>
<p id="choice" hidden><label for="model">{say[model]}</label> <select id="model"></select></p>
<p><label for="given">{say[text]}</label><textarea id="given" rows="7" dir="auto" required></textarea></p>
<p id="asking" hidden><label for="question">{say[question]}</label><input id="question" dir="auto"></p>
<p><button>{say[find]}</button> <kbd>{say[keys]}</kbd></p>
</form>
"""
FOUND = """<p><label for="least">{say[least]}</label>
<input type="range" id="least" min="0" max="1" step="0.01" value="0">
<output id="least_is" for="least">0.00</output></p>
<div class="text entities" id="text" dir="auto"></div>
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
        + card(say["found"], FOUND.format(say=say), ' id="found" hidden'),
        notes=[f'{say["scores"]} <a href="/docs">{say["paths"]}</a>'],
        styles=["serve.css"],
        script=SCRIPT,
        data=as_data({"say": say, "colors": shades}),
        asks=True,
    )


def page_policy() -> str:
    """RETURNS (str): what ``render_serve`` may do, for the header of that name."""
    return content_policy(SCRIPT, asks=True) + "; frame-ancestors 'none'"


def render_paths(schema: Mapping[str, Any]) -> str:
    """RETURNS (str): what a schema of OpenAPI says of each path, and what it takes, to be read."""
    parts = []
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            takes = (
                about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            )
            taken = schema["components"]["schemas"].get(takes.get("$ref", "").rpartition("/")[2], {})
            gives = about["responses"]["200"].get("content", {}).get("application/json", {}).get("example")
            shown = [json.dumps(each, indent=1) for each in (taken.get("properties"), gives) if each]
            blocks = "".join(f"<pre>{escape(each)}</pre>\n" for each in shown)
            parts.append(
                card(f"{method.upper()} {escape(path)}", f"<p>{escape(about['description'])}</p>\n{blocks}")
            )
    header = '<p><a href="/openapi.json">openapi.json</a></p>\n'
    return html_page(
        lang="en", title="bertfam serve", header=header, main="".join(parts), styles=["serve.css"]
    )
