"""`bertfam convert-cats`: texts with labels -> a `.spacy` file for `textcat` or `textcat_multilabel`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer import Argument, Option
from wasabi.tables import table

from .arguments import LANG
from .explain import say

if TYPE_CHECKING:
    from ..data.cats import CatsReport


def convert_cats_cli(
    path: Path = Argument(
        ..., metavar="IN", help="A .tsv or .csv table whose first line names the columns, or .jsonl"
    ),
    output: Path = Argument(..., metavar="OUT", help="A .spacy file"),
    lang: str = LANG,
    text: str = Option("text", "--text", help="Column, or key, of the text"),
    labels: str = Option("label", "--labels", help="Column, or key, of its label or labels"),
    separator: str = Option("|", "--separator", help="What stands between two labels in a column"),
    pair: str | None = Option(
        None,
        "--pair",
        help="Column, or key, of a second text: premise and hypothesis, title and body, two questions",
    ),
) -> None:
    """Convert texts with labels, or pairs of texts, for textcat."""
    from ..data.cats import convert_cats

    report = convert_cats(path, output, lang=lang, text=text, labels=labels, separator=separator, pair=pair)
    typer.echo(format_cats(report, output.name))
    say("Note", *report.notes)


def format_cats(report: "CatsReport", name: str) -> str:
    """RETURNS (str): a row for each label, then which component the labels are for."""
    rows = [(label, f"{n:,}") for label, n in sorted(report.n_labels.items())]
    lines = [f"wrote  {name}: {report.n_docs:,} docs, {report.n_tokens:,} tokens"]
    lines.append(table(rows, header=("label", "texts"), aligns=("l", "r"), max_col=80, spacing=2))
    left_out = {"of white space alone": report.n_blank, **report.n_refused}
    lines += [f"left out: {n:,} texts {reason}" for reason, n in left_out.items() if n]
    kinds = ", ".join(f"{n:,} with {count}" for count, n in sorted(report.n_per_doc.items()))
    component = "textcat or textcat_multilabel" if report.is_exclusive else "textcat_multilabel"
    return "\n".join([*lines, f"labels a text: {kinds}; for {component}"])
