"""Gold entities as the component sees them: labels that occur, and spans that miss the token borders."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from spacy.training import Example

from ..errors import UserError

N_SHOWN = 3
# Pairs of labels that are compared for a typing error: more take seconds
MAX_COMPARED = 100_000


@dataclass
class GoldReport:
    """What ``initialize`` found in the training data."""

    n_examples: int = 0
    n_words: int = 0  # as the predicted side has them
    labels: Counter[str] = field(default_factory=Counter)  # label -> entities, in the order of appearance
    misaligned: Counter[str] = field(default_factory=Counter)  # label -> spans off the token borders
    shown: list[str] = field(default_factory=list)  # a few of them
    n_unannotated: int = 0  # examples without any entity annotation, not even "none here"

    def sentence(self) -> str:
        """The misaligned spans in words; empty where there are none."""
        n_lost, n_all = sum(self.misaligned.values()), sum(self.labels.values())
        if not n_lost:
            return ""
        by_label = ", ".join(f"{label} {n}" for label, n in sorted(self.misaligned.items()))
        return (
            f"{n_lost} of {n_all} gold entities miss the borders of the predicted tokens and contribute no gradient; "
            f"their tokens count as missing annotation, not as O ({by_label}). For example: "
            + "; ".join(self.shown)
        )


def read_gold(examples: Iterable[Example]) -> GoldReport:
    """Count labels and misaligned spans of the training data."""
    report = GoldReport()
    for eg in examples:
        report.n_examples += 1
        report.n_words += len(eg.predicted)
        ents = eg.reference.ents
        if not ents:
            report.n_unannotated += not eg.reference.has_annotation("ENT_IOB")
            continue
        report.labels.update(ent.label_ for ent in ents)
        _count_misaligned(eg, report)
    return report


def check_gold(report: GoldReport, labels: Iterable[str], component: str) -> None:
    """See to it that there is something to learn.

    labels (Iterable[str]): those given beside the data. One without entities is no error in itself: the
        examples may be the first ones of a stream.
    RAISES (UserError): when the data have no entity, or a given label looks like a typing error.
    """
    labels = dict.fromkeys(labels)
    if not report.n_examples:
        raise UserError(
            f"Component {component!r}: the training corpus has no examples. Expected annotated Docs: check "
            "--paths.train, and that the conversion wrote them there."
        )
    if not report.labels and not labels:
        raise UserError(
            f"Component {component!r}: none of the {report.n_examples} training examples has an entity "
            f"({report.n_unannotated} have no entity annotation at all). Expected doc.ents to be set: "
            "check the corpus, and --map where it was converted."
        )
    others = {label.casefold(): label for label in report.labels if label not in labels}
    unused = [label for label in labels if label not in report.labels]
    for label in unused if len(unused) * len(others) <= MAX_COMPARED else ():
        alike = get_close_matches(label.casefold(), others, n=1, cutoff=0.7)
        if alike:
            found = others[alike[0]]
            raise UserError(
                f"Component {component!r}: [initialize.components.{component}.labels] lists {label!r}, of which "
                f"the training data have no entity, and lacks {found!r}, of which they have "
                f"{report.labels[found]}. Expected the same name in both: correct one of them."
            )


def _count_misaligned(eg: Example, report: GoldReport) -> None:
    x, y = eg.predicted, eg.reference
    if x.text == y.text and [token.idx for token in x] == [token.idx for token in y]:
        return
    aligned = eg.get_aligned_spans_y2x(eg.reference.ents, allow_overlap=False)
    if len(aligned) == len(eg.reference.ents):
        return
    found = Counter((span.text.strip().casefold(), span.label_) for span in aligned)
    for ent in eg.reference.ents:
        key = ent.text.strip().casefold(), ent.label_
        if found[key]:
            found[key] -= 1
            continue
        report.misaligned[ent.label_] += 1
        if len(report.shown) < N_SHOWN:
            report.shown.append(f"{ent.label_} {ent.text!r}")
