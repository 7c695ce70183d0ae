"""Text in Markdown that stays text."""

import re
from collections.abc import Iterable, Sequence

# What makes code, stress, a link, a column or a tag of it; an underscore does so at the edge of a word alone
MARKUP = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")


def plain(text: str) -> str:
    """RETURNS (str): on one line, so that it is read as it is: no label or name becomes a column, a link or a tag."""
    escaped = MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    """RETURNS (str): a table whose cells stay text.

    numbers (bool): all columns but the first are set to the right.
    """
    rule = ["---", *["---:" if numbers else "---"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(map(plain, line))} |" for line in (head, rule, *rows))
