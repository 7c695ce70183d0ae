"""What the user has to put right, said in one sentence instead of a traceback, in `python -m spacy` too."""

import logging
import re
import sys
from types import TracebackType
from typing import Optional, Type

from ..errors import UserError

# spaCy's own errors about files and settings: no path, nothing to train on, no [training], no .spacy file
SPACY_CODES = re.compile(r"\[(E913|E986|E1015|E1014)\] ")
# Imported only where a pipeline of ours is made: other pipelines keep their tracebacks.
OURS = "spacy_bertfam.encoder.model"


def sentence_for(error: BaseException) -> Optional[str]:
    """RETURNS (Optional[str]): the sentence; None where the error is not the user's, and needs its traceback."""
    if isinstance(error, UserError):
        return str(error)
    if OURS not in sys.modules:
        return None
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return (
            f"No file or folder {error.filename}. Expected it to exist: see [paths] in the config, and "
            "--paths.train, --paths.dev and the like on the command line."
        )
    if isinstance(error, ValueError) and SPACY_CODES.match(str(error)):
        return str(error)
    return None


def install() -> None:
    """Make the interpreter say the sentence where there is one.

    With ``--verbose`` (spaCy's logger at DEBUG) the traceback comes back.
    """
    before = sys.excepthook

    def say(kind: Type[BaseException], error: BaseException, traceback: Optional[TracebackType]) -> None:
        sentence = sentence_for(error)
        if sentence is None or logging.getLogger("spacy").isEnabledFor(logging.DEBUG):
            before(kind, error, traceback)
        else:
            print(f"Error: {sentence}", file=sys.stderr)

    sys.excepthook = say
