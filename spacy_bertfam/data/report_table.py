"""The account of a conversion as text for a terminal."""

from collections.abc import Iterator

from wasabi.tables import table

from .report import EXPLANATIONS, ConversionReport
from .trimming import shorten

N_SHOWN = 70


def format_report(report: ConversionReport) -> str:
    """RETURNS (str): what came in and went out, a row a label, then each reason with examples."""
    lines = [*_totals(report), "", _labels(report)]
    for title, groups in (("lost", report.n_lost), ("changed", report.n_changed)):
        for reason, counts in groups.items():
            lines += ["", *_reason(title, reason, counts.total(), report)]
    if report.ignored:
        lines += ["", "ignored: " + ", ".join(f"{n:,} {kind}" for kind, n in report.ignored.items())]
    return "\n".join(lines)


def _totals(report: ConversionReport) -> Iterator[str]:
    kinds = (*report.formats.items(), *report.schemes.items())
    schemes = ", ".join(f"{n} in {kind}" for kind, n in kinds)
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


def _labels(report: ConversionReport) -> str:
    header = ("label", "as", "in", "kept", "lost")
    counts = (report.n_in, report.n_kept, report.n_lost_by_label)
    rows = [
        (label, report.labels.get(label, label) or "-", *(str(counter[label]) for counter in counts))
        for label in sorted(report.n_in)
    ]
    rows.append(("all", "", *(str(counter.total()) for counter in counts)))
    longest = max(len(cell) for row in (header, *rows) for cell in row)
    return table(rows, header=header, aligns=("l", "l", "r", "r", "r"), spacing=2, max_col=longest).strip(
        "\n"
    )


def _reason(title: str, reason: str, n: int, report: ConversionReport) -> Iterator[str]:
    explanation = EXPLANATIONS.get(reason)
    yield f"{title}: {n:,} {reason}" + (f" ({explanation})" if explanation else "")
    for example in report.examples.get(reason, []):
        detail = shorten(f"  {example['detail']}", N_SHOWN) if example["detail"] else ""
        yield f'  {example["where"]}  "{shorten(example["text"], N_SHOWN)}" {example["label"]}{detail}'
