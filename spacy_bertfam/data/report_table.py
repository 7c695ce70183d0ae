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
    yield f"read   {report.n_documents:,} documents in {report.n_files:,} files" + f" ({schemes})" * bool(
        schemes
    )
    for file, part in report.parts.items():
        counts = f"{part['n_docs']:,} docs, {part['n_tokens']:,} tokens, {part['n_entities']:,} entities"
        yield f"wrote  {file}: {counts}"
    if report.n_missing_tokens:
        yield f"       {report.n_missing_tokens:,} tokens are marked as missing annotation"


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
