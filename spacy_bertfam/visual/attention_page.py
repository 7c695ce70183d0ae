"""Attention -> one self-contained HTML page, in which a word, a layer and a head are chosen."""

from base64 import b64encode
from html import escape

import numpy as np

from ..errors import UserError
from .attention import Attention
from .attention_figure import heat_map
from .template import as_data, card, html_page, language_tag
from .wording import Wording

SAID_BY_SCRIPT = ("mean", "nth_layer", "all_layers", "nth_head", "all_heads", "most")
WORDS = """<p class="controls" data-script hidden>{selects}</p>
<p class="hint" data-script hidden>{say[choose_word]}</p>
<div class="words" id="words" role="group" aria-label="{say[from_word]}" lang="{lang}" dir="{direction}">
{words}</div>
<p id="most" aria-live="polite" data-script hidden></p>
"""
GRID = """<p class="hint">{say[choose_map]}</p>
<div class="wide"><div class="grid" id="grid" role="group" aria-label="{say[overview]}"></div></div>
"""
MATRIX = """<p class="hint" id="chosen">{say[all_layers]}, {say[all_heads]}</p>
<div class="wide" role="group" aria-label="{say[matrix]}" tabindex="0">
{matrix}</div>
"""


def render_attention(
    attention: Attention, *, title: str | None = None, layer: int | None = None, head: int | None = None
) -> str:
    """Write attention as an HTML page that needs nothing from elsewhere.

    title (str | None): the heading of the page; None for one in the language of the Doc.
    layer (int | None): index of the layer that is chosen at first; None for the average of all.
    head (int | None): index of the head that is chosen at first; None for the average of all.
    RETURNS (str): the page; its weights are within 0.004 of those given.
    RAISES (UserError): when there is no such layer or head.
    """
    n_layers, n_heads = attention.weights.shape[:2]
    _check_index("layer", layer, n_layers)
    _check_index("head", head, n_heads)
    wording = Wording("attention", attention.lang)
    say = wording.sentences
    words = WORDS.format(
        say=say,
        selects=_select("layer", n_layers, say) + _select("head", n_heads, say),
        lang=language_tag(attention.lang),
        direction=attention.direction,
        words="".join(map(_word, attention.words, attention.tokens.tolist())),
    )
    matrix = heat_map(attention.words, attention.weights.mean(axis=(0, 1)))
    return html_page(
        lang=wording.lang,
        title=say["title"] if title is None else title,
        header=f'<p>{_sizes(attention, wording)}</p>\n<p class="caution">{say["caution"]}</p>\n',
        main=f"<noscript><p>{say['no_script']}</p></noscript>\n"
        + card(say["from_word"], words)
        + card(say["overview"], GRID.format(say=say), " data-script hidden")
        + card(say["matrix"], MATRIX.format(say=say, matrix=matrix)),
        notes=[say["reading"]],
        styles=["attention.css"],
        script="attention.js",
        data=_data(attention, say, layer, head),
    )


def notes_on(attention: Attention, wording: Wording) -> list[str]:
    """RETURNS (list[str]): a sentence for each way in which tokens of the Doc are not shown."""
    notes = []
    if attention.n_left:
        notes.append(wording.say("shown", shown=attention.n_shown, n=attention.n_tokens))
    if attention.n_without:
        notes.append(wording.count("without", attention.n_without))
    return notes


def _check_index(what: str, index: int | None, n: int) -> None:
    if index is not None and not 0 <= index < n:
        raise UserError(
            f"There is no {what} number {index + 1}: the encoder has {n}; expected 1 to {n}, or none for the average."
        )


def _data(attention: Attention, say: dict[str, str], layer: int | None, head: int | None) -> str:
    n_layers, n_heads = attention.weights.shape[:2]
    # the square root of each weight as a byte, 255 for 1: small weights keep more digits
    roots = np.rint(np.sqrt(attention.weights) * 255).astype(np.uint8)
    data = {
        "words": attention.words,
        "layers": n_layers,
        "heads": n_heads,
        "layer": layer,
        "head": head,
        "word": int(np.flatnonzero(attention.tokens >= 0)[0]),
        "say": {name: say[name] for name in SAID_BY_SCRIPT},
        "roots": b64encode(roots.tobytes()).decode("ascii"),
    }
    return as_data(data)


def _sizes(attention: Attention, wording: Wording) -> str:
    n_layers, n_heads = attention.weights.shape[:2]
    sizes = {"words": attention.n_shown, "layers": n_layers, "heads": n_heads}
    line = ", ".join(wording.count(name, n) for name, n in sizes.items())
    return " ".join([f"{line}.", *notes_on(attention, wording)])


def _select(name: str, n: int, say: dict[str, str]) -> str:
    options = "".join(f'<option value="{i}">{i + 1}</option>' for i in range(n))
    average = f'<option value="">{say["average"]}</option>'
    return f'<label>{say[name]}<select id="{name}">{average}{options}</select></label>\n'


def _word(word: str, token: int) -> str:
    css, word = "word" if token >= 0 else "word special", escape(word)
    return f'<button type="button" class="{css}"><bdi>{word}</bdi><small dir="ltr"></small></button>\n'
