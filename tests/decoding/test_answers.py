"""Answers by start and end: every probability against a sum over all spans, one by one."""

from itertools import product
from math import exp

import numpy as np
import pytest

from spacy_bertfam.decoding.answers import answer_distribution, answer_loss


def brute_force(scores, words, max_length, temperature=1.0):
    """RETURNS (dict): span -> probability, None for no answer."""
    n = len(words)
    weights = {None: exp((scores[0, 0] + scores[0, 1]) / temperature)}
    for i, j in product(range(n), range(n)):
        if i <= j < i + max_length and words[i] and words[j]:
            weights[i, j + 1] = exp((float(scores[1 + i, 0]) + float(scores[1 + j, 1])) / temperature)
    total = sum(weights.values())
    return {span: weight / total for span, weight in weights.items()}


def made_up(n, *, seed=0, blank=()):
    scores = np.random.default_rng(seed).normal(size=(n + 1, 2)).astype("float32")
    words = np.ones(n, dtype=bool)
    words[list(blank)] = False
    return scores, words


CASES = [
    (1, 1, ()),
    (5, 2, ()),
    (5, 9, ()),
    (6, 3, (0, 3)),
    (4, 4, (0, 1, 2, 3)),
]


@pytest.mark.parametrize("n, max_length, blank", CASES)
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_probabilities_are_those_of_a_sum_over_all_spans(n, max_length, blank, temperature):
    scores, words = made_up(n, blank=blank)
    expected = brute_force(scores, words, max_length, temperature)
    found = answer_distribution(scores, words, max_length=max_length, temperature=temperature)
    assert found.nothing == pytest.approx(expected.pop(None))
    assert found.nothing + found.spans.sum() == pytest.approx(1)
    for i, k in product(*map(range, found.spans.shape)):
        assert found.spans[i, k] == pytest.approx(expected.get((i, i + k + 1), 0.0))


@pytest.mark.parametrize("n, max_length, blank", CASES)
def test_the_best_answers_are_the_most_probable_ones(n, max_length, blank):
    scores, words = made_up(n, seed=1, blank=blank)
    expected = sorted(brute_force(scores, words, max_length).items(), key=lambda item: -item[1])[:3]
    found = answer_distribution(scores, words, max_length=max_length).best(3)
    assert [(a.start, a.end) for a in found] == [span or (0, 0) for span, _ in expected]
    assert [a.score for a in found] == pytest.approx([p for _, p in expected])


def test_a_text_without_tokens_has_no_answer():
    found = answer_distribution(np.zeros((1, 2), "float32"), np.zeros(0, bool), max_length=3)
    assert (found.nothing, found.best(2)) == (1.0, [(0, 0, 1.0)])


@pytest.mark.parametrize("gold", [[(1, 3)], [(1, 3), (1, 2), (1, 2)], [], [(1, 3), (0, 5)]])
def test_the_loss_is_that_of_all_gold_answers_and_its_gradient_the_slope(gold):
    scores, words = made_up(5, blank=[3])
    scores = scores.astype("float64")
    probability = brute_force(scores, words, 3)
    right = sum(probability[span] for span in set(gold) if span in probability) if gold else probability[None]
    loss, gradient = answer_loss(scores, words, gold, max_length=3)
    assert loss == pytest.approx(-np.log(right))
    for place in np.ndindex(*scores.shape):
        moved = scores.copy()
        moved[place] += 1e-5
        slope = (answer_loss(moved, words, gold, max_length=3)[0] - loss) / 1e-5
        assert gradient[place] == pytest.approx(slope, abs=1e-4)


def test_a_gold_answer_that_cannot_be_found_has_no_gradient():
    loss, gradient = answer_loss(*made_up(5, blank=[0]), [(0, 2), (1, 5)], max_length=3)
    assert loss == 0 and not gradient.any()


def test_scores_far_apart_stay_numbers():
    scores = np.array([[0, 0], [900, -900], [-900, 900]], dtype="float32")
    loss, gradient = answer_loss(scores, np.ones(2, bool), [(1, 2)], max_length=2)
    assert np.isfinite(loss) and gradient[2, 0] < -0.9
    assert answer_distribution(scores, np.ones(2, bool), max_length=2).best()[0] == (0, 2, 1.0)
