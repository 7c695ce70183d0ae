"""Precision, recall and F1 by label, by spaCy's own scorer, for whoever's predictions."""

from typing import Any, Dict, List, Sequence

from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example

Row = Dict[str, Any]


def score_rows(predicted: Sequence[Doc], gold: Sequence[Doc], **columns: str) -> List[Row]:
    """One row for all labels together, then one for each.

    columns (str): stand in front of every row, as system="ours".
    """
    examples = [Example(guess, reference) for guess, reference in zip(predicted, gold, strict=True)]
    scores = get_ner_prf(examples)
    by_label = scores["ents_per_type"] or {}
    parts = {"all": {k: scores[f"ents_{k}"] or 0.0 for k in "prf"}, **dict(sorted(by_label.items()))}
    return [
        {**columns, "label": label, **{k.upper(): part[k] for k in "prf"}} for label, part in parts.items()
    ]


def side_by_side(rows: Sequence[Row], key: str) -> List[Row]:
    """The F1 of each value of the column ``key`` beside each other; the other columns make the rows."""
    table: Dict[tuple, Row] = {}
    for row in rows:
        rest = {k: v for k, v in row.items() if k not in (key, "P", "R", "F")}
        table.setdefault(tuple(rest.items()), rest)[f"F1 {row[key]}"] = row["F"]
    return list(table.values())
