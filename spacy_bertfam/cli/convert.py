"""`bertfam convert`: annotated files -> `.spacy` or other files, and a table of skipped annotations and the reasons."""

from pathlib import Path

import typer
from typer import Argument, Option

from ..data.format_table import FORMATS
from .arguments import LANG, REPORT, SEED, TO
from .explain import say


def convert_cli(
    path: Path = Argument(..., metavar="IN", help="Annotated files: a file, or a folder"),
    output: Path = Argument(..., metavar="OUT", help="A file, or a folder (brat, webanno, --split)"),
    lang: str = LANG,
    to: str | None = TO,
    format: str = Option("auto", "--format", "-f", help=f"One of {', '.join(FORMATS)}; auto goes by content"),
    labels: str = Option("", metavar="O,B-PER,...", help="Names of tags that are numbers, from 0"),
    tag_column: str = Option("", metavar="NAME|N,...", help="Columns or keys of the tags, by name or from 1"),
    scheme: str = Option("auto", help="plain: labels without B- and I-"),
    rename: list[str] | None = Option(
        None, "--map", "-m", metavar="OLD=NEW,...", help="New names for labels; O drops one"
    ),
    keep_unmapped: bool = Option(
        True, "--keep-unmapped/--drop-unmapped", help="What becomes of labels that --map does not name"
    ),
    unit: str = Option("doc", "--unit", "-u", help="What becomes one Doc: doc, paragraph or sentence"),
    split: str | None = Option(
        None,
        metavar="NAME=SHARE,...",
        help="Parts, drawn by document: train=0.8,dev=0.1,test=0.1, or train/press=0.9,dev/press=0.1",
    ),
    seed: int = SEED,
    alignment: str = Option(
        "strict", help="Entities off token borders: strict (marked as missing), contract or expand"
    ),
    report_path: Path | None = REPORT,
) -> None:
    """Convert annotated files for spaCy, or for another tool.

    Nothing is lost in silence: what came in, what was kept, and what was lost and why is printed as a table.
    """
    # spaCy is slow to import, and `bertfam --help` does not need it
    from tqdm import tqdm

    from ..data.convert import convert
    from ..data.labels import parse_map
    from ..data.options import make_options
    from ..data.report import format_report
    from ..data.split import parse_split

    report = convert(
        path, output, lang=lang, format=format, to=to, rename=parse_map(rename or []), keep_unmapped=keep_unmapped,
        unit=unit, split=parse_split(split) if split else None, seed=seed, alignment=alignment, numbers=report_path,
        options=make_options(tag_names=labels, tag_column=tag_column, scheme=scheme),
        progress=lambda records: tqdm(records, "converting", disable=None),
    )  # fmt: skip
    typer.echo(format_report(report))
    say("Note", *report.note_lines())
