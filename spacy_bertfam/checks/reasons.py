"""What an error of spaCy or of a block's own code says, in one line."""

import re
from difflib import get_close_matches

from spacy.util import registry
from thinc.api import ConfigValidationError

# How spaCy ends an error about an unknown function, factory or component: with all that there are
AVAILABLE = re.compile(r" Available (?:names|factories|components): (.+)$")
QUOTED = re.compile(r"(?<!\w)'([^']+)'")


def reason_of(error: BaseException, *, longest: int | None = None) -> str:
    """RETURNS (str): its text in one line; of a setting that spaCy refuses without the config that it prints."""
    if isinstance(error, ConfigValidationError):
        return _refused(error)
    text = _with_guess(" ".join(str(error).split()) or type(error).__name__)
    return text if longest is None or len(text) <= longest else f"{text[:longest]}..."


def _refused(error: ConfigValidationError) -> str:
    """RETURNS (str): which settings are refused, and why."""
    parent = [error.parent] if error.parent else []
    settings = [
        f"{'.'.join(map(str, [*parent, *one.get('loc', ())]))}: {one.get('msg')}".strip(": ")
        for one in error.errors or ()
    ]
    parts = (error.title or "", " ".join((error.desc or "").split()), "; ".join(settings))
    return ": ".join(filter(None, parts))


def _with_guess(text: str) -> str:
    """Name what was meant by an unknown name, in the place of all names and of advice for other cases."""
    available, name = AVAILABLE.search(text), QUOTED.search(text)
    if text.startswith("[E050]") and name is not None and name[1].isidentifier():
        return f"{text} Expected an installed pipeline (python -m spacy download {name[1]}), or a folder."
    if available is None or name is None:
        return text
    # spaCy names only some of the factories
    known = registry.factories.get_all() if text.startswith("[E002]") else available[1].split(", ")
    meant = get_close_matches(name[1], known, n=1)
    return f"{text.partition('. ')[0]}: did you mean {meant[0]}?" if meant else text
