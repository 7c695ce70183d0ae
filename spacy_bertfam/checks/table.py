"""Findings as one table for a terminal, and as JSON for machines."""

from typing import Any, Dict, List, Sequence

from .finding import FAILS, FINE, SUSPICIOUS, Finding

HEAD = ("", "what", "where", "how many")
WIDEST = 60


def format_table(findings: Sequence[Finding]) -> str:
    """RETURNS (str): a row each; what to do and examples stand below the row that they belong to."""
    rows = [HEAD, *(_row(finding) for finding in findings)]
    widths = [min(WIDEST, max(len(row[i]) for row in rows)) for i in range(len(HEAD))]
    lines = [_line(HEAD, widths)]
    for finding, row in zip(findings, rows[1:], strict=True):
        lines.append(_line(row, widths))
        indent = " " * (widths[0] + 2)
        lines += [f"{indent}  for example: {example}" for example in finding.examples]
        if finding.do:
            lines.append(f"{indent}  -> {finding.do}")
    return "\n".join([*lines, "", summary(findings)])


def summary(findings: Sequence[Finding]) -> str:
    """RETURNS (str): one sentence about all."""
    counts = {state: sum(f.state == state for f in findings) for state in (FAILS, SUSPICIOUS, FINE)}
    n_fixes = sum(finding.fix is not None for finding in findings)
    said = f"{counts[FAILS]} will fail, {counts[SUSPICIOUS]} suspicious, {counts[FINE]} fine."
    return said + (f" --fix repairs {n_fixes} of them." if n_fixes else "")


def to_json(findings: Sequence[Finding]) -> List[Dict[str, Any]]:
    """RETURNS (List[dict]): the rows, without their repairs."""
    return [
        {
            "state": finding.state,
            "what": finding.what,
            "where": finding.where,
            "n": finding.n,
            "do": finding.do,
            "examples": list(finding.examples),
            "can_be_fixed": finding.fix is not None,
        }
        for finding in findings
    ]


def _row(finding: Finding) -> Sequence[str]:
    return finding.state, finding.what, finding.where, "" if finding.n is None else f"{finding.n:,}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    *texts, number = cells
    padded = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
    return "  ".join([*padded, number.rjust(widths[-1])]).rstrip()
