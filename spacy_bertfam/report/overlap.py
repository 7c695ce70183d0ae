"""Strict, exact, partial and type scores of entities, by the package nervaluate (SemEval 2013, task 9.1)."""

from collections.abc import Sequence

from ..errors import UserError, require_packages
from .outcomes import Entity, Outcome

# Ours -> nervaluate's
WAYS = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
LONGEST = 500  # gold and predicted entities of a document
Scores = dict[str, tuple[float, float, float]]


def overlap_scores(outcomes: Sequence[Sequence[Outcome]]) -> Scores:
    """RETURNS (Scores): way -> precision, recall and F1. RAISES (UserError): when nervaluate is not installed,
    or would take too long."""
    if any(len(of_doc) > LONGEST for of_doc in outcomes):
        raise UserError(
            f"There is no table of strict, exact, partial and type scores: a document has over {LONGEST} entities, and "
            "nervaluate compares each with each; expected shorter documents."
        )
    require_packages("nervaluate", extra="report", user="the table of strict, exact, partial and type scores")
    from nervaluate import Evaluator

    gold = [[_entry(one.gold) for one in of_doc if one.gold] for of_doc in outcomes]
    predicted = [[_entry(one.predicted) for one in of_doc if one.predicted] for of_doc in outcomes]
    pairs = [pair for pair in zip(gold, predicted, strict=True) if any(pair)]
    labels = sorted({str(entry["label"]) for pair in pairs for side in pair for entry in side})
    true, found = ([pair[side] for pair in pairs] for side in (0, 1))
    overall = Evaluator(true, found, tags=labels, loader="dict").evaluate()["overall"] if pairs else {}
    scores = {name: overall.get(way) for name, way in WAYS.items()}
    return {
        name: (one.precision, one.recall, one.f1) if one is not None else (0.0, 0.0, 0.0)
        for name, one in scores.items()
    }


def _entry(ent: Entity) -> dict[str, str | int]:
    return {"label": ent.label, "start": ent.start, "end": ent.end - 1}
