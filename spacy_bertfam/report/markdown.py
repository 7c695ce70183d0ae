"""A report in Markdown: its tables."""

from collections.abc import Iterable

from ..files.markdown import plain
from .tables import Table


def render_markdown(title: str, summary: Iterable[str], tables: Iterable[Table]) -> str:
    """RETURNS (str): a heading, sentences, and a section for each table."""
    parts = [f"# {plain(title)}", *map(plain, summary)]
    for table in tables:
        parts.append(f"## {plain(table.title)}")
        if table.rows:
            rule = ["---", *["---:"] * (len(table.head) - 1)]
            parts.append(
                "\n".join(f"| {' | '.join(map(plain, row))} |" for row in [table.head, rule, *table.rows])
            )
        parts += map(plain, table.notes)
    return "\n\n".join(parts) + "\n"
