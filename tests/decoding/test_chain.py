"""The weights between tags: a matrix of them and the scheme's own structure say the same, pair by pair."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_bertfam.decoding import chain
from spacy_bertfam.decoding.chain import MatrixBetween, SchemeBetween, constrain
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

SCHEMES = tuple(PREFIXES)
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def both(tag_set):
    """The weights of a scheme alone as a matrix, by the definition, and by its structure."""
    tags = np.arange(len(tag_set))
    legal = np.array([[bool(tag_set.legal(a, b)) for b in tags] for a in tags])
    return MatrixBetween(np.where(legal, 0.0, -np.inf)), SchemeBetween(tag_set)


@st.composite
def cases(draw):
    """RETURNS (tuple): a tag set, and a generator for rows of its width."""
    labels = [f"L{i}" for i in range(draw(st.integers(1, 4)))]
    tag_set = TagSet(draw(st.sampled_from(SCHEMES)), tuple(labels))
    return tag_set, draw(st.integers(0, 5)), np.random.default_rng(draw(st.integers(0, 10_000)))


@EXAMPLES
@given(cases())
def test_sums_of_weights_are_those_of_the_matrix(case):
    tag_set, n_rows, rng = case
    matrix, scheme = both(tag_set)
    weights = rng.random((n_rows, len(tag_set)))
    before = weights.copy()
    np.testing.assert_allclose(scheme.arrive(weights), weights @ np.exp(matrix.logs), rtol=1e-13)
    np.testing.assert_allclose(matrix.arrive(weights), weights @ np.exp(matrix.logs), rtol=1e-13)
    np.testing.assert_allclose(scheme.leave(weights), weights @ np.exp(matrix.logs.T), rtol=1e-13)
    np.testing.assert_allclose(matrix.leave(weights), weights @ np.exp(matrix.logs.T), rtol=1e-13)
    tags, rows = rng.integers(len(tag_set), size=n_rows), np.arange(n_rows)
    for between in (matrix, scheme):
        np.testing.assert_allclose(
            between.arrive_at(weights, tags), matrix.arrive(weights)[rows, tags], rtol=1e-13
        )
        np.testing.assert_allclose(
            between.leave_from(weights, tags), matrix.leave(weights)[rows, tags], rtol=1e-13
        )
    assert np.array_equal(weights, before)


@EXAMPLES
@given(cases(), st.booleans(), st.booleans())
def test_best_sums_and_the_way_back_are_those_of_the_matrix(case, has_ties, has_forbidden):
    tag_set, n_rows, rng = case
    matrix, scheme = both(tag_set)
    sums = rng.normal(scale=3.0, size=(n_rows, len(tag_set)))
    if has_ties:
        sums = sums.round()
    if has_forbidden:
        sums[:, 1:][rng.random((n_rows, len(tag_set) - 1)) < 0.5] = -np.inf
    pairs = sums[:, :, None] + matrix.logs
    assert np.array_equal(scheme.arrive_best(sums), pairs.max(axis=1))
    assert np.array_equal(matrix.arrive_best(sums), pairs.max(axis=1))
    searches = matrix.search_back(sums), scheme.search_back(sums)
    for _ in range(2):  # a search leaves nothing behind for the next one
        following = rng.integers(len(tag_set), size=n_rows)
        reached = np.isfinite(pairs.max(axis=1)[np.arange(n_rows), following])
        expected = pairs.argmax(axis=1)[np.arange(n_rows), following]
        for search in searches:
            assert np.array_equal(search(slice(0, n_rows), following)[reached], expected[reached])
            for row in np.flatnonzero(reached):
                assert search(np.array([row]), following[[row]]) == [expected[row]]


@EXAMPLES
@given(cases())
def test_weights_of_pairs_are_those_of_the_matrix(case):
    matrix, scheme = both(case[0])
    tags = np.arange(len(case[0]))
    for between in (matrix, scheme):
        assert np.array_equal(between.weight(tags[:, None], tags), np.exp(matrix.logs))
        assert np.array_equal(between.log_weight(tags[:, None], tags), matrix.logs)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_few_tags_are_a_matrix_and_many_are_not(scheme):
    assert isinstance(constrain(TagSet(scheme, ("A", "B"))).between, MatrixBetween)
    many = TagSet(scheme, tuple(f"L{i}" for i in range(100)))
    assert isinstance(constrain(many).between, SchemeBetween)
    n = len(many)
    learned = Transitions(np.zeros((n, n)), np.zeros(n), np.zeros(n))
    assert isinstance(constrain(many, learned).between, MatrixBetween)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_text_begins_and_ends_as_if_an_o_stood_around_it(scheme):
    tag_set = TagSet(scheme, ("A", "B"))
    between, start, end = constrain(tag_set)
    assert np.array_equal(start, between.logs[0]) and np.array_equal(end, between.logs[:, 0])
    n = len(tag_set)
    learned = Transitions(np.ones((n, n)), np.full(n, 2.0), np.full(n, 3.0))
    assert np.array_equal(constrain(tag_set, learned).start, start + 2.0)
    assert np.array_equal(constrain(tag_set, learned).end, end + 3.0)


@pytest.mark.parametrize("n_cells", [1, 10, 100])
def test_a_search_row_by_row_finds_what_a_search_of_all_rows_finds(n_cells, monkeypatch):
    rng = np.random.default_rng(0)
    logs, sums = rng.normal(size=(7, 7)), rng.normal(size=(5, 7))
    expected = MatrixBetween(logs).arrive_best(sums)
    monkeypatch.setattr(chain, "FEW_KINDS", 3)
    monkeypatch.setattr(chain, "MAX_SUMS_OF_ROW", n_cells)
    assert np.array_equal(MatrixBetween(logs).arrive_best(sums), expected)
