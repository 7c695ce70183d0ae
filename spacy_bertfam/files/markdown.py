"""Text in Markdown that stays text."""

import re

# What makes code, stress, a link, a column or a tag of it; an underscore does so at the edge of a word alone
MARKUP = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")


def plain(text: str) -> str:
    """RETURNS (str): on one line, so that it is read as it is: no label or name becomes a column, a link or a tag."""
    escaped = MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;")
