"""Every sequence of tags over a few tokens, one by one: what the lattice sums up and searches without them."""

from functools import cache
from itertools import product

import numpy as np


@cache
def all_paths(n_tokens, n_tags):
    """Shape: (n_paths, n_tokens)."""
    return np.array(list(product(range(n_tags), repeat=n_tokens)))


def path_logs(scores, transitions, paths=None):
    """For each path of one text the log of its weight; Shape: (n_paths,).

    transitions (Transitions): weights between tags.
    """
    paths = all_paths(*scores.shape) if paths is None else paths
    between, start, end = transitions
    logs = scores[np.arange(len(scores)), paths].sum(axis=1)
    return logs + start[paths[:, 0]] + end[paths[:, -1]] + between[paths[:, :-1], paths[:, 1:]].sum(axis=1)


def shares_of(logs):
    """Logs of weights to shares of the whole."""
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


@cache
def legal_paths(tag_set, n_tokens):
    """RETURNS (tuple): the legal paths, Shape: (n_paths, n_tokens), and the spans of each."""
    paths = [
        (path, spans_of([tag_set.tags[i] for i in path], tag_set.scheme))
        for path in all_paths(n_tokens, len(tag_set))
    ]
    legal = [(path, spans) for path, spans in paths if spans is not None]
    return np.array([path for path, _ in legal]), [spans for _, spans in legal]


def spans_of(tags, scheme):
    """The spans of a sequence of tags, or None where it is illegal; by reading from left to right."""
    tags, spans, start = [*tags, "O"], [], None
    for i, tag in enumerate(tags):
        before = tags[i - 1] if i else "O"
        prefix, label = (tag[0], tag[2:]) if tag != "O" else ("O", "")
        prefix = {"L": "E", "U": "S"}.get(prefix, prefix)
        before_label = before[2:]
        if scheme in ("IO", "IOB"):
            goes_on = prefix == "I" and label == before_label
        else:
            goes_on = prefix in "IE"
            if goes_on and (start is None or label != before_label):
                return None
        if start is not None and not goes_on:
            if scheme in ("BIOES", "BILUO") and before[0] not in "ELSU":
                return None
            spans.append((start, i, before_label))
            start = None
        if prefix != "O" and not goes_on:
            start = i
        if start is not None and goes_on and scheme in ("BIOES", "BILUO") and before[0] in "ELSU":
            return None
    return spans


def span_probabilities(scores, tag_set, learned=None, temperature=1.0, outside=None):
    """RETURNS (tuple): spans of the best legal path, and the probability of every span there can be."""
    paths, all_spans = legal_paths(tag_set, len(scores))
    n_tags = len(tag_set)
    if learned is None:
        learned = np.zeros((n_tags, n_tags)), np.zeros(n_tags), np.zeros(n_tags)
    logs = path_logs(scores, learned, paths) / temperature
    if outside is not None:
        logs[(paths[:, outside] > 0).any(axis=1)] = -np.inf
    probabilities = {}
    for share, spans in zip(shares_of(logs).tolist(), all_spans, strict=True):
        for span in spans:
            probabilities[span] = probabilities.get(span, 0.0) + share
    return all_spans[int(logs.argmax())], probabilities
