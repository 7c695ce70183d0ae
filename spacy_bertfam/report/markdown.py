"""A report in Markdown: its tables."""

from collections.abc import Iterable

from ..files.markdown import markdown_table, plain
from .tables import Table


def render_markdown(title: str, summary: Iterable[str], tables: Iterable[Table]) -> str:
    """RETURNS (str): a heading, sentences, and a section for each table."""
    parts = [f"# {plain(title)}", *map(plain, summary)]
    for table in tables:
        parts.append(f"## {plain(table.title)}")
        if table.rows:
            parts.append(markdown_table(table.head, table.rows, numbers=True))
        parts += map(plain, table.notes)
    return "\n\n".join(parts) + "\n"
