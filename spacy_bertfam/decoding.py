"""Tag scores to scored spans: constrained best path and exact span probability.

The tags of a text form a lattice. A path through it is a sequence of tags; only the paths that are
legal in the tag scheme exist, and the weight of one is ``exp`` of the sum of its scores. Everything
here is exact over that lattice: the best path by the Viterbi algorithm, probabilities by the
forward-backward algorithm (Rabiner 1989, "A tutorial on hidden Markov models", equations 19 to 27
and 32 to 35, with the scaling of section V.A). All texts of a batch advance together.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from .tags import TagSet
from .types import ScoredSpan, TokenSpan, Transitions

Floats = NDArray[np.float64]
# Score differences within one token beyond this are cut off in the probabilities (not in the best
# path): exp(-100) is below anything that shows in a score, and two in a row stay within a double.
MAX_DIFFERENCE = 100.0


def constrain(tag_set: TagSet, learned: Optional[Transitions] = None) -> Transitions:
    """The legal transitions of a scheme, on top of learned ones where a head has them."""
    n_tags = len(tag_set)
    if learned is None:
        learned = Transitions(np.zeros((n_tags, n_tags)), np.zeros(n_tags), np.zeros(n_tags))
    legal = tag_set.legal
    return Transitions(
        np.where(legal, learned.between, -np.inf),
        np.where(legal[0], learned.start, -np.inf),
        np.where(legal[:, 0], learned.end, -np.inf),
    )


@dataclass(frozen=True)
class TimeMajor:
    """Texts of different lengths, longest first, stored token by token across the texts.

    At step ``t`` the first ``sizes[t]`` texts still have a token; it stands in
    ``rows[offsets[t] : offsets[t] + sizes[t]]``. Nothing is padded.
    """

    rows: Floats  # Shape: (n_tokens, n_tags), tokens of all texts
    sizes: NDArray[np.int64]  # Shape: (n_steps,)
    offsets: NDArray[np.int64]  # Shape: (n_steps + 1,)
    order: NDArray[np.int64]  # Shape: (n_tokens,), row -> token in the order of the texts

    @classmethod
    def pack(cls, scores: Sequence[Floats]) -> "TimeMajor":
        """scores (Sequence[Floats]): for each text, Shape: (n_tokens, n_tags)."""
        lengths = np.array([len(text) for text in scores], dtype=np.int64)
        step = np.concatenate([np.arange(n) for n in lengths])
        rank = np.empty(len(lengths), dtype=np.int64)
        rank[np.argsort(-lengths, kind="stable")] = np.arange(len(lengths))
        order = np.lexsort((np.repeat(rank, lengths), step))
        sizes = np.bincount(step, minlength=int(lengths.max(initial=0)))
        rows = np.concatenate(list(scores)).astype(np.float64, copy=False)[order]
        return cls(rows, sizes, np.concatenate(([0], np.cumsum(sizes))), order)

    def __len__(self) -> int:
        return len(self.sizes)

    def step(self, array: NDArray, t: int, n_texts: Optional[int] = None) -> NDArray:
        """A view of the rows of step ``t``, or of its first ``n_texts``."""
        start = self.offsets[t]
        return array[start : start + (self.sizes[t] if n_texts is None else n_texts)]

    def unpack(self, array: NDArray) -> NDArray:
        """Rows by step back to rows by text."""
        result = np.empty_like(array)
        result[self.order] = array
        return result


def best_paths(packed: TimeMajor, transitions: Transitions) -> NDArray[np.int64]:
    """The legal tags with the highest sum of scores (Viterbi); Shape: (n_tokens,), rows by step."""
    # Tags that are reached alike (O, B- and S- of every label) share one search: n_kinds is a few more
    # than the labels without learned transitions, n_tags with them.
    kinds, kind_of = np.unique(transitions.between, axis=1, return_inverse=True)
    between, kind_of = kinds.T[None], kind_of.reshape(-1)  # Shape: (1, n_kinds, n_tags)
    back = np.zeros(packed.rows.shape, dtype=np.int16)
    path = np.zeros(len(packed.rows), dtype=np.int64)
    best = np.empty_like(packed.rows)
    for t in range(len(packed)):
        if t == 0:
            packed.step(best, 0)[:] = packed.step(packed.rows, 0) + transitions.start
            continue
        before = packed.step(best, t - 1, packed.sizes[t])
        arrivals = before[:, None, :] + between  # Shape: (n_texts, n_kinds, n_tags)
        choice = arrivals.argmax(axis=2)
        arrived = np.take_along_axis(arrivals, choice[:, :, None], axis=2)[:, :, 0]
        packed.step(back, t)[:] = choice[:, kind_of]
        packed.step(best, t)[:] = arrived[:, kind_of] + packed.step(packed.rows, t)
    for t in range(len(packed) - 1, -1, -1):
        chosen = (packed.step(best, t) + transitions.end).argmax(axis=1)
        if t + 1 < len(packed):
            n_after = packed.sizes[t + 1]
            after = packed.step(path, t + 1)
            chosen[:n_after] = packed.step(back, t + 1)[np.arange(n_after), after]
        packed.step(path, t)[:] = chosen
    return path


@dataclass(frozen=True)
class Marginals:
    """Scaled forward and backward weights of a batch, rows by text (not by step).

    ``forward`` sums to one in each row; ``forward * backward`` is the probability of each tag.
    """

    emissions: Floats  # Shape: (n_tokens, n_tags), exp of scores, over the scale of the row
    forward: Floats  # Shape: (n_tokens, n_tags)
    backward: Floats  # Shape: (n_tokens, n_tags)
    before: Floats  # Shape: (n_tokens, n_tags), forward of the token before; one-hot O at a text's start
    after: Floats  # Shape: (n_tokens, n_tags), emissions * backward of the token behind
    is_first: NDArray[np.bool_]  # Shape: (n_tokens,), whether a text begins here
    is_last: NDArray[np.bool_]  # Shape: (n_tokens,), whether a text ends here
    # Shape: (n_tokens,), summed over a text the log of the weight of all its paths, but for a constant
    # that depends on the transitions and the number of tokens alone
    log_weights: Floats


def _to_weights(logs: Floats) -> Floats:
    """Log weights to weights of at most 1: a factor that all paths share changes no probability."""
    highest = logs.max()
    return np.where(np.isneginf(logs), 0.0, np.exp(np.maximum(logs - highest, -MAX_DIFFERENCE)))


def forward_backward(packed: TimeMajor, transitions: Transitions, lengths: NDArray[np.int64]) -> Marginals:
    """Forward and backward weights of every tag at every token.

    lengths (NDArray[int64]): number of tokens of each text, in the order given to ``pack``.
    """
    rows = packed.rows
    emissions = np.exp(np.maximum(rows - rows.max(axis=1, keepdims=True), -MAX_DIFFERENCE))
    emissions[np.isneginf(rows)] = 0.0
    weights, start, end = (_to_weights(part) for part in transitions)
    forward, backward = np.empty_like(rows), np.empty_like(rows)
    log_weights = rows.max(axis=1)
    for t in range(len(packed)):
        arrived = packed.step(forward, t - 1, packed.sizes[t]) @ weights if t else start[None, :]
        unscaled = arrived * packed.step(emissions, t)
        scale = unscaled.sum(axis=1, keepdims=True)
        packed.step(forward, t)[:] = unscaled / scale
        packed.step(emissions, t)[:] /= scale
        packed.step(log_weights, t)[:] += np.log(scale[:, 0])
    for t in range(len(packed) - 1, -1, -1):
        here, n_after = packed.step(backward, t), 0 if t + 1 == len(packed) else packed.sizes[t + 1]
        left = packed.step(forward, t)[n_after:] @ end
        here[n_after:] = end / left[:, None]
        packed.step(log_weights, t)[n_after:] += np.log(left)
        if n_after:
            behind = packed.step(emissions, t + 1) * packed.step(backward, t + 1)
            here[:n_after] = behind @ weights.T
    return _by_text(*(packed.unpack(a) for a in (emissions, forward, backward, log_weights)), lengths)


def _by_text(
    emissions: Floats, forward: Floats, backward: Floats, log_weights: Floats, lengths: NDArray
) -> Marginals:
    lengths = lengths[lengths > 0]
    ends = np.cumsum(lengths)
    is_first, is_last = np.zeros(len(forward), dtype=bool), np.zeros(len(forward), dtype=bool)
    is_first[ends - lengths] = True
    is_last[ends - 1] = True
    before, after = np.roll(forward, 1, axis=0), np.roll(emissions * backward, -1, axis=0)
    before[is_first] = 0.0
    before[is_first, 0] = 1.0
    return Marginals(emissions, forward, backward, before, after, is_first, is_last, log_weights)


def span_probabilities(
    marginals: Marginals,
    transitions: Transitions,
    tag_set: TagSet,
    path: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Floats:
    """The probability that each span is an entity with exactly these borders and this label.

    path (NDArray[int64]): Shape: (n_tokens,), the tags of all texts; within a span those of its entity.
    starts, ends (NDArray[int64]): Shape: (n_spans,), first token and token behind the last, counted
        over all texts.
    RETURNS (Floats): Shape: (n_spans,), in [0, 1].
    """
    weights, start, _ = (_to_weights(part) for part in transitions)
    rows = np.arange(len(path))
    emitted = marginals.emissions[rows, path]
    inside = weights[np.roll(path, 1), path] * emitted
    with np.errstate(divide="ignore"):
        logs = np.concatenate(([0.0], np.cumsum(np.log(np.where(inside > 0, inside, 1.0)))))
    # The first token is reached from every tag before it that makes it a beginning ...
    first, last = path[starts], path[ends - 1]
    entering = np.where(
        marginals.is_first[starts],
        start[first],
        np.einsum("st,ts->s", marginals.before[starts], (weights * tag_set.begins)[:, first]),
    )
    # ... and the last one is left to every tag behind it that makes it an end.
    leaving = np.where(
        marginals.is_last[ends - 1],
        marginals.backward[ends - 1, last],
        np.einsum("st,st->s", marginals.after[ends - 1], (weights * tag_set.finishes)[last]),
    )
    product = entering * emitted[starts] * np.exp(logs[ends] - logs[starts + 1]) * leaving
    return np.clip(product, 0.0, 1.0)


def decode(
    scores: Sequence[NDArray],
    tag_set: TagSet,
    *,
    learned: Optional[Transitions] = None,
    temperature: float = 1.0,
    outside: Optional[Sequence[Optional[NDArray[np.bool_]]]] = None,
) -> List[List[ScoredSpan]]:
    """The entities of the best legal path of each text, each with its probability.

    scores (Sequence[NDArray]): for each text, Shape: (n_tokens, n_tags).
    learned (Optional[Transitions]): the head's own weights between tags.
    temperature (float): the scores are divided by it; above 1 the probabilities become more modest.
    outside (Optional[Sequence[Optional[NDArray[bool]]]]): for each text the tokens that must be O,
        Shape: (n_tokens,), or None.
    """
    lengths = np.array([len(text) for text in scores], dtype=np.int64)
    if not lengths.sum():
        return [[] for _ in scores]
    texts = [np.asarray(text, dtype=np.float64) / temperature for text in scores]
    for text, forced in zip(texts, outside or (), strict=False):
        if forced is not None:
            text[forced, 1:] = -np.inf
    if learned is not None:
        learned = Transitions(*(part / temperature for part in learned))
    transitions = constrain(tag_set, learned)
    packed = TimeMajor.pack(texts)
    path = packed.unpack(best_paths(packed, transitions))
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    spans = [tag_set.decode(path[a:b]) for a, b in pairwise(offsets)]
    return _with_scores(spans, path, packed, transitions, tag_set, lengths, offsets)


def _with_scores(
    spans: Sequence[List[TokenSpan]],
    path: NDArray[np.int64],
    packed: TimeMajor,
    transitions: Transitions,
    tag_set: TagSet,
    lengths: NDArray[np.int64],
    offsets: NDArray[np.int64],
) -> List[List[ScoredSpan]]:
    placed = list(zip(spans, offsets[:-1], strict=True))
    starts = np.array([span.start + base for text, base in placed for span in text], dtype=np.int64)
    ends = np.array([span.end + base for text, base in placed for span in text], dtype=np.int64)
    if not len(starts):
        return [[] for _ in spans]
    marginals = forward_backward(packed, transitions, lengths)
    probabilities = span_probabilities(marginals, transitions, tag_set, path, starts, ends)
    if tag_set.scheme == "IOB":
        swapped = path.copy()
        swapped[starts] = [tag_set.other_beginning(int(tag)) for tag in path[starts]]
        probabilities += span_probabilities(marginals, transitions, tag_set, swapped, starts, ends)
    scores = iter(np.clip(probabilities, 0.0, 1.0).tolist())
    return [[ScoredSpan(*span, next(scores)) for span in text] for text in spans]
