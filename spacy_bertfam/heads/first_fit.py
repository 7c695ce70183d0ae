"""The first weights of a head: multinomial logistic regression on the vectors of the encoder as it comes.

A head of random weights sends the encoder's first gradients in random directions, which takes hundreds of steps to
mend and distorts what the encoder knows (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features").
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from ..types import Ints1d

# Of the squared weights, for vectors that vary by 1: the best of 0, 1e-4, 3e-4, 1e-3 and 3e-3 on words that were kept
# apart (WiNER-fr, 12,000 words, 29 tags)
L2 = 1e-3
# More find no better weights there: F1 of tags 0.652 after 30, 0.658 after 100
MAX_ITERATIONS = 30


class LinearWeights(NamedTuple):
    """Vectors to tag scores: ``X @ W.T + b``."""

    W: NDArray[np.float32]  # Shape: (n_tags, width)
    b: NDArray[np.float32]  # Shape: (n_tags,)


def fit_linear(X: NDArray[np.float32], tags: Ints1d, first: LinearWeights) -> LinearWeights:
    """Fit the weights of the tags that occur. Deterministic; on the CPU.

    X (NDArray): Shape: (n_tokens, width).
    tags (Ints1d): the tag of each token; Shape: (n_tokens,).
    first (LinearWeights): weights for the tags that do not occur; their bias becomes that of the rarest.
    """
    seen, classes = np.unique(tags, return_inverse=True)
    mean, spread = X.mean(axis=0), float(X.std(axis=0).mean()) or 1.0
    vectors = torch.from_numpy((X - mean) / spread)
    targets = torch.from_numpy(classes.reshape(-1))
    weights = torch.zeros((len(seen), X.shape[1]), requires_grad=True)
    bias = torch.zeros(len(seen), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=MAX_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        found = F.cross_entropy(vectors @ weights.T + bias, targets) + L2 * weights.square().sum()
        found.backward()
        return found

    with torch.enable_grad():
        optimizer.step(loss)  # type: ignore[arg-type]
    fitted = weights.detach().numpy() / spread
    W, b = first.W.copy(), np.full_like(first.b, float(bias.detach().min()))
    W[seen], b[seen] = fitted, bias.detach().numpy()
    return LinearWeights(W, b - W @ mean)
