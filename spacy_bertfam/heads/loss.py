"""The loss of a head that scores each token alone: cross-entropy over the tags that are allowed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from thinc.types import Floats2d

from ..decoding.tags import TagSet
from ..types import TaggerModel


def token_cross_entropy(
    model: TaggerModel,
    scores: Sequence[Floats2d],
    gold: Sequence[NDArray[np.bool_]],
    tag_set: TagSet | None = None,
) -> tuple[float, list[Floats2d]]:
    """Minus the log of the probability of the allowed tags, summed over the tokens.

    For one allowed tag this is the ordinary cross-entropy; a row that allows every tag (missing
    annotation) costs nothing and has no gradient. Arguments as in ``HeadLoss``.
    """
    xp = model.ops.xp
    if not sum(map(len, scores)):
        return 0.0, [xp.zeros_like(text) for text in scores]
    rows = xp.concatenate(list(scores))
    allowed = xp.asarray(np.concatenate(list(gold)))
    rows = rows - rows.max(axis=1, keepdims=True)
    weights = xp.exp(rows)
    total = weights.sum(axis=1, keepdims=True)
    # At least the smallest float: an allowed tag whose weight underflowed still pulls.
    right = xp.maximum(xp.where(allowed, weights, 0.0).sum(axis=1, keepdims=True), xp.float32(1e-30))
    loss = float(xp.log(total / right).sum())
    # Where annotation is missing the two terms are equal but for rounding, which would count as a taught token
    known = ~allowed.all(axis=1, keepdims=True)
    gradient = xp.where(known, weights / total - xp.where(allowed, weights, 0.0) / right, 0.0)
    return loss, split_rows(gradient.astype(scores[0].dtype), [len(text) for text in scores])


def split_rows(rows: Floats2d, lengths: list[int]) -> list[Floats2d]:
    """Rows of all texts to the rows of each text."""
    ends = np.cumsum(lengths)
    return [rows[end - n : end] for n, end in zip(lengths, ends, strict=True)]
