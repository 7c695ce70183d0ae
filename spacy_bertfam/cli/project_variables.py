"""`spacy project run` with a misspelled `--vars` name: spaCy passes over it, and the default counts."""

from collections.abc import Iterable
from pathlib import Path

from ..errors import UserError

FILE = "project.yml"
VARS = "--vars."


def require_variables(project: Path, words: Iterable[str]) -> None:
    """Refuse a variable that a project with commands of ours does not have.

    words (Iterable[str]): of the command line, as "--vars.max_steps".
    RAISES (UserError): when the project has none of that name.
    """
    import srsly

    from ..checks.unread import Unread

    path = project / FILE
    if not path.is_file() or "spacy bertfam " not in path.read_text(encoding="utf8"):
        return
    try:
        known = tuple(srsly.read_yaml(path)["vars"])
    except (ValueError, LookupError, TypeError):  # no project that spaCy can read: it is about to say so
        return
    for word in words:
        name = word.removeprefix(VARS).partition("=")[0]
        if word.startswith(VARS) and name not in known:
            raise UserError(f"{path} has no variable {name}: {Unread('vars', name, known).remedy}")
