"""Attention -> one self-contained HTML page, in which a word, a layer and a head are chosen."""

from base64 import b64encode
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..encoder.attention import Floats4d
from ..errors import UserError
from .attention import Attention, telling_head
from .attention_figure import heat_map
from .marked import format_score
from .template import as_data, card, html_page, language_tag
from .wording import Wording

# Bytes of weights in a page, which base64 makes a third more; and how many of a word's are kept at least
BUDGET, MIN_KEPT = 540_000, 4
SAID_BY_SCRIPT = ("mean", "nth_layer", "all_layers", "nth_head", "all_heads", "most")
WORDS = """<p class="controls" data-script hidden>{selects}<label><input type="checkbox" id="special">
{say[hide_special]}</label></p>
<p class="hint" data-script hidden>{say[choose_word]}</p>
<div class="words" id="words" role="group" aria-label="{say[from_word]}" lang="{lang}" dir="{direction}">
{words}</div>
<p id="most" aria-live="polite" data-script hidden></p>
"""
GRID = """<p class="hint">{say[choose_map]}</p>
<div class="wide"><div class="grid" id="grid" role="group" aria-label="{say[overview]}"></div></div>
"""
MATRIX = """<p class="hint" id="chosen">{chosen}</p>
<div class="wide" role="group" aria-label="{say[matrix]}" tabindex="0">
{matrix}</div>
"""


def render_attention(
    attention: Attention, *, title: str | None = None, layer: int | None = None, head: int | None = None
) -> str:
    """Write attention as an HTML page that needs nothing from elsewhere.

    title (str | None): the heading of the page; None for one in the language of the Doc.
    layer (int | None): index of the layer that is chosen at first; None for the average of all.
    head (int | None): index of the head that is chosen at first; None for the average of all. Without both it is the
        one of ``telling_head``.
    RETURNS (str): the page, of less than a megabyte; its weights are within 0.004 of those given, but of a long text
        only the largest of each word are kept: what they leave of 1 is spread evenly over the others.
    RAISES (UserError): when there is no such layer or head.
    """
    n_layers, n_heads = attention.weights.shape[:2]
    _check_index("layer", layer, n_layers)
    _check_index("head", head, n_heads)
    wording = Wording("attention", attention.lang)
    say = wording.sentences
    notes = [say["reading"]]
    if layer is None and head is None and (found := telling_head(attention)) is not None:
        layer, head, mean = found
        notes.append(wording.say("telling", layer=layer + 1, head=head + 1, mean=format_score(mean)))
    packed = _pack(attention.weights)
    if packed["kept"] is not None:
        notes.append(wording.say("kept", n=packed["kept"]))
    words = WORDS.format(
        say=say,
        selects=_select("layer", n_layers, say) + _select("head", n_heads, say),
        lang=language_tag(attention.lang),
        direction=attention.direction,
        words="".join(map(_word, attention.words, attention.tokens.tolist())),
    )
    chosen = attention.weights[_which(layer), _which(head)].mean(axis=(0, 1))
    matrix = heat_map(attention.words, chosen)
    return html_page(
        lang=wording.lang,
        title=say["title"] if title is None else title,
        header=f'<p>{_sizes(attention, wording)}</p>\n<p class="caution">{say["caution"]}</p>\n',
        main=f"<noscript><p>{say['no_script']}</p></noscript>\n"
        + card(say["from_word"], words)
        + card(say["overview"], GRID.format(say=say), " data-script hidden")
        + card(say["matrix"], MATRIX.format(say=say, matrix=matrix, chosen=_name(layer, head, wording))),
        notes=notes,
        styles=["controls.css", "attention.css"],
        script="attention.js",
        data=as_data({**_data(attention, say), "layer": layer, "head": head, **packed}),
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


def _which(index: int | None) -> slice:
    return slice(None) if index is None else slice(index, index + 1)


def _name(layer: int | None, head: int | None, wording: Wording) -> str:
    """As the script names it."""
    layers = wording.say("all_layers") if layer is None else wording.say("nth_layer", n=layer + 1)
    return f"{layers}, {wording.say('all_heads') if head is None else wording.say('nth_head', n=head + 1)}"


def _data(attention: Attention, say: dict[str, str]) -> dict[str, Any]:
    n_layers, n_heads = attention.weights.shape[:2]
    first = int(np.flatnonzero(attention.tokens >= 0)[0])
    said = {name: say[name] for name in SAID_BY_SCRIPT}
    return {"words": attention.words, "layers": n_layers, "heads": n_heads, "word": first, "say": said}


def _pack(weights: Floats4d) -> dict[str, Any]:
    """The square root of each weight as a byte, 255 for 1: small weights keep more digits. Where these are too many,
    those of the ``kept`` largest of each row, and under "at" their columns."""
    n = weights.shape[-1]
    rows = np.rint(np.sqrt(weights) * 255).astype(np.uint8).reshape(-1, n)
    if rows.size <= BUDGET:
        return {"kept": None, "roots": _base64(rows)}
    kept = max(MIN_KEPT, BUDGET // (2 * len(rows)))
    at = np.argpartition(rows, n - kept, axis=1)[:, n - kept :]
    columns = at.astype(np.uint8 if n <= 256 else np.uint16)
    return {"kept": kept, "roots": _base64(np.take_along_axis(rows, at, axis=1)), "at": _base64(columns)}


def _base64(numbers: NDArray[Any]) -> str:
    return b64encode(numbers.tobytes()).decode("ascii")


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
