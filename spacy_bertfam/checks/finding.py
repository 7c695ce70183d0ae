"""What a check has found: how bad it is, where, how often, and what to do about it; all of it as a table."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wasabi.tables import table

FAILS = "fails"  # training stops, or what it makes is of no use
SUSPICIOUS = "suspicious"
FINE = "fine"
STATES = (FAILS, SUSPICIOUS, FINE)
REFUSED = "settings that spaCy refuses"
HEAD = ("", "what", "where", "how many")
WIDEST = 60

# A mechanical repair: is told the folder of the new config, may write a file there, and RETURNS settings by their
# dotted names, as {"training.max_steps": 100}
Fix = Callable[[Path], Mapping[str, Any]]


@dataclass(frozen=True)
class Finding:
    """A row of the table."""

    state: str  # one of STATES
    what: str
    where: str = ""  # setting, component, corpus or label
    n: int | None = None  # how many, where it can be counted
    do: str = ""  # a sentence
    examples: tuple[str, ...] = ()
    fix: Fix | None = None


def change(settings: Mapping[str, Any]) -> Fix:
    """RETURNS (Fix): gives settings, by their dotted names, other values."""
    return lambda folder: settings


def format_table(findings: Sequence[Finding]) -> str:
    """RETURNS (str): a row each, with examples and what to do below it; then how many there are."""
    rows = [row for finding in findings for row in _rows(finding)]
    text = table(rows, header=HEAD, aligns=("l", "l", "l", "r"), max_col=WIDEST, spacing=2).strip("\n")
    counts = Counter(finding.state for finding in findings)
    n_fixes = sum(finding.fix is not None for finding in findings)
    fixes = f" --fix repairs {n_fixes} of them." if n_fixes else ""
    summary = f"{counts[FAILS]} will fail, {counts[SUSPICIOUS]} suspicious, {counts[FINE]} fine.{fixes}"
    return "\n".join([*map(str.rstrip, text.split("\n")), "", summary])


def to_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """RETURNS (list[dict[str, Any]]): the rows, without their repairs."""
    rows = [{**vars(finding), "can_be_fixed": finding.fix is not None} for finding in findings]
    return [{name: value for name, value in row.items() if name != "fix"} for row in rows]


def _rows(finding: Finding) -> Iterator[tuple[str, str, str, str]]:
    yield finding.state, finding.what, finding.where, "" if finding.n is None else f"{finding.n:,}"
    for example in finding.examples:
        yield "", f"  for example: {example}", "", ""
    if finding.do:
        yield "", f"  -> {finding.do}", "", ""
