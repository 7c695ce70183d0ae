"""Gold entities as the component sees them: labels that occur, and spans that miss the token borders."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Dict, Iterable, List

from spacy.training import Example

N_SHOWN = 3


@dataclass
class GoldReport:
    """What ``initialize`` found in the training data."""

    n_examples: int = 0
    labels: Dict[str, int] = field(default_factory=dict)  # label -> entities, in the order of appearance
    misaligned: Dict[str, int] = field(default_factory=Counter)  # label -> spans off the token borders
    shown: List[str] = field(default_factory=list)  # a few of them
    n_unannotated: int = 0  # examples without any entity annotation, not even "none here"

    def sentence(self) -> str:
        """The misaligned spans in words; empty where there are none."""
        n_lost, n_all = sum(self.misaligned.values()), sum(self.labels.values())
        if not n_lost:
            return ""
        by_label = ", ".join(f"{label} {n}" for label, n in sorted(self.misaligned.items()))
        return (
            f"{n_lost} of {n_all} gold entities miss the borders of the predicted tokens and teach nothing; "
            f"their tokens count as missing annotation, not as O ({by_label}). For example: "
            + "; ".join(self.shown)
        )


def read_gold(examples: Iterable[Example]) -> GoldReport:
    """Count labels and misaligned spans of the training data."""
    report = GoldReport()
    for eg in examples:
        report.n_examples += 1
        ents = eg.reference.ents
        if not ents:
            report.n_unannotated += not eg.reference.has_annotation("ENT_IOB")
            continue
        for ent in ents:
            report.labels[ent.label_] = report.labels.get(ent.label_, 0) + 1
        _count_misaligned(eg, report)
    return report


def _count_misaligned(eg: Example, report: GoldReport) -> None:
    if [t.idx for t in eg.reference] == [t.idx for t in eg.predicted] and eg.reference.text == eg.predicted.text:
        return
    aligned = eg.get_aligned_spans_y2x(eg.reference.ents, allow_overlap=False)
    if len(aligned) == len(eg.reference.ents):
        return
    found = Counter((span.text.strip(), span.label_) for span in aligned)
    for ent in eg.reference.ents:
        if found[(ent.text.strip(), ent.label_)]:
            found[(ent.text.strip(), ent.label_)] -= 1
            continue
        report.misaligned[ent.label_] = report.misaligned.get(ent.label_, 0) + 1
        if len(report.shown) < N_SHOWN:
            report.shown.append(f"{ent.label_} {ent.text!r}")
