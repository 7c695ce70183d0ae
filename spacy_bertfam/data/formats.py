"""Which files of an input are to be read, and in which format."""

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from .brat import read_brat
from .columns import read_columns, read_wikiner
from .jsonl import read_jsonl
from .recognize import format_of, name_of
from .records import Record
from .report import ConversionReport
from .text_file import read_start, suffix_of

FORMATS = ("auto", "iob", "jsonl", "brat", "wikiner")
SUFFIXES = {
    "jsonl": (".jsonl", ".ndjson"),
    "brat": (".ann",),
    "wikiner": (".wikiner",),
    "iob": (".iob", ".iob1", ".iob2", ".bio", ".bioes", ".iobes", ".bilou", ".biluo", ".conll", ".tsv"),
}
# Endings that a folder of other files may have too
OTHER_SUFFIXES = {"jsonl": (".json",), "iob": (".txt",)}


def read_records(path: Path, *, format: str, lang: str, report: ConversionReport) -> Iterator[Record]:
    """Read a file, or all files of a format in a folder and the folders in it, in the order of their names.

    format (str): one of FORMATS; "auto" goes by the first lines, and where these do not tell by the ending.
    lang (str): for the spaces between the words of column files.
    RAISES (DataError): when nothing is there, a folder has several formats with "auto", or a file cannot be read.
    """
    if not os.path.exists(path):
        raise DataError("does not exist; expected a file or a folder.", path)
    is_folder = os.path.isdir(path)
    by_name, files = _files_of_folder(path, format) if is_folder else _single_file(path, format)
    if by_name == "brat" and is_folder:
        annotated = {file.with_suffix(".txt") for file in files}
        lone = set(_with_suffixes(path, (".txt",))) - annotated
        report.ignored.update([".txt files without .ann"] * len(lone))
    for file in files:
        report.n_files += 1
        source = file.relative_to(path if is_folder else path.parent).as_posix()
        found = _recognize(file, by_name) if format == "auto" and by_name != "brat" else by_name
        if found == "jsonl":
            yield from read_jsonl(file, source, report=report)
        elif found == "iob":
            yield from read_columns(file, source, lang=lang, report=report)
        elif found == "wikiner":
            yield from read_wikiner(file, source, lang=lang, report=report)
        else:
            yield read_brat(file, source, report=report)


def _recognize(file: Path, by_name: str) -> str:
    """RETURNS (str): the format of the content. RAISES (DataError): when it is one that is not read, with its name."""
    text = read_start(file)
    found = format_of(text)
    name = "" if found else name_of(text)
    if name:
        expected = "expected columns with a word and its tag, JSON with offsets, brat or WikiNER"
        raise DataError(f"seems to be {name}; {expected} (--format says which, where this is wrong).", file)
    return found or by_name


def _single_file(path: Path, format: str) -> tuple[str, list[Path]]:
    annotation = path.with_suffix(".ann")
    if format == "auto":
        is_brat = path.suffix == ".txt" and annotation.exists()
        by_suffix = (name for name, suffixes in SUFFIXES.items() if suffix_of(path) in suffixes)
        format = next(by_suffix, "brat" if is_brat else "iob")
    if format != "brat" or path.suffix == ".ann":
        return format, [path]
    if path.suffix != ".txt" or not annotation.exists():
        raise DataError(f"found no {annotation.name} beside it; expected the brat annotation there.", path)
    return format, [annotation]


def _files_of_folder(folder: Path, format: str) -> tuple[str, list[Path]]:
    found = {name: _with_suffixes(folder, suffixes) for name, suffixes in SUFFIXES.items()}
    others = {name: _with_suffixes(folder, suffixes) for name, suffixes in OTHER_SUFFIXES.items()}
    if format == "auto":
        present = {name: files for name, files in found.items() if files}
        if len(present) > 1:
            counts = ", ".join(f"{len(files)} of {name}" for name, files in present.items())
            raise DataError(f"holds files of several formats ({counts}); say which by --format.", folder)
        format = next(iter(present), "jsonl" if others["jsonl"] else "iob")
    files = found[format] or others.get(format, [])
    if not files:
        raise DataError(f"holds no files of {format}; expected {' or '.join(SUFFIXES[format])}.", folder)
    return format, files


def _with_suffixes(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    files = (file for file in folder.rglob("*") if suffix_of(file) in suffixes and file.is_file())
    return sorted(file for file in files if not file.name.startswith("."))  # "._x" is left by macOS
