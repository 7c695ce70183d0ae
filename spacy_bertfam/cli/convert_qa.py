"""`bertfam convert-qa`: questions with texts and answers -> `.spacy` files for `bertfam_qa`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer import Argument, Option

from .arguments import LANG, SEED
from .explain import say

if TYPE_CHECKING:
    from ..data.questions import QuestionsReport


def convert_qa_cli(
    path: Path = Argument(
        ..., metavar="IN", help="SQuAD 1.1 or 2.0 (PIAF, FQuAD, XQuAD), or .jsonl: context, question, answers"
    ),
    output: Path = Argument(..., metavar="OUT", help="A .spacy file; with --split a folder"),
    lang: str = LANG,
    split: str | None = Option(
        None, metavar="NAME=SHARE,...", help="Parts, drawn by article: train=0.9,dev=0.1"
    ),
    seed: int = SEED,
) -> None:
    """Convert questions about texts, and their answers.

    An answer that is not where the file says is put where the text has it; what was changed and left out is printed.
    """
    from ..data.questions import convert_qa
    from ..data.split import parse_split

    report = convert_qa(path, output, lang=lang, split=parse_split(split) if split else None, seed=seed)
    typer.echo(format_questions(report))
    say("Note", *report.notes)


def format_questions(report: "QuestionsReport") -> str:
    """RETURNS (str): what was written, then what was changed and left out."""
    files = ", ".join(f"{name}: {n:,}" for name, n in report.parts.items())
    unannotated = (
        f'           {report.n_unannotated:,} without "answers" in the file, which contribute no gradient'
    )
    lines = [
        f"questions  {report.n_questions:,}, {report.n_unanswerable:,} without an answer; {report.n_tokens:,} tokens",
        *([unannotated] if report.n_unannotated else []),
        f"answers    {report.n_answers:,}",
        *(f"           {n:,} {what}" for what, n in report.changed.items()),
        *(f"left out   {n:,} questions {reason}" for reason, n in report.left_out.items()),
        f"wrote      {files}",
    ]
    return "\n".join(lines)
