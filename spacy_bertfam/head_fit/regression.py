"""The first weights of a head: logistic regression on the vectors of the encoder as it comes.

A head of random weights sends the encoder's first gradients in random directions, which takes hundreds of steps to
mend and distorts what the encoder knows (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features").
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..types import Ints1d

# Weight of the squared weights against the sum of all losses, for vectors that vary by 1. Tried from 10 to 0.1 times
# as much on data that were kept apart: 12,000 words with 29 tags (WiNER-fr), 500 texts with 12 labels (MORFITT)
PRIOR = 10.0
# More find no better weights there: F1 of tags 0.652 after 30, 0.658 after 100
MAX_ITERATIONS = 30


class LinearWeights(NamedTuple):
    """Vectors to scores: ``X @ W.T + b``."""

    W: NDArray[np.float32]  # Shape: (n_classes, width)
    b: NDArray[np.float32]  # Shape: (n_classes,)


def fit_tags(X: NDArray[np.float32], tags: Ints1d, first: LinearWeights) -> LinearWeights:
    """Fit the weights of the tags that occur; of the others only the bias, to that of the rarest.

    X (NDArray): Shape: (n_tokens, width).
    tags (Ints1d): the tag of each token; Shape: (n_tokens,).
    first (LinearWeights): the weights of the tags that do not occur.
    """
    seen, classes = np.unique(tags, return_inverse=True)
    targets = torch.from_numpy(classes.reshape(-1))
    fitted = fit(X, len(seen), lambda scores: F.cross_entropy(scores, targets, reduction="sum"))
    mean = X.mean(axis=0)
    level = fitted.b + fitted.W @ mean  # the score of each at a word of the usual kind
    W, levels = first.W.copy(), np.full_like(first.b, level.min())
    W[seen], levels[seen] = fitted.W, level
    return LinearWeights(W, levels - W @ mean)


def fit_labels(
    X: NDArray[np.float32], gold: NDArray[np.float32], known: NDArray[np.float32], *, exclusive: bool
) -> LinearWeights:
    """Fit the weights of labels of whole texts.

    X (NDArray): Shape: (n_docs, width).
    gold (NDArray): how right each label is, 0 to 1; Shape: (n_docs, n_labels).
    known (NDArray): 1 where that is annotated, else 0; the same shape.
    exclusive (bool): whether exactly one label is right: softmax, or else a sigmoid for each.
    """
    targets, weights = torch.from_numpy(gold), torch.from_numpy(known)

    def loss(scores: Tensor) -> Tensor:
        if exclusive:
            return -(weights * targets * F.log_softmax(scores, 1)).sum()
        return F.binary_cross_entropy_with_logits(scores, targets, weights, reduction="sum")

    return fit(X, gold.shape[1], loss)


def fit(X: NDArray[np.float32], n_classes: int, loss: Callable[[Tensor], Tensor]) -> LinearWeights:
    """Minimize a loss of scores, and the weights' own; from zeros, so always with the same result. On the CPU.

    X (NDArray): Shape: (n_rows, width).
    loss (Callable): scores, Shape: (n_rows, n_classes) -> a sum over the rows.
    """
    mean, spread = X.mean(axis=0), float(X.std(axis=0).mean()) or 1.0
    vectors = torch.from_numpy((X - mean) / spread)
    weights = torch.zeros((n_classes, X.shape[1]), requires_grad=True)
    bias = torch.zeros(n_classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=MAX_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = (loss(vectors @ weights.T + bias) + PRIOR * weights.square().sum()) / len(vectors)
        total.backward()
        return total

    with torch.enable_grad():
        optimizer.step(closure)
    W = (weights / spread).detach().numpy()
    return LinearWeights(W, bias.detach().numpy() - W @ mean)
