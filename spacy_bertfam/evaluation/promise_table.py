"""The account of a promise as text for a terminal."""

from math import inf

from wasabi.tables import table

from .evidence import Cut, Evidence
from .promise import Promise

FIGURES = ("entities", "precision", "recall")
NAMES = ("label", "min_score", "candidates", *FIGURES, "all: entities", *FIGURES[1:])


def format_promise(promise: Promise) -> str:
    """RETURNS (str): what each threshold leaves in the texts that tested it, beside all that is found there."""
    rows = []
    for label, cut, test in promise.kept:
        n_candidates = int(test.kept(cut).rows[:, 4].sum())
        candidates = "" if cut.candidates == inf else f"{n_candidates:,} from {cut.candidates:g}"
        rows.append(
            [label or "all", f"{cut.entities:g}", candidates, *_figures(test, cut), *_figures(test, Cut(0.0))]
        )
    shown = table(rows, header=NAMES, aligns=("l", *"r" * (len(NAMES) - 1)), spacing=2).strip("\n")
    found = "entities and candidates" if any(row[2] for row in rows) else "entities alone"
    return (
        f"{shown}\nMeasured on {promise.n_texts:,} texts that neither the temperature "
        f"({promise.settings['temperature']:g}) nor the order of thresholds were made of; recall is that of {found}."
    )


def _figures(test: Evidence, cut: Cut) -> list[str]:
    precision = test.precision(Cut(cut.entities))
    return [f"{precision.n.sum():,}", f"{precision.share_right:.3f}", f"{test.recall(cut).share_right:.3f}"]
