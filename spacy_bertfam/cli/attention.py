"""`bertfam attention`: a text through the encoder of a pipeline, onto a page with the attention between its words."""

from pathlib import Path
from typing import TYPE_CHECKING, List, Optional

import typer

from ..errors import UserError
from ..files.saving import write_file
from .render import load_pipeline

if TYPE_CHECKING:
    from spacy.language import Language

    from ..visual.attention import Attention


def first_text(nlp: "Language", source: str, *, by_line: bool = False) -> tuple[str, int]:
    """RETURNS (tuple): the first text of `source`, and how many it has; raises UserError."""
    from ..visual.sources import read_texts

    texts = read_texts(source, nlp.vocab, by_line=by_line)
    if len(texts[0]) > nlp.max_length:
        raise UserError(
            f"The text has {len(texts[0])} characters and the pipeline takes {nlp.max_length} at most:"
            " give a part of it, as attention is shown for its first window alone."
        )
    return texts[0], len(texts)


def notes_on_text(attention: "Attention", n_texts: int) -> List[str]:
    """RETURNS (list): a sentence for each part of the source that the page does not show."""
    from ..visual.attention_page import notes_on
    from ..visual.wording import Wording

    texts = [f"The first of {n_texts} texts is shown; left out: {n_texts - 1}."] if n_texts > 1 else []
    return texts + notes_on(attention, Wording("attention", "en"))


def _summary(attention: "Attention", output: Path) -> str:
    n_layers, n_heads = attention.weights.shape[:2]
    return f"words {attention.n_shown}, layers {n_layers}, heads {n_heads} -> {output}"


def _index(number: Optional[int]) -> Optional[int]:
    return None if number is None else number - 1


def attention_cli(
    model: str = typer.Argument(..., help="Name of an installed pipeline, or its folder."),
    source: str = typer.Argument(
        ..., metavar="TEXT_OR_FILE", help="A text, a .txt, .jsonl or .spacy file, or - for standard input."
    ),
    output: Path = typer.Option(Path("attention.html"), "--output", "-o", help="The page to write."),
    component: Optional[str] = typer.Option(
        None, help="The component whose encoder is looked at, where several have one."
    ),
    layer: Optional[int] = typer.Option(
        None, min=1, help="The layer that is chosen at first, from 1; the average of all without it."
    ),
    head: Optional[int] = typer.Option(
        None, min=1, help="The head that is chosen at first, from 1; the average of all without it."
    ),
    lines: bool = typer.Option(False, "--lines", help="Each line is a text of its own; the first is shown."),
    title: Optional[str] = typer.Option(None, help="Heading of the page."),
) -> None:
    """Write a web page that shows which words of a text look at which, in every layer and head of the encoder.

    One text is shown, of a long one its first window and 200 words at most; what is not shown is counted.
    Attention shows where vectors come from; it is not an explanation of a decision.
    """
    from ..visual.attention import attention_of
    from ..visual.attention_page import render_attention
    from ..visual.sources import find_file

    find_file(source)  # a mistyped path is told before a pipeline is loaded
    nlp = load_pipeline(model)
    text, n_texts = first_text(nlp, source, by_line=lines)
    attention = attention_of(nlp, nlp.make_doc(text), component)
    page = render_attention(attention, title=title, layer=_index(layer), head=_index(head))
    write_file(output, page)
    for note in notes_on_text(attention, n_texts):
        typer.echo(f"Note: {note}", err=True)
    typer.echo(_summary(attention, output))
