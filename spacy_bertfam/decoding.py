"""Tag scores to scored spans: constrained best path and exact span probability.

Everything here is exact over the lattice of legal tags, see ``lattice``. All texts of a batch advance
together.
"""

from itertools import accumulate, pairwise
from typing import List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from .lattice import Floats, Marginals, TimeMajor, best_paths, forward_backward, over_stretches, to_weights
from .tags import TagSet
from .types import Bools1d, Ints1d, ScoredSpan, TokenSpan, Transitions


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


def decode(
    scores: Sequence[NDArray],
    tag_set: TagSet,
    *,
    learned: Optional[Transitions] = None,
    temperature: float = 1.0,
    outside: Optional[Sequence[Optional[Bools1d]]] = None,
) -> List[List[ScoredSpan]]:
    """The entities of the best legal path of each text, each with its probability.

    scores (Sequence[NDArray]): for each text, Shape: (n_tokens, n_tags).
    outside (Optional[Sequence[Optional[NDArray[bool]]]]): for each text the tokens that must be O,
        Shape: (n_tokens,), or None.
    The other arguments are those of ``decode_rows``.
    """
    lengths = np.array([len(text) for text in scores], dtype=np.int64)
    if not lengths.sum():
        return [[] for _ in scores]
    masks = [np.zeros(n, dtype=bool) for n in lengths] if outside else []
    for mask, forced in zip(masks, outside or (), strict=False):
        if forced is not None:
            mask[:] = forced
    spans = decode_rows(
        np.concatenate(list(scores)),
        lengths,
        tag_set,
        learned=learned,
        temperature=temperature,
        outside=np.concatenate(masks) if masks else None,
    )
    return split_spans(spans, lengths)


def split_spans(spans: Sequence[ScoredSpan], lengths: Ints1d) -> List[List[ScoredSpan]]:
    """Spans over texts end to end to the spans of each text.

    spans (Sequence[ScoredSpan]): in the order of the texts.
    lengths (Ints1d): tokens of each text; Shape: (n_texts,).
    """
    result: List[List[ScoredSpan]] = []
    position = 0
    for base, end in pairwise(accumulate(lengths.tolist(), initial=0)):
        first = position
        while position < len(spans) and spans[position].start < end:
            position += 1
        result.append([ScoredSpan(a - base, b - base, label, p) for a, b, label, p in spans[first:position]])
    return result


def decode_rows(
    rows: NDArray,
    lengths: Ints1d,
    tag_set: TagSet,
    *,
    learned: Optional[Transitions] = None,
    temperature: float = 1.0,
    outside: Optional[Bools1d] = None,
) -> List[ScoredSpan]:
    """As ``decode``, on texts that stand end to end.

    rows (NDArray): Shape: (n_tokens, n_tags), at least one.
    lengths (Ints1d): tokens of each text; Shape: (n_texts,).
    learned (Optional[Transitions]): the head's own weights between tags.
    temperature (float): the scores are divided by it; above 1 the probabilities become more modest.
    outside (Optional[NDArray[bool]]): tokens that must be O; Shape: (n_tokens,).
    RETURNS (List[ScoredSpan]): their tokens are counted over all texts.
    """
    if learned is not None:
        learned = Transitions(*(part / temperature for part in learned))
    transitions = constrain(tag_set, learned)

    def run(packed: TimeMajor) -> List[ScoredSpan]:
        if temperature != 1.0:
            np.divide(packed.rows, temperature, out=packed.rows)
        if outside is not None:
            packed.rows[packed.place[outside], 1:] = -np.inf
        path = packed.unpack(best_paths(packed, transitions))
        spans = spans_of(path, lengths, tag_set)
        return _with_scores(spans, path, packed, transitions, tag_set) if spans else []

    return over_stretches(rows, lengths, run)


def spans_of(path: Ints1d, lengths: Ints1d, tag_set: TagSet) -> List[TokenSpan]:
    """Legal tags of texts end to end to their spans."""
    text = np.repeat(np.arange(len(lengths)), lengths)
    padded = np.zeros(
        len(path) + len(lengths), dtype=np.int64
    )  # an O behind each text parts it from the next
    padded[np.arange(len(path)) + text] = path
    behind = (text + np.arange(len(path))).searchsorted
    found = tag_set.decode(padded)
    starts = behind(np.array([span.start for span in found], dtype=np.int64)).tolist()
    return [
        TokenSpan(start, start + span.end - span.start, span.label)
        for start, span in zip(starts, found, strict=True)
    ]


def _with_scores(
    spans: Sequence[TokenSpan], path: Ints1d, packed: TimeMajor, transitions: Transitions, tag_set: TagSet
) -> List[ScoredSpan]:
    starts = np.array([span.start for span in spans], dtype=np.int64)
    ends = np.array([span.end for span in spans], dtype=np.int64)
    marginals = forward_backward(packed, transitions)
    probabilities = span_probabilities(packed, marginals, transitions, tag_set, path, starts, ends)
    if tag_set.scheme == "IOB":
        swapped = path.copy()
        swapped[starts] = [tag_set.other_beginning(int(tag)) for tag in path[starts]]
        probabilities += span_probabilities(packed, marginals, transitions, tag_set, swapped, starts, ends)
    scores = np.clip(probabilities, 0.0, 1.0).tolist()
    return [ScoredSpan(*span, score) for span, score in zip(spans, scores, strict=True)]


def span_probabilities(
    packed: TimeMajor,
    marginals: Marginals,
    transitions: Transitions,
    tag_set: TagSet,
    path: Ints1d,
    starts: Ints1d,
    ends: Ints1d,
) -> Floats:
    """The probability that each span is an entity with exactly these borders and this label.

    path (Ints1d): Shape: (n_tokens,), the tags of all texts; within a span those of its entity.
    starts, ends (Ints1d): Shape: (n_spans,), first token and token behind the last, counted
        over all texts.
    RETURNS (Floats): Shape: (n_spans,), in [0, 1].
    """
    weights, start, _ = (to_weights(part) for part in transitions)
    place = packed.place
    emitted = marginals.emissions[place, path]
    inside = weights[np.roll(path, 1), path] * emitted
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.where(inside > 0, inside, 1.0)))))
    # The first token is reached from every tag before it that makes it a beginning ...
    first, last = path[starts], path[ends - 1]
    before = marginals.forward[place[starts - 1]]
    entering = np.where(
        packed.begins_text[starts],
        start[first],
        np.einsum("st,ts->s", before, (weights * tag_set.begins)[:, first]),
    )
    # ... and the last one is left to every tag behind it that makes it an end.
    rows_behind = place[ends % len(path)]
    behind = marginals.emissions[rows_behind] * marginals.backward[rows_behind]
    leaving = np.where(
        packed.ends_text[ends - 1],
        marginals.backward[place[ends - 1], last],
        np.einsum("st,st->s", behind, (weights * tag_set.finishes)[last]),
    )
    product = entering * emitted[starts] * np.exp(logs[ends] - logs[starts + 1]) * leaving
    return np.clip(product, 0.0, 1.0)
