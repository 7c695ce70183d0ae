"""`bertfam convert`: annotated files -> `.spacy` files, and a table of what was lost and why."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional

import typer

if TYPE_CHECKING:
    from ..data.records import Record
    from ..data.report import ConversionReport


def convert_cli(
    path: Path = typer.Argument(
        ...,
        metavar="IN",
        help="File or folder: columns of tags, JSON of annotation tools, brat or WikiNER; .gz and .bz2 too",
    ),
    output: Path = typer.Argument(..., metavar="OUT", help="A .spacy file; with --split a folder"),
    lang: str = typer.Option(..., "--lang", "-l", help="Language of spaCy's tokeniser: fr, en, xx, ..."),
    format: str = typer.Option(
        "auto", "--format", "-f", help="auto, iob (columns in any scheme), jsonl (any JSON), brat or wikiner"
    ),
    rename: Optional[List[str]] = typer.Option(
        None, "--map", "-m", metavar="OLD=NEW,...", help="New names for labels; O drops one"
    ),
    keep_unmapped: bool = typer.Option(
        True, "--keep-unmapped/--drop-unmapped", help="What becomes of labels that --map does not name"
    ),
    unit: str = typer.Option(
        "doc", "--unit", "-u", help="What becomes one Doc: doc, paragraph (a line) or sentence"
    ),
    split: Optional[str] = typer.Option(
        None, "--split", metavar="NAME=SHARE,...", help="Parts, drawn by document: train=0.8,dev=0.1,test=0.1"
    ),
    seed: int = typer.Option(0, "--seed", help="Seed of the split"),
    alignment: str = typer.Option(
        "strict",
        "--alignment",
        help="Entities off token borders: strict (lost, tokens marked as missing), contract or expand",
    ),
    report_path: Optional[Path] = typer.Option(
        None, "--report", metavar="FILE.json", help="The numbers as JSON"
    ),
) -> None:
    """Convert annotated files to spaCy's binary format.

    Nothing is lost in silence: what came in, what was kept, and what was lost and why is printed as a table.
    """
    from ..data.report_table import format_report

    choices = {"lang": lang, "format": format, "unit": unit, "alignment": alignment}
    report = _convert(path, output, rename or [], split, keep_unmapped, seed, report_path, choices)
    typer.echo(format_report(report))
    for note in report.note_lines():
        typer.echo(f"Note: {note}", err=True)


def _convert(
    path: Path,
    output: Path,
    rename: List[str],
    split: Optional[str],
    keep_unmapped: bool,
    seed: int,
    numbers: Optional[Path],
    choices: Dict[str, str],
) -> "ConversionReport":
    # spaCy is slow to import, and `bertfam --help` does not need it
    from ..data.convert import convert
    from ..data.labels import parse_map
    from ..data.split import parse_split

    return convert(
        path,
        output,
        rename=parse_map(rename),
        split=parse_split(split) if split else None,
        keep_unmapped=keep_unmapped,
        seed=seed,
        numbers=numbers,
        progress=show_progress,
        **choices,
    )


def show_progress(records: "Sequence[Record]") -> "Iterator[Record]":
    """Yield the records, with a bar where someone watches a terminal."""
    if not sys.stderr.isatty():
        yield from records
        return
    with typer.progressbar(records, label="Converting", file=sys.stderr) as bar:
        yield from bar
