"""Intervals that cover the truth, and p-values beside those by going through all cases."""

from itertools import product

import numpy as np
import pytest

from spacy_bertfam.report.bootstrap import compare, intervals, prf

ONE = np.array([[3, 4, 5], [2, 2, 2], [1, 3, 2], [4, 4, 4], [0, 1, 3], [2, 3, 2]], dtype=np.float32)
TWO = np.array([[2, 4, 5], [2, 3, 2], [1, 2, 2], [3, 4, 4], [1, 1, 3], [1, 3, 2]], dtype=np.float32)


def f1(counts):
    right, predicted, gold = counts
    return 2 * right / (predicted + gold)


OBSERVED = f1(ONE.sum(axis=0)) - f1(TWO.sum(axis=0))


def compared(n=20_000, seed=0):
    (found,) = compare(ONE[:, None], TWO[:, None], seed=seed, n=n, few=1)
    return found


def test_the_p_value_of_shuffles_is_that_of_all_shuffles():
    extreme = 0
    for sides in product([False, True], repeat=len(ONE)):
        swap = np.array(sides)[:, None]
        first, second = np.where(swap, TWO, ONE), np.where(swap, ONE, TWO)
        extreme += abs(f1(first.sum(axis=0)) - f1(second.sum(axis=0))) >= abs(OBSERVED) - 1e-6
    assert compared().difference == pytest.approx(OBSERVED, abs=1e-6)
    assert compared().p_randomization == pytest.approx(extreme / 2 ** len(ONE), abs=0.01)


def test_the_p_value_and_interval_of_the_paired_bootstrap_are_those_of_all_draws():
    differences = []
    for places in product(range(len(ONE)), repeat=len(ONE)):
        differences.append(f1(ONE[list(places)].sum(axis=0)) - f1(TWO[list(places)].sum(axis=0)))
    differences = np.array(differences)
    exact = (np.abs(differences - OBSERVED) >= abs(OBSERVED) - 1e-6).mean()
    found = compared()
    assert found.p_bootstrap == pytest.approx(exact, abs=0.01)
    assert [found.low, found.high] == pytest.approx(np.quantile(differences, [0.025, 0.975]), abs=0.01)


def test_equal_predictions_do_not_differ():
    (found,) = compare(ONE[:, None], ONE[:, None], few=1)
    assert (found.difference, found.p_bootstrap, found.p_randomization) == (0, 1, 1)


def corpora(rng, n_docs=200, n_corpora=1):
    """Documents of unlike difficulty: the share of right entities is drawn for each. Shape: (n_docs, n_corpora, 3)."""
    share = rng.beta(8, 2, (n_docs, n_corpora))
    gold = rng.poisson(4, share.shape)
    right = rng.binomial(gold, share)
    predicted = right + rng.binomial(gold - right, 0.5) + rng.poisson(0.8, share.shape)
    return np.stack([right, predicted, gold], axis=-1).astype(np.float32)


def test_intervals_cover_the_truth_in_93_of_100_corpora():
    rng = np.random.default_rng(0)
    truth = prf(corpora(rng, 1_000_000).sum(axis=0, dtype=np.float64))
    low, high = intervals(corpora(rng, n_corpora=1000))
    covered = ((low <= truth) & (truth <= high)).mean(axis=0)
    assert covered.min() >= 0.93 and covered.max() < 0.97, covered


def test_a_seed_gives_the_same_again_and_draws_are_whole_documents():
    counts = corpora(np.random.default_rng(1), 30)
    assert np.array_equal(intervals(counts, seed=3), intervals(counts, seed=3))
    assert not np.array_equal(intervals(counts, seed=3), intervals(counts, seed=4))
    assert intervals(np.repeat(counts[:1], 19, axis=0))[0] == pytest.approx(prf(counts[:1].sum(axis=0)))


def test_what_is_never_there_has_no_interval():
    counts = np.zeros((10, 2, 3), dtype=np.float32)
    counts[:, 0] = 1
    ends = intervals(counts)
    assert np.isnan(ends[:, 1]).all() and (ends[:, 0] == 1).all()


def test_a_row_in_few_documents_has_no_interval_and_no_bootstrap():
    counts = np.zeros((40, 2, 3), dtype=np.float32)
    counts[:, 0] = counts[:9, 1] = (1, 2, 2)
    ends = intervals(counts)
    assert np.isnan(ends[:, 1]).all() and not np.isnan(ends[:, 0]).any()
    often, rare = compare(counts, np.zeros_like(counts))
    assert often.low == 0.5 and np.isnan([rare.low, rare.high, rare.p_bootstrap]).all()
    assert rare.p_randomization < 0.05
