"""A report in Markdown: its tables."""

from collections.abc import Iterable

from .tables import Table


def render_markdown(title: str, summary: Iterable[str], tables: Iterable[Table]) -> str:
    """RETURNS (str): a heading, sentences, and a section for each table."""
    parts = [f"# {_plain(title)}", *map(_plain, summary)]
    for table in tables:
        parts.append(f"## {_plain(table.title)}")
        if table.rows:
            rule = ["---", *["---:"] * (len(table.head) - 1)]
            parts.append(
                "\n".join(f"| {' | '.join(map(_plain, row))} |" for row in [table.head, rule, *table.rows])
            )
        parts += map(_plain, table.notes)
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """No label or name becomes a column, a tag or a line."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
