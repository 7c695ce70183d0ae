"""Attention -> one self-contained HTML page, in which a word, a layer and a head are chosen."""

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Optional

import numpy as np

from ..errors import UserError
from .attention import Attention
from .attention_figure import heat_map
from .attention_wording import ATTENTION_WORDINGS, AttentionWording, notes_on
from .wording import count

SAID_BY_SCRIPT = ("mean", "nth_layer", "all_layers", "nth_head", "all_heads", "most")
# Only the script with this hash may run, and nothing may be fetched: a second lock behind the escaping.
PAGE = """<!DOCTYPE html>
<html lang="{page_lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-{digest}'; \
style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
<p>{sizes}</p>
<p class="caution">{say.caution}</p>
</header>
<main>
<noscript><p>{say.no_script}</p></noscript>
<article>
<h2>{say.from_word}</h2>
<p class="controls" data-script hidden>{selects}</p>
<p class="hint" data-script hidden>{say.choose_word}</p>
<div class="words" id="words" role="group" aria-label="{say.from_word}" lang="{lang}" dir="{direction}">
{words}</div>
<p id="most" aria-live="polite" data-script hidden></p>
</article>
<article data-script hidden>
<h2>{say.overview}</h2>
<p class="hint">{say.choose_map}</p>
<div class="wide"><div class="grid" id="grid" role="group" aria-label="{say.overview}"></div></div>
</article>
<article>
<h2>{say.matrix}</h2>
<p class="hint" id="chosen">{say.all_layers}, {say.all_heads}</p>
<div class="wide" role="group" aria-label="{say.matrix}" tabindex="0">
{matrix}</div>
</article>
</main>
<footer>
<p>{say.reading}</p>
</footer>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def render_attention(
    attention: Attention,
    *,
    title: Optional[str] = None,
    layer: Optional[int] = None,
    head: Optional[int] = None,
) -> str:
    """Write attention as an HTML page that needs nothing from elsewhere.

    title (str): The heading of the page; None for one in the language of the doc.
    layer (Optional[int]): Index of the layer that is chosen at first; None for the average of all.
    head (Optional[int]): Index of the head that is chosen at first; None for the average of all.
    RETURNS (str): The page; its weights are within 0.004 of those given.
    Raises a UserError where there is no such layer or head.
    """
    n_layers, n_heads = attention.weights.shape[:2]
    check_index("layer", layer, n_layers)
    check_index("head", head, n_heads)
    page_lang = attention.lang if attention.lang in ATTENTION_WORDINGS else "en"
    say = ATTENTION_WORDINGS[page_lang]
    script = _read("attention.js")
    return PAGE.format(
        page_lang=page_lang,
        digest=b64encode(sha256(script.encode("utf8")).digest()).decode("ascii"),
        title=escape(say.title if title is None else title),
        style=_read("page.css") + _read("attention.css"),
        say=say,
        sizes=_sizes(attention, say),
        selects=_select("layer", say.layer, n_layers, say) + _select("head", say.head, n_heads, say),
        # "xx" is spaCy's code for "any language", and unknown to browsers
        lang="" if attention.lang == "xx" else escape(attention.lang),
        direction=attention.direction,
        words="".join(map(_word, attention.words, attention.tokens.tolist())),
        matrix=heat_map(attention.words, attention.weights.mean(axis=(0, 1))),
        data=_data(attention, say, layer, head),
        script=script,
    )


def check_index(what: str, index: Optional[int], n: int) -> None:
    """Raise a UserError where there is no layer or head with this index, from 0."""
    if index is not None and not 0 <= index < n:
        raise UserError(
            f"There is no {what} number {index + 1}: the encoder has {n}; expected 1 to {n}, or none for the average."
        )


def square_roots(attention: Attention) -> str:
    """RETURNS (str): the square root of each weight as a byte, 255 for 1, in base64: small weights keep more digits."""
    return b64encode(np.rint(np.sqrt(attention.weights) * 255).astype(np.uint8).tobytes()).decode("ascii")


def _data(attention: Attention, say: AttentionWording, layer: Optional[int], head: Optional[int]) -> str:
    n_layers, n_heads = attention.weights.shape[:2]
    tokens = np.flatnonzero(attention.tokens >= 0)
    data = {
        "words": attention.words,
        "layers": n_layers,
        "heads": n_heads,
        "layer": layer,
        "head": head,
        "word": int(tokens[0]),
        "say": {name: getattr(say, name) for name in SAID_BY_SCRIPT},
        "roots": square_roots(attention),
    }
    # in an element of raw text, which "</script" or "<!--" would end or change
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _sizes(attention: Attention, say: AttentionWording) -> str:
    n_layers, n_heads = attention.weights.shape[:2]
    parts = [(attention.n_shown, say.words), (n_layers, say.layers), (n_heads, say.heads)]
    return " ".join([f"{', '.join(count(n, forms) for n, forms in parts)}.", *notes_on(attention, say)])


def _select(name: str, label: str, n: int, say: AttentionWording) -> str:
    options = "".join(f'<option value="{i}">{i + 1}</option>' for i in range(n))
    return f'<label>{label}<select id="{name}"><option value="">{say.average}</option>{options}</select></label>\n'


def _word(word: str, token: int) -> str:
    css = "word" if token >= 0 else "word special"
    return (
        f'<button type="button" class="{css}"><bdi>{escape(word)}</bdi><small dir="ltr"></small></button>\n'
    )


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf8")
