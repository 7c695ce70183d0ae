"""Precision, recall and F1 by label, by spaCy's own scorer, for whoever's predictions."""

from statistics import mean
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


def spread(rows: Sequence[Row], key: str, *, over: str) -> List[Row]:
    """F1 of each value of the column ``key`` beside each other, as mean and range over the column ``over``.

    The other columns make the rows.
    """
    found: Dict[tuple, Dict[str, List[float]]] = {}
    for row in rows:
        rest = tuple((k, v) for k, v in row.items() if k not in (key, over, "P", "R", "F"))
        found.setdefault(rest, {}).setdefault(row[key], []).append(row["F"])
    names = list(dict.fromkeys(row[key] for row in rows))
    return [
        {**dict(rest), **{name: format_range(scores[name]) if name in scores else "" for name in names}}
        for rest, scores in found.items()
    ]


def format_range(scores: Sequence[float]) -> str:
    """RETURNS (str): the mean, and the lowest and the highest where there are several."""
    if len(scores) == 1:
        return f"{scores[0]:.3f}"
    return f"{mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})"
