"""Hangs the app into spaCy's command line: `python -m spacy bertfam COMMAND`.

spaCy imports this module, through the entry point group ``spacy_cli``, just before it parses its arguments.
So its own commands, `spacy train` above all, say the user's errors in a sentence as well.
"""

from spacy.cli._util import app as spacy_app

from . import explain
from .app import HELP, app
from .arguments import take_off_quotes

spacy_app.add_typer(app, name="bertfam", help=HELP, no_args_is_help=True)
explain.install()
take_off_quotes()
