"""What a check has found: how bad it is, where, how often, and what to do about it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

FAILS = "fails"  # training stops, or what it makes is of no use
SUSPICIOUS = "suspicious"
FINE = "fine"
STATES = (FAILS, SUSPICIOUS, FINE)
REFUSED = "settings that spaCy refuses"

# A mechanical repair: is told the folder of the new config, may write a file there, and RETURNS settings by their
# dotted names, as {"training.max_steps": 100}
Fix = Callable[[Path], Dict[str, Any]]


@dataclass(frozen=True)
class Finding:
    """A row of the table."""

    state: str  # one of STATES
    what: str
    where: str = ""  # setting, component, corpus or label
    n: Optional[int] = None  # how many, where it can be counted
    do: str = ""  # a sentence
    examples: Tuple[str, ...] = ()
    fix: Optional[Fix] = None


def change(**settings: Any) -> Fix:
    """RETURNS (Fix): sets settings; a double underscore stands for the dot."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return lambda folder: named
