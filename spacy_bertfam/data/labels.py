"""The label map: parsed, checked against the labels that the data have, and completed."""

import difflib
from collections.abc import Iterable, Mapping

from ..errors import DataError
from .report import ConversionReport


def parse_map(items: Iterable[str]) -> dict[str, str]:
    """Read `Location=LOC,Person=PER`, in one string or several.

    RETURNS (dict[str, str]): label in the data -> label wanted.
    RAISES (DataError): when there is no `=`, or one label is mapped to two.
    """
    rename: dict[str, str] = {}
    for pair in (pair.strip() for item in items for pair in item.split(",")):
        old, equals, new = (part.strip() for part in pair.partition("="))
        if not (old and equals and new and new.isprintable()):
            raise DataError(f"--map: found {pair!r}; expected OLD=NEW, as in Location=LOC,Person=PER.")
        if rename.get(old, new) != new:
            raise DataError(f"--map: {old!r} goes to both {rename[old]!r} and {new!r}; expected one of them.")
        rename[old] = new
    return rename


def plan_labels(
    rename: Mapping[str, str], *, keep_unmapped: bool, report: ConversionReport
) -> dict[str, str | None]:
    """Say for each label of the data what becomes of it; None drops it, as does the wish for "O".

    A key that occurs nowhere is noted. One that looks like a typing error for a label that does occur and has
    no key is an error, and so is a map of which no key occurs.
    RAISES (DataError): when such a key, or none, occurs; it names the labels that do.
    """
    occurring = sorted(report.n_in)
    absent = [old for old in rename if old not in report.n_in]
    for old in absent:
        _check_typing(old, [label for label in occurring if label not in rename], occurring)
    if rename and len(absent) == len(rename) and occurring:
        raise DataError(f"--map: none of its labels occurs; the labels that do are {', '.join(occurring)}.")
    if absent:
        missed = ", ".join(absent)
        report.note(
            f"--map names {missed}, which occurs nowhere; the labels that do: {', '.join(occurring)}."
        )
    unmapped = occurring if keep_unmapped or not rename else []
    wanted = {old: None if new == "O" else new for old, new in rename.items()}
    planned = {label: wanted.get(label, label if label in unmapped else None) for label in occurring}
    _note_capitals(sorted({label for label in planned.values() if label}), report)
    return planned


def _note_capitals(labels: list[str], report: ConversionReport) -> None:
    """Note labels that differ in nothing but capitals: two to a model, and hardly meant so."""
    by_folded: dict[str, str] = {}
    for label in labels:
        first = by_folded.setdefault(label.casefold(), label)
        if first != label:
            report.note(f"{first} and {label} are two labels; --map {label}={first} makes one of them.")


def _check_typing(old: str, candidates: list[str], occurring: list[str]) -> None:
    by_folded = {label.casefold(): label for label in candidates}
    close = difflib.get_close_matches(old.casefold(), by_folded, n=1, cutoff=0.75)
    if close:
        found = f"--map names {old!r}, which occurs nowhere; did you mean {by_folded[close[0]]!r}?"
        raise DataError(f"{found} The labels that occur are {', '.join(occurring)}.")
