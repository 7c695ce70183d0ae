"""Which files of an input are to be read, and in which format."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import DataError
from .arrow_tables import read_arrow
from .brat import read_brat
from .columns import read_columns, read_wikiner
from .folders import files_of, refuse_twins
from .format_table import BY_NAME, FORMATS, TABLE, format_of, name_of
from .inline_xml import read_inline_xml
from .jsonl import read_jsonl
from .options import ReadOptions, Source
from .pubtator import read_pubtator
from .records import Record
from .report import ConversionReport
from .text_file import located, read_start, suffix_of
from .token_tasks import BESIDE
from .webanno import read_webanno
from .xmi import read_xmi

__all__ = ["FORMATS", "read_records"]

# RAISES (DataError): when the file holds something else; it names the line
READERS: dict[str, Callable[[Source], Iterator[Record]]] = {
    **dict.fromkeys(("iob", "conllu", "conll2012", "csv"), read_columns),
    **{"jsonl": read_jsonl, "parquet": read_arrow, "wikiner": read_wikiner, "pubtator": read_pubtator},
    **{"webanno": read_webanno, "xmi": read_xmi, "xml": read_inline_xml, "brat": read_brat},
}
SURE = {suffix for each in TABLE for suffix in each.suffixes}
POSSIBLE = {suffix for each in TABLE for suffix in each.other_suffixes}
DESCRIBING = {*BESIDE, "state.json", "dataset_dict.json"}  # beside a data set of Hugging Face
# JSON without any of these holds no annotation
KEYS = re.compile(
    r'"(?:text|tokens|words|data|entities|spans|labels?|ents|annotations?|rows|paragraphs|examples)"'
)


def read_records(
    path: Path, *, format: str, lang: str, report: ConversionReport, options: ReadOptions | None = None
) -> Iterator[Record]:
    """Read a file, or all annotated files in a folder and the folders in it, in the order of their names.

    format (str): one of FORMATS; "auto" goes by what each file holds, and where that does not tell by its ending.
        With "auto" a folder may hold several formats, though not under one name (train.iob beside train.jsonl);
        files in it without annotation are left out and counted.
    lang (str): for the spaces between the words of column files.
    RAISES (DataError): when nothing is there, or a file cannot be read.
    """
    if not os.path.exists(path):
        raise DataError("does not exist; expected a file or a folder.", path)
    options = replace(options or ReadOptions(), lang=lang)
    is_folder = os.path.isdir(path)
    for file, name in _files_of_folder(path, format, report) if is_folder else [_single_file(path, format)]:
        report.n_files += 1
        report.formats[BY_NAME[name].title] += 1
        source = file.relative_to(path if is_folder else path.parent).as_posix()
        with located(file):
            yield from READERS[name](Source(file, source, report, options))


def _single_file(path: Path, format: str) -> tuple[Path, str]:
    annotation = path.with_suffix(".ann")
    if format == "auto":
        is_brat = path.suffix.lower() == ".ann" or (path.suffix == ".txt" and annotation.exists())
        format = "brat" if is_brat else _recognized(path)
    if format != "brat" or path.suffix.lower() == ".ann":
        return path, format
    if path.suffix != ".txt" or not annotation.exists():
        raise DataError(f"found no {annotation.name} beside it; expected the brat annotation there.", path)
    return annotation, format


def _recognized(file: Path) -> str:
    """RETURNS (str): the format of the content. RAISES (DataError): when it is one that is not read, with its name."""
    head, text = read_start(file)
    found = format_of(head, text)
    name = "" if found else name_of(text)
    if name:
        expected = "columns with a word and its tag, JSON with offsets, or another format of --format"
        raise DataError(f"seems to be {name}; expected {expected}.", file)
    by_suffix = (each.name for each in TABLE if suffix_of(file) in each.suffixes)
    return found or next(by_suffix, "iob")


def _files_of_folder(folder: Path, format: str, report: ConversionReport) -> list[tuple[Path, str]]:
    seen = files_of(folder)
    if format == "auto":
        files = _annotated_files(seen, folder, report)
        expected = "expected some such as .jsonl, .conll, .ann or .parquet; --format says which"
        found = f"holds no annotated files; {expected}"
    else:
        kind = BY_NAME[format]
        groups = [
            [(file, format) for file in seen if suffix_of(file) in suffixes]
            for suffixes in (kind.suffixes, kind.other_suffixes)
        ]
        files = groups[0] or groups[1]
        expected = " or ".join(kind.suffixes or kind.other_suffixes)
        found = f"holds no files of {format}; expected {expected}"
        if format == "brat":
            annotated = {_pair(file) for file, _ in files}
            n_lone = sum(suffix_of(file) == ".txt" and _pair(file) not in annotated for file in seen)
            report.ignored.update([".txt files without .ann"] * n_lone)
    refuse_twins((file for file, _ in files), folder)
    if not files:
        raise DataError(f"{found}.", folder)
    return files


def _pair(file: Path) -> str:
    """RETURNS (str): the same for a brat annotation and its text."""
    return str(file.with_suffix("")).casefold()


def _annotated_files(seen: list[Path], folder: Path, report: ConversionReport) -> list[tuple[Path, str]]:
    """Each file by its content; one whose ending other files have too is left out where it holds no annotation."""
    found = []
    annotations = {_pair(file): file for file in seen if file.suffix.lower() == ".ann"}
    for file in seen:
        suffix = suffix_of(file)
        if annotations.get(_pair(file)) == file:
            found.append((file, "brat"))
        elif _pair(file) in annotations and suffix == ".txt":
            continue
        elif suffix in SURE:
            found.append((file, _recognized(file)))
        elif suffix in POSSIBLE:
            name, reason = _possible(file, bool(annotations))
            found += [(file, name)] if name else []
            report.ignored.update([reason] * (not name))
        else:
            report.ignored["files of other endings"] += 1
    _check_names(found, folder)
    return found


def _check_names(found: list[tuple[Path, str]], folder: Path) -> None:
    """RAISES (DataError): when files in two formats share a name: these are the same texts twice, as a rule."""
    formats: dict[Path, tuple[Path, str]] = {}
    for file, name in found:
        first, other = formats.setdefault(file.with_name(file.name.partition(".")[0]), (file, name))
        if other != name:
            pair = f"{first.name} ({other}) and {file.name} ({name})"
            raise DataError(f"holds {pair}, the same texts twice? Say which to read by --format.", folder)


def _possible(file: Path, has_brat: bool) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): the format of a file, "" where it holds no annotation, and why it is left out."""
    if file.name in DESCRIBING:
        return "", "files that describe a data set"
    head, text = read_start(file)
    name = format_of(head, text)
    if name and not (name == "jsonl" and not KEYS.search(text)):
        return name, ""
    is_lone = has_brat and suffix_of(file) == ".txt"
    return "", ".txt files without .ann" if is_lone else "files without annotation"
