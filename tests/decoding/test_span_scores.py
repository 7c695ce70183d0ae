"""Spans off a path, and the share of all paths that have each."""

from dataclasses import replace

import numpy as np
import pytest
from all_paths import span_probabilities
from tagging import encode

from spacy_bertfam.decoding.chain import MatrixBetween, SchemeBetween, constrain
from spacy_bertfam.decoding.lattice import forward_backward
from spacy_bertfam.decoding.packing import TagScores
from spacy_bertfam.decoding.span_scores import score_spans, spans_of
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

LENGTHS = np.array([3, 0, 1, 2, 3])
LABELS = ("A", "B")


def some_lattice(tag_set, has_learned):
    rng = np.random.default_rng(len(tag_set))
    n = len(tag_set)
    rows = rng.normal(scale=2.0, size=(LENGTHS.sum(), n))
    rows[4, 1:] = -np.inf
    learned = Transitions(*(rng.normal(size=shape) for shape in ((n, n), n, n))) if has_learned else None
    chain = constrain(tag_set, learned)
    if not has_learned:
        chain = chain._replace(between=SchemeBetween(tag_set))
    return rows, learned, forward_backward(TagScores(rows).pack(LENGTHS), chain)


@pytest.mark.parametrize("has_learned", [True, False])
@pytest.mark.parametrize("scheme", PREFIXES)
def test_each_span_has_the_share_of_the_paths_that_have_it(scheme, has_learned):
    tag_set = TagSet(scheme, LABELS)
    rows, learned, marginals = some_lattice(tag_set, has_learned)
    assert isinstance(marginals.chain.between, MatrixBetween if has_learned else SchemeBetween)
    n_scored = 0
    for text_end, length in zip(np.cumsum(LENGTHS).tolist(), LENGTHS.tolist(), strict=True):
        if not length:
            continue
        base = text_end - length
        _, probabilities = span_probabilities(rows[base:text_end], tag_set, learned)
        for (start, end, label), expected in probabilities.items():
            path = encode(tag_set, [(base + start, base + end, label)], len(rows))
            kept = path.copy()
            (found,) = score_spans(marginals, tag_set, path, np.array([base + start]), np.array([base + end]))
            assert found == pytest.approx(expected, abs=1e-12)
            assert np.array_equal(path, kept)
            n_scored += 1
    assert n_scored == 2 * (6 + 1 + 3 + 6)


def test_spans_of_several_texts_are_scored_together():
    tag_set = TagSet("BIOES", LABELS)
    rows, learned, marginals = some_lattice(tag_set, True)
    spans = [(0, 2, "A"), (2, 3, "B"), (3, 4, "A"), (6, 9, "B")]
    starts, ends, _ = np.array(spans, dtype=object).T
    path = encode(tag_set, spans, len(rows))
    found = score_spans(marginals, tag_set, path, starts.astype(int), ends.astype(int))
    of_texts = [span_probabilities(rows[a:b], tag_set, learned)[1] for a, b in ((0, 3), (3, 4), (6, 9))]
    first, second, last = of_texts
    expected = [first[0, 2, "A"], first[2, 3, "B"], second[0, 1, "A"], last[0, 3, "B"]]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_probability_is_at_most_1_whatever_rounding_makes_of_it():
    tag_set = TagSet("IO", ("A",))
    marginals = forward_backward(TagScores(np.array([[0.0, 60.0]])).pack(), constrain(tag_set))
    marginals = replace(marginals, backward=marginals.backward * 1.5)
    one = np.ones(1, dtype=np.int64)
    assert score_spans(marginals, tag_set, one, one - 1, one).tolist() == [1.0]


def test_spans_of_texts_end_to_end_do_not_touch():
    """Two texts, of which the first ends with an entity and the last begins with one; a third is empty."""
    tag_set = TagSet("IO", LABELS)
    found = spans_of(np.array([0, 1, 1, 1, 2, 2]), np.array([3, 0, 2, 1]), tag_set)
    assert [array.tolist() for array in found] == [[1, 3, 4, 5], [3, 4, 5, 6], [0, 0, 1, 1]]
    assert [len(array) for array in spans_of(np.zeros(2, dtype=np.int64), np.array([2]), tag_set)] == [0] * 3
