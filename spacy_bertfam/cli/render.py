"""`bertfam render`: a text or a file through a pipeline, onto a page with its entities and scores."""

import webbrowser
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer import Option

from ..errors import UserError
from ..files.saving import write_file
from .arguments import LINES, PIPELINE, SOURCE, TITLE
from .pipelines import load_pipeline, read_source, require_entities

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


def render_cli(
    model: str = PIPELINE,
    source: str = SOURCE,
    output: Path = Option(Path("page.html"), "--output", "-o", help="The page to write."),
    title: str | None = TITLE,
    min_score: float = Option(0.0, min=0, max=1, help="Leave out entities with a lower score."),
    low: float = Option(0.5, min=0, max=1, help="Dashed border for entities with a lower score."),
    lines: bool = LINES,
    gold: bool = Option(False, "--gold", help="Show the annotation of a .spacy file, predict nothing."),
    open_page: bool = Option(False, "--open", help="Open the page in the browser."),
) -> None:
    """Write a web page of the entities of a text and their scores."""
    from ..data.texts import find_file
    from ..visual.marked import shown_in, unique
    from ..visual.page import render_page

    find_file(source)  # a mistyped path is told before a pipeline is loaded
    nlp = load_pipeline(model)
    docs = read_gold(nlp, source) if gold else list(nlp.pipe(read_source(nlp, source, by_line=lines)))
    if not gold:
        has_some = any(doc.ents or doc.spans for doc in docs)  # a group may be there, and empty
        do = ", or --gold to show the annotation of a .spacy file"
        require_entities(nlp, model, has_some=has_some, do=do)
    write_file(output, render_page(docs, title=title, min_score=min_score, low=low))
    counts = Counter(one.label for one in unique(shown_in(docs, min_score)))
    labels = ", ".join(f"{label} {n}" for label, n in counts.most_common())
    typer.echo(f"docs {len(docs)}, entities {counts.total()}{f' ({labels})' if labels else ''} -> {output}")
    if open_page:
        webbrowser.open(output.resolve().as_uri())


def read_gold(nlp: "Language", source: str) -> "list[Doc]":
    """Read the docs of a `.spacy` file as they are annotated in it. RAISES (UserError): when there are none."""
    from ..data.texts import find_file, read_docs

    path = find_file(source)
    if path is None or path.suffix != ".spacy":
        raise UserError(
            f"--gold shows the annotation of a .spacy file, and {source!r} is none: leave --gold out."
        )
    docs = read_docs(path, nlp.vocab)
    if not docs:
        raise UserError(f"{path} holds no docs: give a file with at least one.")
    return docs
