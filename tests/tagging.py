"""Spans to the tags of a scheme, and back, one by one."""

import numpy as np

from spacy_bertfam.decoding.tags import PREFIXES


def span_tags(tag_set, length, label):
    """RETURNS (list[str]): the tags of one entity of ``length`` tokens."""
    if tag_set.scheme == "IO":
        return [f"I-{label}"] * length
    if tag_set.scheme in ("IOB", "IOB2"):
        return [f"B-{label}"] + [f"I-{label}"] * (length - 1)
    first, inner, last, unit = PREFIXES[tag_set.scheme][0], "I", *PREFIXES[tag_set.scheme][2:]
    if length == 1:
        return [f"{unit}-{label}"]
    return [f"{first}-{label}"] + [f"{inner}-{label}"] * (length - 2) + [f"{last}-{label}"]


def encode(tag_set, spans, n_tokens):
    """spans: start, end and label of each. RETURNS (Ints1d): Shape: (n_tokens,)."""
    ids = np.zeros(n_tokens, dtype=np.int64)
    for start, end, label in spans:
        ids[start:end] = [tag_set.tag_to_id[tag] for tag in span_tags(tag_set, end - start, label)]
    return ids


def decode_ids(tag_set, ids):
    """RETURNS (list[tuple[int, int, str]]): start, end and label of each span."""
    rows = (column.tolist() for column in tag_set.decode(ids))
    return [(start, end, tag_set.labels[label]) for start, end, label in zip(*rows, strict=True)]
