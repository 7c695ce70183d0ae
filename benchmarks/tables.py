"""Figures as a Markdown table for people and a JSON file for machines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wasabi import MarkdownRenderer

from benchmarks.machine import describe_machine
from spacy_bertfam.files.saving import write_file

Row = dict[str, Any]


def markdown_table(rows: Sequence[Row]) -> str:
    """A table with one line a row; the columns are the keys of the first row, and numbers stand on the right.

    Floats have three digits after the point below ten, none above.
    """
    if not rows:
        return "(no figures)"
    names = list(rows[0])
    cells = [[format_cell(row.get(name, "")) for name in names] for row in rows]
    sides = ["r" if all(isinstance(row.get(name), (int, float)) for row in rows) else "l" for name in names]
    return MarkdownRenderer().table(cells, names, sides)


def format_cell(value: Any) -> str:
    """RETURNS (str): a value as it stands in a table."""
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def report(title: str, tables: dict[str, list[Row]], output: Path, **settings: Any) -> str:
    """Write ``output`` (JSON), and the same as Markdown beside it.

    RETURNS (str): the Markdown.
    """
    machine = describe_machine()
    parts = [f"# {title}"]
    for name, facts in {"Machine": machine, "Settings": settings}.items():
        if facts:
            parts.append(f"{name}: " + ", ".join(f"{key} {value}" for key, value in facts.items()))
    for name, rows in tables.items():
        parts += [f"## {name}", markdown_table(rows)]
    write_json(output, {"machine": machine, "settings": settings, **tables})
    text = "\n\n".join(parts) + "\n"
    output.with_suffix(".md").write_text(text, encoding="utf8")
    return text


def write_json(path: Path, content: Any) -> None:
    """Write the file whole or not at all."""
    write_file(path, json.dumps(content, ensure_ascii=False, indent=1, default=str))
