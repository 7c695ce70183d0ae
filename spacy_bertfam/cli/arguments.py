"""Arguments that commands share, and arguments as they were meant, where the program before has left its quotes on."""

import os
import sys
from pathlib import Path

from typer import Argument, Option

from ..errors import UserError

PIPELINE = Argument(..., help="Pipeline: a folder, or the name of an installed package.")
NEW_PIPELINE = Argument(..., help="Folder for the new pipeline; must not exist yet.")
SOURCE = Argument(..., metavar="TEXT_OR_FILE", help="A text, a .txt, .jsonl or .spacy file, or - for stdin.")
CODE = Option(None, "--code", "-c", help="Python file to import before, with your registered functions")
GPU = Option(-1, "--gpu-id", "-g", help="GPU, or -1 for the CPU")
LANG = Option(..., "--lang", "-l", help="Language of spaCy's tokenizer: fr, en, xx, ...")
REPORT = Option(None, "--report", metavar="FILE.json", help="The table as JSON")
REPORT_FOLDER = Option(
    None, "--report", metavar="FOLDER", help="What `bertfam report` has written, for scores with intervals"
)
FORMS = "jsonl, csv, parquet, spacy, iob2, bioes, brat, webanno, label-studio, doccano, prodigy"
TO = Option(None, help=f"{FORMS}; else OUT's ending")
TITLE = Option(None, help="Heading of the page.")
LINES = Option(False, "--lines", help="Each line is a text of its own.")
SEED = Option(0, help="Seed of the split")
ENCODER_COMPONENT = Option(None, help="The component with the encoder, where several have one.")
REVISION = Option(None, help="Branch, tag or commit of a repository on the hub.")
ALLOW_PICKLE = Option(False, "--allow-pickle", help="Read pickled weights if there are no others; no code.")


def import_code(path: Path | None) -> None:
    """Import a Python file of the user's, if there is one, with registered functions that a config names.

    RAISES (UserError): when there is no such file, or it fails; the error of its own is the cause.
    """
    from spacy.util import import_file

    if path is None:
        return
    if not path.is_file():
        raise UserError(f"No file {path}; expected the Python code that --code names.")
    try:
        import_file("python_code", path)
    except Exception as error:  # whatever the user's code does
        raise UserError(
            f"The code in {path} fails ({type(error).__name__}: {error}); expected a file that can be imported."
        ) from error


def take_off_quotes() -> None:
    """Take quotes off the arguments of this process, on Windows alone.

    `spacy project run` splits its commands there without taking them off, and project.yml quotes the paths that
    variables give: they may hold spaces. No file has such a name.
    """
    if os.name == "nt":
        sys.argv[1:] = [_unquoted(word) for word in sys.argv[1:]]


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" else word
