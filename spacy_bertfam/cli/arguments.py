"""Arguments of a command as they were meant, where the program before has left its quotes on them."""

import os
import sys


def take_off_quotes() -> None:
    """Take quotes off the arguments of this process, on Windows alone.

    `spacy project run` splits its commands there without taking them off, and project.yml quotes the paths that
    variables give: they may hold spaces. No file has such a name.
    """
    if os.name == "nt":
        sys.argv[1:] = [unquoted(word) for word in sys.argv[1:]]


def unquoted(word: str) -> str:
    """RETURNS (str): the argument without a pair of quotes around it."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" else word
