"""`bertfam attention`: a text through the encoder of a pipeline, onto a page with the attention between its words."""

from pathlib import Path

import typer
from typer import Option

from ..files.saving import write_file
from .arguments import ENCODER_COMPONENT, PIPELINE, SOURCE, TITLE
from .explain import say
from .pipelines import load_pipeline, read_source


def attention_cli(
    model: str = PIPELINE,
    source: str = SOURCE,
    output: Path = Option(Path("attention.html"), "--output", "-o", help="The page to write."),
    component: str | None = ENCODER_COMPONENT,
    layer: int | None = Option(None, min=1, help="The layer to begin with, from 1."),
    head: int | None = Option(None, min=1, help="The head to begin with, from 1."),
    lines: bool = Option(False, "--lines", help="Each line is a text of its own; the first is shown."),
    title: str | None = TITLE,
) -> None:
    """Write a web page that shows which words look at which.

    It has every layer and head of the pipeline's encoder. One text is shown, of a long one its first window and 200
    words at most; what is not shown is counted. Attention shows where vectors come from; it is not an explanation of a
    decision.
    """
    from ..data.texts import find_file
    from ..visual.attention import attention_of
    from ..visual.attention_page import notes_on, render_attention
    from ..visual.wording import Wording

    find_file(source)  # a mistyped path is told before a pipeline is loaded
    nlp = load_pipeline(model)
    text, *others = read_source(nlp, source, by_line=lines)
    attention = attention_of(nlp, nlp.make_doc(text), component)
    first_layer, first_head = (None if number is None else number - 1 for number in (layer, head))
    write_file(output, render_attention(attention, title=title, layer=first_layer, head=first_head))
    if others:
        say("Note", f"The first of {1 + len(others)} texts is shown; left out: {len(others)}.")
    say("Note", *notes_on(attention, Wording("attention", "en")))
    n_layers, n_heads = attention.weights.shape[:2]
    typer.echo(f"words {attention.n_shown}, layers {n_layers}, heads {n_heads} -> {output}")
