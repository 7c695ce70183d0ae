"""Entries as a folder of brat standoff: a .txt and a .ann each.

The form is that of https://brat.nlplab.org/standoff.html; a score is an annotator's note on its entity.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from .entry import Entry, all_spans
from .file_names import new_file

LINE = re.compile(r"[^\r\n]+")


def write_brat(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write two files for each text; one that failed has no .ann, as a text that nobody has annotated."""
    place.mkdir()
    for number, entry in enumerate(entries, start=1):
        path = new_file(place, entry["id"], number, ".txt")
        path.write_bytes(entry["text"].encode("utf8", errors="backslashreplace"))
        if "error" in entry:
            left_out["errors (texts without .ann)"] += 1
        else:
            path.with_suffix(".ann").write_text("".join(_lines(entry)), encoding="utf8", newline="\n")


def _lines(entry: Entry) -> Iterator[str]:
    """What goes over the end of a line is cut there, as brat wants it."""
    for n, e in enumerate(all_spans(entry), start=1):
        found = [match.span() for match in LINE.finditer(entry["text"], e["start"], e["end"])]
        pieces = found or [(e["start"], e["end"])]
        places = ";".join(f"{start} {end}" for start, end in pieces)
        text = " ".join(" ".join(entry["text"][start:end].split("\t")) for start, end in pieces)
        yield f"T{n}\t{e['label']} {places}\t{text}\n"
        if e["score"] is not None:
            yield f"#{n}\tAnnotatorNotes T{n}\tscore {e['score']}\n"
