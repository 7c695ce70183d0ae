"""The probability of the best tags, beside that of an enumeration of all."""

from itertools import pairwise, product

import numpy as np
import pytest

from spacy_bertfam.decoding.best_sequence import best_log_probabilities
from spacy_bertfam.decoding.chain import constrain
from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.types import Transitions

LENGTHS = np.array([3, 0, 1, 4])


def enumerate_best(rows, tag_set, temperature, learned):
    """The log of the share of the best of all legal sequences."""
    chain = constrain(tag_set, learned)
    ids = np.arange(len(tag_set))
    between = chain.between.log_weight(ids[:, None], ids)
    totals = []
    for tags in product(range(len(tag_set)), repeat=len(rows)):
        pairs = sum(between[a, b] for a, b in pairwise(tags))
        own = sum(row[tag] for row, tag in zip(rows, tags, strict=True))
        totals.append((own + pairs + chain.start[tags[0]] + chain.end[tags[-1]]) / temperature)
    return max(totals) - np.logaddexp.reduce(totals)


@pytest.mark.parametrize("scheme", ["IO", "IOB2", "BIOES"])
@pytest.mark.parametrize("is_learned", [False, True])
def test_it_is_the_share_of_the_best_of_all_legal_sequences(scheme, is_learned):
    tag_set = TagSet(scheme, ("A", "B"))
    n = len(tag_set)
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(int(LENGTHS.sum()), n)) * 2
    learned = None
    if is_learned:
        shapes = ((n, n), (n,), (n,))
        learned = Transitions(*(generator.normal(size=shape) for shape in shapes))
    found = best_log_probabilities(rows, LENGTHS, tag_set, learned=learned, temperature=1.5)
    ends = np.cumsum(LENGTHS)
    expected = [
        enumerate_best(rows[end - length : end], tag_set, 1.5, learned) if length else 0.0
        for end, length in zip(ends, LENGTHS, strict=True)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert (found[LENGTHS > 0] < -0.01).all()


def test_a_long_text_has_the_sum_of_independent_parts():
    """Segments of 64 tokens, of which each must end with what the next one begins with."""
    tag_set = TagSet("IO", ("A",))
    rows = np.random.default_rng(2).normal(size=(300, 2))
    shares = rows.max(axis=1) - np.logaddexp.reduce(rows, axis=1)
    found = best_log_probabilities(rows, np.array([300]), tag_set)
    np.testing.assert_allclose(found, [shares.sum()], rtol=1e-9)


def test_tokens_that_are_known_or_not_read_are_no_choice():
    tag_set = TagSet("IO", ("A",))
    rows = np.zeros((3, 2))
    outside, words = np.array([True, False, False]), np.array([True, True, False])
    found = best_log_probabilities(rows, np.array([3]), tag_set, outside=outside, words=words)
    np.testing.assert_allclose(found, [np.log(0.5)])
