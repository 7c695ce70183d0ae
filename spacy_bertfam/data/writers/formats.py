"""The formats that are written, by name and by ending, and what each has a place for."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import DataError
from .brat_folder import write_brat
from .column_files import write_bioes, write_iob2
from .docbin import write_docbin
from .entry import Entry, all_spans, n_candidates
from .json_forms import doccano_form, line_writer, own_form, prodigy_form, write_label_studio
from .parquet import require_pyarrow, write_parquet
from .table import write_csv
from .webanno import write_webanno

ALL = frozenset({"scores", "categories", "vectors", "tokens of missing annotation", "candidates"})
SCORES = frozenset({"scores"})
MISSING = frozenset({"tokens of missing annotation"})
NOTHING: frozenset[str] = frozenset()


class Form(NamedTuple):
    """A format that is written.

    write (Callable): entries, a place where nothing is yet, and the count of what is left out.
    suffixes (tuple[str, ...]): endings that mean it where nothing else is said.
    holds (frozenset[str]): of ALL; the rest is counted.
    ending (str): of a file of it, whatever its name; "" of those that are folders.
    """

    write: Callable[[Iterable[Entry], Path, Counter[str]], None]
    suffixes: tuple[str, ...] = ()
    holds: frozenset[str] = SCORES
    needs_tokens: bool = False
    ending: str = ""


FORMS = {
    "jsonl": Form(line_writer(own_form), (".jsonl", ".ndjson"), ALL, ending=".jsonl"),
    "csv": Form(write_csv, (".csv",), ending=".csv"),
    "parquet": Form(write_parquet, (".parquet",), ALL, ending=".parquet"),
    "spacy": Form(write_docbin, (".spacy",), ALL - {"vectors"}, needs_tokens=True, ending=".spacy"),
    "iob2": Form(write_iob2, (".iob2", ".iob", ".conll"), MISSING, needs_tokens=True, ending=".iob2"),
    "bioes": Form(write_bioes, (".bioes",), MISSING, needs_tokens=True, ending=".bioes"),
    "brat": Form(write_brat),
    "webanno": Form(write_webanno, (), NOTHING, needs_tokens=True),
    "label-studio": Form(write_label_studio, (".json",), ending=".json"),
    "doccano": Form(line_writer(doccano_form), (), NOTHING, ending=".jsonl"),
    "prodigy": Form(line_writer(prodigy_form), needs_tokens=True, ending=".jsonl"),
}


def find_form(to: str | None, place: Path) -> Form:
    """RETURNS (Form): of that name, or by the ending of the file.

    RAISES (DataError): when neither says one. RAISES (UserError): when what it needs is not installed.
    """
    by_suffix = (form for form in FORMS.values() if place.suffix.lower() in form.suffixes)
    found = next(by_suffix, None) if to is None else FORMS.get(to)
    if found is not None:
        if found.write is write_parquet:
            require_pyarrow()
        return found
    known = ", ".join(FORMS)
    what = f"{place} does not end as a format that is known" if to is None else f"found {to!r}"
    raise DataError(f"--to: {what}; expected one of {known}.")


def write_entries(form: Form, entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write a file, or a folder, where nothing is yet; what the format has no place for is counted."""
    form.write(_counted(entries, form, left_out), place, left_out)


def written(form: Form, entries: Iterable[Entry], left_out: Counter[str]) -> dict[Path, bytes]:
    """RETURNS (dict[Path, bytes]): what `write_entries` writes, by the path in its folder; of a file alone `Path()`."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"written{form.ending}"
        write_entries(form, entries, place, left_out)
        files = sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else [place]
        return {file.relative_to(place): file.read_bytes() for file in files}


def say_left_out(left_out: Counter[str]) -> str:
    """RETURNS (str): a sentence about what a format has no place for; "" where there is nothing."""
    found = ", ".join(f"{n:,} {what}" for what, n in left_out.items() if n)
    return f"This format has no place for: {found}." if found else ""


def _counted(entries: Iterable[Entry], form: Form, left_out: Counter[str]) -> Iterator[Entry]:
    for entry in entries:
        found = {
            "scores": sum(e["score"] is not None for e in all_spans(entry)),
            "categories": int("cats" in entry),
            "vectors": int("vector" in entry),
            "candidates": n_candidates(entry),
            "tokens of missing annotation": len(entry.get("missing", ())) if "gold" in entry else 0,
        }
        left_out.update({what: n for what, n in found.items() if what not in form.holds and n})
        yield entry
