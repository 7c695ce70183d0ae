"""Start and end scores -> the exact probability of every span that may be the answer, and of no answer.

One softmax over all of them: p(i, j) is proportional to exp(start[i] + end[j]) for i <= j < i + max_length, and p of no
answer to exp(start[0] + end[0]), the scores of a first row that stands for it (Devlin et al. 2019, "BERT", sections 4.2
and 4.3, which leaves the scores as they are). A text of several windows has one softmax too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import Bools1d, Floats


class ScoredAnswer(NamedTuple):
    """A span of tokens with the probability that it is the answer; no answer has start == end."""

    start: int  # index of the first token
    end: int  # index after the last token
    score: float  # in [0, 1]


@dataclass(frozen=True)
class AnswerDistribution:
    """The probability of each legal span, and of no answer; together 1."""

    spans: Floats  # Shape: (n_tokens, max_length): [i, k] is of the span of k + 1 tokens from i on; 0 where illegal
    nothing: float

    def best(self, n: int = 1) -> list[ScoredAnswer]:
        """RETURNS (list[ScoredAnswer]): the most probable answers, no answer among them, best first."""
        flat = self.spans.ravel()
        n_best = min(n, len(flat))
        places = np.argpartition(-flat, n_best - 1)[:n_best] if n_best else np.zeros(0, dtype=np.int64)
        width = self.spans.shape[1]
        found = [
            ScoredAnswer(i // width, i // width + i % width + 1, float(flat[i])) for i in places.tolist()
        ]
        found = [answer for answer in found if answer.score > 0] + [ScoredAnswer(0, 0, self.nothing)]
        return sorted(found, key=lambda answer: (-answer.score, answer.start, answer.end))[:n]


def answer_distribution(
    scores: NDArray[np.float32], words: Bools1d, *, max_length: int, temperature: float = 1.0
) -> AnswerDistribution:
    """The distribution over the answers of one text.

    scores (NDArray): start and end; the first row is that of no answer. Shape: (n_tokens + 1, 2)
    words (NDArray[bool]): the tokens that an answer may begin or end with. Shape: (n_tokens,)
    max_length (int): the most tokens of an answer.
    temperature (float): divides the scores.
    """
    weights, nothing = _log_weights(scores, words, max_length)
    total = np.concatenate([weights.ravel(), [nothing]]) / temperature
    total = np.exp(total - total.max())
    total /= total.sum()
    return AnswerDistribution(total[:-1].reshape(weights.shape), float(total[-1]))


def answer_loss(
    scores: NDArray[np.float32], words: Bools1d, gold: Iterable[tuple[int, int]], *, max_length: int
) -> tuple[float, NDArray[np.float32]]:
    """Minus the log of the probability of the gold answers, all of them together.

    gold (Iterable[tuple[int, int]]): first token and the one after the last of each; none is no answer. One that is
        not legal is passed over; where none of them is legal there is no loss.
    RETURNS (tuple[float, NDArray]): the loss and its gradient by score. Shape: (n_tokens + 1, 2)
    """
    gold = list(gold)
    found = answer_distribution(scores, words, max_length=max_length)
    right = np.zeros_like(found.spans)
    for start, end in gold:
        if is_legal(start, end, words, max_length):
            # a probability that underflowed still pulls
            right[start, end - start - 1] = max(
                found.spans[start, end - start - 1], np.finfo(np.float64).tiny
            )
    probability = right.sum() if gold else found.nothing
    if gold and not probability:
        return 0.0, np.zeros_like(scores)
    probability = max(probability, np.finfo(np.float64).tiny)
    # the expected number of starts and ends at each token, less that given the gold
    difference = found.spans - right / probability
    gradient = np.zeros(scores.shape, dtype=np.float64)
    gradient[0] = found.nothing - (0.0 if gold else 1.0)
    gradient[1:, 0] = difference.sum(axis=1)
    for k in range(difference.shape[1]):
        gradient[1 + k :, 1] += difference[: len(words) - k, k]
    return -float(np.log(probability)), gradient.astype(scores.dtype)


def is_legal(start: int, end: int, words: Bools1d, max_length: int) -> bool:
    """Whether a span may be an answer."""
    return 0 < end - start <= max_length and bool(words[start] and words[end - 1])


def _log_weights(scores: NDArray[np.float32], words: Bools1d, max_length: int) -> tuple[Floats, float]:
    """RETURNS (tuple[NDArray, float]): of the spans, Shape: (n_tokens, max_length), and of no answer."""
    double = scores.astype(np.float64)
    nothing = float(double[0].sum())
    starts, ends = np.where(words[:, None], double[1:], -np.inf).T
    width = max(1, min(max_length, len(words)))
    padded = np.concatenate([ends, np.full(width, -np.inf)])
    weights = starts[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)[: len(words)]
    return weights, nothing
