"""`bertfam render`: a text or a file through a pipeline, onto a page with its entities and scores."""

import webbrowser
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from ..errors import UserError
from ..files.saving import write_file

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


def load_pipeline(name: str) -> "Language":
    """RETURNS (Language): the installed pipeline, or the folder, of that name; raises UserError."""
    import spacy

    try:
        return spacy.load(name)
    # AttributeError, TypeError: a package of that name is installed, and is no pipeline
    except (OSError, ValueError, ImportError, AttributeError, TypeError) as error:
        reason = str(error).strip().split("\n")[0].removesuffix(".")
        raise UserError(
            f"The pipeline {name!r} cannot be loaded ({reason}): give the name of an installed pipeline,"
            " or a folder that nlp.to_disk or spacy train has written."
        ) from error


def annotate(nlp: "Language", source: str, *, by_line: bool = False) -> "list[Doc]":
    """RETURNS (list): the docs that the pipeline makes of the texts of `source`; raises UserError."""
    from ..visual.sources import read_texts

    texts = read_texts(source, nlp.vocab, by_line=by_line)
    longest = max(map(len, texts))
    if longest > nlp.max_length:
        raise UserError(
            f"A text has {longest} characters and the pipeline takes {nlp.max_length} at most:"
            " split it, or give --lines to show each line by itself."
        )
    return list(nlp.pipe(texts))


def read_gold(nlp: "Language", source: str) -> "list[Doc]":
    """RETURNS (list): the docs of a `.spacy` file as they are annotated in it; raises UserError."""
    from ..visual.sources import find_file, read_docs

    path = find_file(source)
    if path is None or path.suffix != ".spacy":
        raise UserError(
            f"--gold shows the annotation of a .spacy file, and {source!r} is none: leave --gold out."
        )
    docs = read_docs(path, nlp.vocab)
    if not docs:
        raise UserError(f"{path} holds no docs: give a file with at least one.")
    return docs


def require_entities(nlp: "Language", docs: "list[Doc]", name: str) -> None:
    """RAISES (UserError): when nothing in the pipeline sets entities: no component says so, and none has done it."""
    says_so = any("doc.ents" in nlp.get_pipe_meta(pipe).assigns for pipe in nlp.pipe_names)
    if not says_so and not any(doc.ents for doc in docs):
        has = f"it has {', '.join(nlp.pipe_names)}" if nlp.pipe_names else "it is empty"
        raise UserError(
            f"No component of {name} sets entities ({has}); expected one that does, as bertfam_ner or entity_ruler: "
            "give another pipeline, or --gold to show the annotation of a .spacy file."
        )


def _summary(docs: "list[Doc]", output: Path, min_score: float) -> str:
    from ..visual.page import shown_entities

    counts = Counter(ent.label_ for doc in docs for ent in shown_entities(doc, min_score))
    labels = ", ".join(f"{label} {n}" for label, n in counts.most_common())
    return f"docs {len(docs)}, entities {counts.total()}{f' ({labels})' if labels else ''} -> {output}"


def render_cli(
    model: str = typer.Argument(..., help="Name of an installed pipeline, or its folder."),
    source: str = typer.Argument(
        ..., metavar="TEXT_OR_FILE", help="A text, a .txt, .jsonl or .spacy file, or - for standard input."
    ),
    output: Path = typer.Option(Path("page.html"), "--output", "-o", help="The page to write."),
    title: Optional[str] = typer.Option(None, help="Heading of the page."),
    min_score: float = typer.Option(0.0, min=0, max=1, help="Leave out entities with a lower score."),
    low: float = typer.Option(0.5, min=0, max=1, help="Dashed border for entities with a lower score."),
    lines: bool = typer.Option(False, "--lines", help="Each line is a text of its own."),
    gold: bool = typer.Option(False, "--gold", help="Show the annotation of a .spacy file, predict nothing."),
    open_page: bool = typer.Option(False, "--open", help="Open the page in the browser."),
) -> None:
    """Write a web page that shows the entities of a text with their scores."""
    from ..visual.page import render_page
    from ..visual.sources import find_file

    find_file(source)  # a mistyped path is told before a pipeline is loaded
    nlp = load_pipeline(model)
    docs = read_gold(nlp, source) if gold else annotate(nlp, source, by_line=lines)
    if not gold:
        require_entities(nlp, docs, model)
    write_file(output, render_page(docs, title=title, min_score=min_score, low=low))
    typer.echo(_summary(docs, output, min_score))
    if open_page:
        webbrowser.open(output.resolve().as_uri())
