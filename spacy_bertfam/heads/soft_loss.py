"""The loss of a head that learns another one's probabilities: distillation (Hinton, Vinyals and Dean 2015)."""

from collections.abc import Sequence

from thinc.types import Floats2d

from ..types import TaggerModel
from .loss import split_rows


def soft_cross_entropy(
    model: TaggerModel, scores: Sequence[Floats2d], beliefs: Sequence[Floats2d], *, temperature: float = 1.0
) -> tuple[float, list[Floats2d]]:
    """The Kullback-Leibler divergence of the head's probabilities from those of a teacher, summed over the tokens,
    times the square of the temperature, so that its gradient is of the size of the ordinary loss's.

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
    smallest = xp.float32(1e-30)  # what the teacher excludes costs nothing
    loss = float((taught * (xp.log(xp.maximum(taught, smallest)) - logs)).sum()) * temperature**2
    gradient = (xp.exp(logs) - taught) * temperature
    return loss, split_rows(gradient.astype(scores[0].dtype), [len(text) for text in scores])
