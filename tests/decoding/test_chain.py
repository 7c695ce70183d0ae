"""The weights between tags: a matrix of them and the scheme's own structure say the same, pair by pair."""

import numpy as np
import pytest

from spacy_bertfam.decoding import chain
from spacy_bertfam.decoding.chain import MatrixBetween, SchemeBetween, constrain, to_weights
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

SCHEMES = tuple(PREFIXES)
N_ROWS = 6
of_any_labels = pytest.mark.parametrize(
    "tag_set", [TagSet(s, tuple("ABCD"[:n])) for s in SCHEMES for n in (1, 2, 4)], ids=str
)


def both(tag_set):
    """The weights of a scheme alone as a matrix, by the definition, and by its structure."""
    tags = np.arange(len(tag_set))
    legal = np.array([[bool(tag_set.legal(a, b)) for b in tags] for a in tags])
    return MatrixBetween(np.where(legal, 0.0, -np.inf)), SchemeBetween(tag_set)


@of_any_labels
@pytest.mark.parametrize("n_rows", [0, N_ROWS])
def test_sums_of_weights_are_those_of_the_matrix(tag_set, n_rows):
    matrix, scheme = both(tag_set)
    rng = np.random.default_rng(len(tag_set))
    weights, all_tags = rng.random((n_rows, len(tag_set))), np.arange(len(tag_set))
    before = weights.copy()
    arrived, left = weights @ np.exp(matrix.logs), weights @ np.exp(matrix.logs.T)
    for between in (matrix, scheme):
        np.testing.assert_allclose(between.arrive(weights), arrived, rtol=1e-13)
        np.testing.assert_allclose(between.leave(weights), left, rtol=1e-13)
        for tag in all_tags:
            tags = (tag + np.arange(n_rows)) % len(tag_set)
            expected = [array[np.arange(n_rows), tags] for array in (arrived, left)]
            np.testing.assert_allclose(between.arrive_at(weights, tags), expected[0], rtol=1e-13)
            np.testing.assert_allclose(between.leave_from(weights, tags), expected[1], rtol=1e-13)
    assert np.array_equal(weights, before)


@of_any_labels
@pytest.mark.parametrize("has_forbidden", [False, True])
@pytest.mark.parametrize("has_ties", [False, True])
def test_best_sums_and_the_way_back_are_those_of_the_matrix(tag_set, has_ties, has_forbidden):
    matrix, scheme = both(tag_set)
    rng = np.random.default_rng(len(tag_set))
    sums = rng.normal(scale=3.0, size=(N_ROWS, len(tag_set)))
    if has_ties:
        sums = sums.round()
    if has_forbidden:
        sums[:, 1:][rng.random((N_ROWS, len(tag_set) - 1)) < 0.5] = -np.inf
    pairs = sums[:, :, None] + matrix.logs
    highest, first = pairs.max(axis=1), pairs.argmax(axis=1)
    all_rows = np.arange(N_ROWS)
    for between in (matrix, scheme):
        assert np.array_equal(between.arrive_best(sums), highest)
        search = between.search_back(sums)
        for tag in range(len(tag_set)):
            following = (tag + all_rows) % len(tag_set)
            reached = np.isfinite(highest[all_rows, following])
            expected = first[all_rows, following][reached]
            assert np.array_equal(search(slice(0, N_ROWS), following)[reached], expected)
            assert np.array_equal(search(all_rows[::-1], following[::-1])[::-1][reached], expected)
            some = all_rows[reached][1:2]
            assert np.array_equal(search(some, following[some]), first[some, following[some]])


@of_any_labels
def test_weights_of_pairs_are_those_of_the_matrix(tag_set):
    matrix, scheme = both(tag_set)
    tags = np.arange(len(tag_set))
    for between in (matrix, scheme):
        weights = between.weight(tags[:, None], tags)
        assert weights.dtype == np.float64
        assert np.array_equal(weights, np.exp(matrix.logs))
        assert np.array_equal(between.log_weight(tags[:, None], tags), matrix.logs)
        assert np.array_equal(between.weight(tags, tags[::-1]), np.exp(matrix.logs)[tags, tags[::-1]])
        assert np.array_equal(between.log_weight(tags, tags[::-1]), matrix.logs[tags, tags[::-1]])


def test_learned_weights_are_relative_to_the_highest_and_cut_off_far_below_it():
    logs = np.array([[7.0, -200.0], [6.0, -np.inf]])
    expected = np.array([[1.0, np.exp(-100.0)], [np.exp(-1.0), 0.0]])
    np.testing.assert_allclose(to_weights(logs), expected, rtol=1e-14)
    between, tags = MatrixBetween(logs), np.arange(2)
    np.testing.assert_allclose(between.weight(tags[:, None], tags), expected, rtol=1e-14)
    assert np.array_equal(between.log_weight(tags[:, None], tags), logs)


def test_up_to_32_tags_are_a_matrix():
    kinds = {n: type(constrain(TagSet("IO", tuple(map(str, range(n))))).between) for n in (31, 32)}
    assert kinds == {31: MatrixBetween, 32: SchemeBetween}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_few_tags_are_a_matrix_and_many_are_not(scheme):
    assert isinstance(constrain(TagSet(scheme, ("A", "B"))).between, MatrixBetween)
    many = TagSet(scheme, tuple(f"L{i}" for i in range(100)))
    assert isinstance(constrain(many).between, SchemeBetween)
    n = len(many)
    learned = Transitions(np.zeros((n, n)), np.zeros(n), np.zeros(n))
    assert isinstance(constrain(many, learned).between, MatrixBetween)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_text_begins_and_ends_as_if_an_o_stood_around_it(scheme, monkeypatch):
    tag_set = TagSet(scheme, ("A", "B"))
    between, start, end = constrain(tag_set)
    assert np.array_equal(start, between.logs[0]) and np.array_equal(end, between.logs[:, 0])
    n = len(tag_set)
    learned = Transitions(np.arange(n * n).reshape(n, n), np.full(n, 2.0), np.full(n, 3.0))
    found = constrain(tag_set, learned)
    assert np.array_equal(found.between.logs, both(tag_set)[0].logs + learned.between)
    assert np.array_equal(found.start, start + 2.0) and np.array_equal(found.end, end + 3.0)
    monkeypatch.setattr(chain, "FEW_TAGS", 0)
    found = constrain(tag_set)
    assert found.between == SchemeBetween(tag_set)
    assert np.array_equal(found.start, start) and np.array_equal(found.end, end)


@pytest.mark.parametrize("n_cells", [1, 10, 100])
def test_a_search_row_by_row_finds_what_a_search_of_all_rows_finds(n_cells, monkeypatch):
    rng = np.random.default_rng(0)
    logs, sums = rng.normal(size=(7, 7)), rng.normal(size=(5, 7))
    expected = MatrixBetween(logs).arrive_best(sums)
    monkeypatch.setattr(chain, "FEW_KINDS", 3)
    monkeypatch.setattr(chain, "MAX_SUMS_OF_ROW", n_cells)
    assert np.array_equal(MatrixBetween(logs).arrive_best(sums), expected)
