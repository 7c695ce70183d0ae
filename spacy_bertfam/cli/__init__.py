"""Step 10: the `bertfam` commands, also reached as `python -m spacy bertfam COMMAND`.

One Typer app, one file a command. A command parses its arguments and prints; a plain function
elsewhere in the package does the work. `MODULES` in `app` is the list: a new command is one word there.
"""

from .app import app, main

__all__ = ["app", "main"]
