"""Tests of thresholds: p-values against brute force, and promises that hold as often as they say."""

from math import comb

import numpy as np
import pytest

from spacy_bertfam.evaluation.evidence import Cut, Trials
from spacy_bertfam.evaluation.risk import (
    FEWEST_TEXTS,
    Claim,
    binomial_tail,
    design_effect,
    last_kept,
    p_value,
)


def trials(n, wrong):
    return Trials(np.array(n), np.array(wrong))


@pytest.mark.parametrize(("wrong", "n", "rate"), [(0, 45, 0.05), (3, 10, 0.3), (10, 10, 0.3), (0, 0, 0.1)])
def test_the_tail_is_the_sum_of_all_cases(wrong, n, rate):
    expected = sum(comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(wrong + 1))
    assert binomial_tail(wrong, n, rate) == pytest.approx(expected)


def test_the_tail_of_many_is_finite():
    assert binomial_tail(5000, 100_000, 0.05) == pytest.approx(0.5, abs=0.01)
    assert binomial_tail(100, 1_000_000, 0.5) == 0.0


def test_the_fewest_that_can_promise_are_those_whose_tail_is_at_the_level():
    claim = Claim(0.05, 0.1)
    assert claim.fewest == 45
    assert binomial_tail(0, 45, 0.05) <= 0.1 < binomial_tail(0, 44, 0.05)


def test_entities_that_hang_together_in_texts_count_for_less():
    one_by_one = trials([1] * 200, [1] * 20 + [0] * 180)
    together = trials([10] * 50, [10] * 5 + [0] * 45)
    assert design_effect(one_by_one) == pytest.approx(1.0, abs=0.01)
    assert design_effect(together) == pytest.approx(10 * 50 / 49)
    assert p_value(together, 0.2) > 0.05 > 0.01 > p_value(one_by_one, 0.2)
    assert p_value(one_by_one, 0.2, effect=10.0) > 0.1
    assert design_effect(trials([10] * 50, [0] * 50)) == 1.0


def test_few_texts_promise_nothing():
    assert p_value(trials([50] * (FEWEST_TEXTS - 1) + [0], [0] * FEWEST_TEXTS), 0.05) == 1.0
    assert p_value(trials([50] * FEWEST_TEXTS, [0] * FEWEST_TEXTS), 0.05) < 1e-9


def test_a_trial_that_goes_right_twice_is_refused():
    with pytest.raises(ValueError, match="More went right in a text than was tried"):
        p_value(trials([2] * 60, [-4] + [1] * 59), 0.05)


def test_the_walk_ends_before_the_first_that_fails():
    bad = {0.9: 0, 0.8: 2, 0.7: 30, 0.6: 0, 0.0: 30}
    cuts = [Cut(score) for score in (0.9, 0.8, 0.7, 0.6)]

    def tried(cut):
        return trials([1] * 200, [1] * bad[cut.entities] + [0] * (200 - bad[cut.entities]))

    assert last_kept(cuts, tried, Claim(0.05, 0.1)) == Cut(0.8)
    assert last_kept(cuts[2:], tried, Claim(0.05, 0.1)) is None


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_a_rate_beyond_the_promise_passes_no_more_often_than_the_level(spread):
    """Texts of 1 to 15 entities; with a spread, whole texts are worse than others."""
    rng, level, n_passed = np.random.default_rng(0), 0.1, 0
    for _ in range(1000):
        n = rng.integers(1, 16, size=150)
        rate = 0.05 if not spread else rng.beta(0.05 / spread, 0.95 / spread, size=150)
        n_passed += p_value(trials(n, rng.binomial(n, rate)), 0.05) <= level
    assert 0.03 < n_passed / 1000 < 0.13
