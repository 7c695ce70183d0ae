"""A Griffe extension: mkdocstrings gets spaCy's docstrings (`name (type): text`) as Markdown."""

from typing import Any

import griffe
from docs_reference import as_markdown  # scripts/ is on the path: docs_site.py has put it there


class SpacyDocstrings(griffe.Extension):
    """Rewrites each docstring before mkdocstrings renders it as Markdown."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Called by Griffe for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
