"""The account of what a recognizer gets wrong, and of what another one gets right instead."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc

from ..errors import UserError
from ..evaluation.mentions import Repeated, repeated_names
from ..evaluation.scored import ScoredEntities, scored_entities
from .bootstrap import Floats, Paired, compare, prf
from .outcomes import RIGHT, Outcome
from .overlap import Scores, overlap_scores
from .prediction import Prediction
from .slices import ALL, Slice, count_rows, make_slices, quoted

NEW, SHARED, MENDED = STATES = ("new", "shared", "mended")


class Error(NamedTuple):
    """An outcome that is not right.

    state (str): beside another prediction, whether that one is right there (NEW), is not either (SHARED), or this
        is an error of the other one alone (MENDED); "" without one.
    """

    doc: int
    outcome: Outcome
    state: str


@dataclass
class Comparison:
    """Two predictions of the texts that both have read.

    scores: of each row, F1 of both, and their difference.
    """

    other: Prediction
    n_texts: int
    scores: dict[str, tuple[float, float, Paired]]


@dataclass
class Report:
    """What there is to say of a prediction; see ``make_report``."""

    data: str
    docs: list[Doc]  # gold
    model: Prediction
    slices: list[Slice]
    gold_repeated: Repeated
    n_unannotated: int = 0  # texts, left out
    n_lost: int = 0  # gold entities that found no place in the tokens
    overlap: Scores = field(default_factory=dict)
    overlap_note: str = ""  # why there are no scores of overlaps
    comparison: Comparison | None = None
    errors: list[Error] = field(default_factory=list)  # the most confident ones first
    exact: list[Slice] = field(
        default_factory=list
    )  # of answers: exact match, where the other slices have F1

    @property
    def noun(self) -> str:
        """What it is about, as ``Wording`` wants it."""
        return "answers" if self.exact else "entities"

    @property
    def outcomes(self) -> list[list[Outcome]]:
        """Of each text."""
        return [of_doc or [] for of_doc in self.model.outcomes]

    @property
    def kinds(self) -> Counter[tuple[str, str]]:
        """Label (the gold one, where there is one), or question word, and kind -> how often."""
        if self.model.answer_scores:
            return Counter((one.row, one.kind) for one in self.model.answer_scores)
        return Counter((one.label, one.kind) for of_doc in self.outcomes for one in of_doc)

    @property
    def confusion(self) -> Counter[tuple[str, str]]:
        """Gold and predicted label of the pairs that overlap -> how often; "" is none."""
        pairs = ((one.gold, one.predicted) for of_doc in self.outcomes for one in of_doc)
        return Counter((gold.label if gold else "", found.label if found else "") for gold, found in pairs)

    @property
    def scored(self) -> ScoredEntities:
        """The predicted entities that have a score; of questions the best answers, "no answer" too."""
        if self.model.answer_scores:
            return scored_entities((one.score, one.is_right) for one in self.model.answer_scores)
        found = ((one.predicted, one.kind == RIGHT) for of_doc in self.outcomes for one in of_doc)
        return scored_entities((ent.score, right) for ent, right in found if ent and ent.score is not None)


def annotated_docs(docs: Iterable[Doc], data: str) -> tuple[list[Doc], int]:
    """RETURNS (tuple[list[Doc], int]): those with annotation of entities, and the number of the others.

    RAISES (UserError): when there are none.
    """
    docs = list(docs)
    known = [doc for doc in docs if len(doc) and doc.has_annotation("ENT_IOB")]
    if not any(doc.ents for doc in known):
        raise UserError(
            f"{data} has {len(docs)} texts and no entity; expected annotated ones to compare with."
        )
    return known, len(docs) - len(known)


def make_report(
    docs: list[Doc],
    model: Prediction,
    *,
    data: str,
    other: Prediction | None = None,
    train: Iterable[Doc] | None = None,
    by: str | None = None,
    n_unannotated: int = 0,
    n_lost: int = 0,
    seed: int = 0,
) -> Report:
    """Put together all that there is to say of a prediction.

    docs (list[Doc]): gold, as ``annotated_docs`` gives them.
    other (Prediction | None): to compare with.
    train (Iterable[Doc] | None): what it was trained on. by (str | None): see ``make_slices``.
    seed (int): of the resampling.
    """
    outcomes = [of_doc or [] for of_doc in model.outcomes]
    slices = make_slices(outcomes, docs, train=train, field=by, seed=seed)
    report = Report(data, docs, model, slices, repeated_names(docs), n_unannotated, n_lost)
    try:
        report.overlap = overlap_scores(outcomes)
    except UserError as error:
        report.overlap_note = str(error)
    if other is not None:
        report.comparison = _compare(model, other, seed)
    report.errors = sorted(_errors(model, other), key=_by_confidence)
    return report


def _compare(model: Prediction, other: Prediction, seed: int) -> Comparison:
    pairs = zip(model.outcomes, other.outcomes, strict=True)
    both = [(mine, theirs) for mine, theirs in pairs if mine is not None and theirs is not None]
    first, second = (
        count_rows(side, lambda i, ent: quoted(ent.label, [ALL])) for side in zip(*both, strict=True)
    )
    none = np.zeros((len(both), 3), dtype=np.float32)
    for side in (first, second):
        side[ALL] = sum(side.values(), start=none)
    rows = [ALL, *sorted({*first, *second} - {ALL}, key=lambda row: -first.get(row, none)[:, 2].sum())]
    sides = [np.stack([side.get(row, none) for row in rows], axis=1) for side in (first, second)]
    return compare_rows(rows, sides[0], sides[1], other, seed=seed)


def compare_rows(
    rows: Sequence[str], first: Floats, second: Floats, other: Prediction, *, seed: int
) -> Comparison:
    """Compare row by row; Shape of each side: (n_docs, n_rows, 3), see ``intervals``."""
    f_scores = [np.nan_to_num(prf(side.sum(axis=0))[:, 2]).tolist() for side in (first, second)]
    figures = zip(*f_scores, compare(first, second, seed=seed), strict=True)
    return Comparison(other, len(first), dict(zip(rows, figures, strict=True)))


def _errors(model: Prediction, other: Prediction | None) -> Iterator[Error]:
    theirs: Sequence[list[Outcome] | None] = other.outcomes if other else [None] * len(model.outcomes)
    for i, (mine, others) in enumerate(zip(model.outcomes, theirs, strict=True)):
        if mine is None or others is None:
            yield from (Error(i, one, "") for one in mine or () if one.kind != RIGHT)
            continue
        for some, beside, new in ((mine, others, NEW), (others, mine, MENDED)):
            right = {one.gold[:3] for one in beside if one.gold and one.kind == RIGHT}
            predicted = {one.predicted[:3] for one in beside if one.predicted}
            for one in some:
                if one.kind != RIGHT:
                    is_new = one.gold[:3] in right if one.gold else one.predicted[:3] not in predicted  # type: ignore[index]
                    if is_new or new == NEW:
                        yield Error(i, one, new if is_new else SHARED)


def _by_confidence(error: Error) -> tuple[bool, float, int]:
    """Those of the other prediction last; missed entities, and those without a score, after the rest."""
    score = error.outcome.predicted.score if error.outcome.predicted else None
    return error.state == MENDED, 1.0 if score is None else -score, error.doc
