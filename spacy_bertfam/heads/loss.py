"""The losses of a head that scores each token alone: by annotation, and by another head's probabilities."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from thinc.types import Floats2d

from ..decoding.tags import TagSet
from ..types import TaggerModel

SMALLEST = 1e-30  # of the weights and probabilities that a logarithm is taken of


def token_cross_entropy(
    model: TaggerModel,
    scores: Sequence[Floats2d],
    gold: Sequence[NDArray[np.bool_]],
    tag_set: TagSet | None = None,
) -> tuple[float, list[Floats2d]]:
    """Minus the log of the probability of the allowed tags, summed over the tokens.

    For one allowed tag this is the ordinary cross-entropy; a row that allows every tag (missing
    annotation) costs nothing and has no gradient.

    scores (Sequence[Floats2d]): for each Doc, Shape: (n_tokens, n_tags).
    gold (Sequence[NDArray[bool]]): for each Doc, Shape: (n_tokens, n_tags), the tags that the annotation allows.
    tag_set (TagSet | None): the tags of the columns; other losses ask it which may follow which.
    RETURNS (tuple[float, list[Floats2d]]): the loss and its gradient by score.
    """
    xp = model.ops.xp
    if not sum(map(len, scores)):
        return 0.0, [xp.zeros_like(text) for text in scores]
    rows = xp.concatenate(list(scores))
    allowed = xp.asarray(np.concatenate(list(gold)))
    weights = xp.exp(rows - rows.max(axis=1, keepdims=True))
    total = weights.sum(axis=1, keepdims=True)
    taught = xp.where(allowed, weights, 0.0)
    # an allowed tag whose weight underflowed still pulls
    right = xp.maximum(taught.sum(axis=1, keepdims=True), xp.float32(SMALLEST))
    loss = float(xp.log(total / right).sum())
    # Where annotation is missing the two terms are equal but for rounding, which would count as a taught token
    known = ~allowed.all(axis=1, keepdims=True)
    gradient = xp.where(known, weights / total - taught / right, 0.0)
    return loss, split(model, gradient.astype(scores[0].dtype), scores)


def soft_cross_entropy(
    model: TaggerModel, scores: Sequence[Floats2d], beliefs: Sequence[Floats2d], *, temperature: float = 1.0
) -> tuple[float, list[Floats2d]]:
    """The Kullback-Leibler divergence of the head's probabilities from those of a teacher (Hinton, Vinyals and Dean
    2015), summed over the tokens, times the square of the temperature, so that its gradient is of the size of the
    ordinary loss's.

    scores (Sequence[Floats2d]): for each Doc, Shape: (n_tokens, n_tags).
    beliefs (Sequence[Floats2d]): the teacher's probabilities at that temperature, same shapes.
    temperature (float): the scores are divided by it.
    RETURNS (tuple[float, list[Floats2d]]): the loss and its gradient by score.
    """
    xp = model.ops.xp
    if not sum(map(len, scores)):
        return 0.0, [xp.zeros_like(text) for text in scores]
    rows = xp.concatenate(list(scores)) / temperature
    taught = xp.concatenate([xp.asarray(text) for text in beliefs])
    rows = rows - rows.max(axis=1, keepdims=True)
    logs = rows - xp.log(xp.exp(rows).sum(axis=1, keepdims=True))
    known = xp.log(xp.maximum(taught, xp.float32(SMALLEST)))  # what the teacher excludes costs nothing
    loss = float((taught * (known - logs)).sum()) * temperature**2
    gradient = (xp.exp(logs) - taught) * temperature
    return loss, split(model, gradient.astype(scores[0].dtype), scores)


def split(model: TaggerModel, rows: Floats2d, texts: Sequence[Floats2d]) -> list[Floats2d]:
    """Rows that stand end to end to those of each text."""
    return model.ops.unflatten(rows, model.ops.asarray1i([len(text) for text in texts]))
