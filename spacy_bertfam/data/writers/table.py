"""Entries as CSV, one entity a row, for a spreadsheet."""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .entry import Entry, all_spans

HEAD = ("id", "start", "end", "label", "score", "entity", "error")


def write_csv(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write a row for each entity and for each text that failed; texts without entities have none."""
    with place.open("w", encoding="utf8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for entry in entries:
            name, text, spans = entry["id"], entry["text"], all_spans(entry)
            for e in spans:
                start, end = e["start"], e["end"]
                writer.writerow([name, start, end, e["label"], e["score"], text[start:end], ""])
            if "error" in entry:
                writer.writerow([name, "", "", "", "", "", entry["error"]])
            elif not spans:
                left_out["texts without entities"] += 1
