"""The account of a conversion as text for a terminal."""

from collections.abc import Iterator

from .report import EXPLANATIONS, ConversionReport


def format_report(report: ConversionReport) -> str:
    """RETURNS (str): what came in and went out, a row a label, then each reason with examples."""
    lines = [*_totals(report), "", *_label_rows(report)]
    for title, groups in (("lost", report.n_lost), ("changed", report.n_changed)):
        for reason, counts in groups.items():
            lines += ["", *_reason(title, reason, counts.total(), report)]
    if report.ignored:
        lines += ["", "ignored: " + ", ".join(f"{n:,} {kind}" for kind, n in report.ignored.items())]
    return "\n".join(lines)


def _totals(report: ConversionReport) -> Iterator[str]:
    schemes = ", ".join(f"{n} in {scheme}" for scheme, n in report.schemes.items())
    came_in = f"{_counted(report.n_documents, 'document')} in {_counted(report.n_files, 'file')}"
    yield f"read   {came_in}" + (f" ({schemes})" if schemes else "")
    for file, part in report.parts.items():
        names = {"n_docs": "doc", "n_tokens": "token", "n_entities": "entity"}
        yield f"wrote  {file}: " + ", ".join(_counted(part[key], name) for key, name in names.items())
    if report.n_missing_tokens:
        yield f"       {_counted(report.n_missing_tokens, 'token')} marked as missing annotation"


def _counted(n: int, name: str) -> str:
    plural = "entities" if name == "entity" else f"{name}s"
    return f"{n:,} {name if n == 1 else plural}"


def _label_rows(report: ConversionReport) -> list[str]:
    rows: list[tuple[str, ...]] = [("label", "as", "in", "kept", "lost")]
    for label in sorted(report.n_in):
        new = report.labels.get(label, label) or "-"
        rows.append(
            (label, new, *map(str, (report.n_in[label], report.n_kept[label], report.n_lost_of(label))))
        )
    n_lost = sum(counts.total() for counts in report.n_lost.values())
    rows.append(("all", "", *map(str, (report.n_in.total(), report.n_kept.total(), n_lost))))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{label:<{widths[0]}}  {new:<{widths[1]}}"
        + "".join(f"  {n:>{w}}" for n, w in zip(numbers, widths[2:], strict=True))
        for label, new, *numbers in rows
    ]


def _reason(title: str, reason: str, n: int, report: ConversionReport) -> Iterator[str]:
    explanation = EXPLANATIONS.get(reason)
    yield f"{title}: {n:,} {reason}" + (f" ({explanation})" if explanation else "")
    for example in report.examples.get(reason, []):
        detail = f"  {example['detail']}" if example["detail"] else ""
        yield f"  {example['where']}  {_quote(example['text'])} {example['label']}{_quote(detail, '')}"


def _quote(text: str, mark: str = '"') -> str:
    """Line breaks and invisible marks become visible, and a long text short."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return mark + (shown if len(shown) <= 70 else shown[:70] + "…") + mark
