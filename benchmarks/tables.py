"""Figures as a Markdown table for people and a JSON file for machines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine
from spacy_bertfam.files.saving import write_file

Row = dict[str, Any]


def markdown_table(rows: Sequence[Row]) -> str:
    """A table with one line a row; the columns are the keys of the first row.

    Floats have three digits after the point below ten, none above.
    """
    if not rows:
        return "(no figures)"
    names = list(rows[0])
    cells = [[format_cell(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(line[i]) for line in [names, *cells]) for i in range(len(names))]
    is_number = [all(isinstance(row.get(name), (int, float)) for row in rows) for name in names]
    rule = ["-" * (w - 1) + ":" if right else "-" * w for w, right in zip(widths, is_number, strict=True)]
    return "\n".join(_line(line, widths, is_number) for line in [names, rule, *cells])


def format_cell(value: Any) -> str:
    """RETURNS (str): a value as it stands in a table."""
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def report(title: str, tables: dict[str, list[Row]], output: Path, **settings: Any) -> str:
    """Write ``output`` (JSON), and the same as Markdown beside it.

    RETURNS (str): the Markdown.
    """
    machine = describe_machine()
    lines = [f"# {title}", ""]
    for name, facts in {"Machine": machine, "Settings": settings}.items():
        if facts:
            lines += [f"{name}: " + ", ".join(f"{key} {value}" for key, value in facts.items()), ""]
    for name, rows in tables.items():
        lines += [f"## {name}", "", markdown_table(rows), ""]
    write_json(output, {"machine": machine, "settings": settings, **tables})
    output.with_suffix(".md").write_text("\n".join(lines), encoding="utf8")
    return "\n".join(lines)


def write_json(path: Path, content: Any) -> None:
    """Write the file whole or not at all."""
    write_file(path, json.dumps(content, ensure_ascii=False, indent=1, default=str))


def _line(cells: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    padded = [
        c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, is_number, strict=True)
    ]
    return "| " + " | ".join(padded) + " |"
