"""Logistic regression for a head's first weights: it tells the tags apart, and knows what it has not seen."""

import numpy as np
import pytest
import torch

from spacy_bertfam.head_fit.regression import LinearWeights, fit_labels, fit_tags


@pytest.fixture
def vectors():
    """Words of three tags around three places, far from the origin, as an encoder's vectors are."""
    rng = np.random.default_rng(0)
    tags = rng.choice([0, 2, 3], size=300, p=[0.8, 0.15, 0.05])
    places = rng.normal(size=(4, 16)) * 0.2
    X = 3 + places[tags] + rng.normal(size=(300, 16)) * 0.1
    return X.astype("float32"), tags


def first(n_tags: int = 5, width: int = 16) -> LinearWeights:
    rng = np.random.default_rng(1)
    return LinearWeights(rng.normal(scale=0.02, size=(n_tags, width)).astype("f"), np.zeros(n_tags, "f"))


def test_most_words_get_their_tag(vectors):
    X, tags = vectors
    W, b = fit_tags(X, tags, first())
    assert W.dtype == b.dtype == np.float32
    assert ((X @ W.T + b).argmax(axis=1) == tags).mean() > 0.95


def test_scores_are_probabilities_as_often_as_the_tags_occur(vectors):
    X, tags = vectors
    W, b = fit_tags(X, tags, first())
    scores = torch.softmax(torch.from_numpy(X @ W.T + b), dim=1).mean(0)
    np.testing.assert_allclose(scores[[0, 2, 3]], np.bincount(tags)[[0, 2, 3]] / len(tags), atol=0.02)


def test_a_tag_that_does_not_occur_keeps_its_weights_and_is_as_rare_as_the_rarest(vectors):
    X, tags = vectors
    before = first()
    W, b = fit_tags(X, tags, before)
    np.testing.assert_array_equal(W[[1, 4]], before.W[[1, 4]])
    scores = (X @ W.T + b).mean(axis=0)
    assert scores[1] == pytest.approx(scores[[0, 2, 3]].min(), abs=1e-3)


def test_the_fit_is_the_same_each_time_whatever_gradients_are_switched_off(vectors):
    found = fit_tags(*vectors, first())
    with torch.no_grad():
        again = fit_tags(*vectors, first())
    np.testing.assert_array_equal(found.W, again.W)
    np.testing.assert_array_equal(found.b, again.b)


def test_vectors_that_do_not_vary_give_finite_weights():
    W, b = fit_tags(np.ones((4, 16), "float32"), np.array([0, 1, 1, 1]), first())
    assert np.isfinite(W).all() and np.isfinite(b).all()


@pytest.mark.parametrize("exclusive", [True, False])
def test_labels_of_texts_are_told_apart(vectors, exclusive):
    X, tags = vectors
    gold = (tags[:, None] == [0, 2, 3]).astype("float32")
    if not exclusive:  # a second question: is it not the first label?
        gold = np.concatenate([gold, 1 - gold[:, :1]], axis=1)
    W, b = fit_labels(X, gold, np.ones_like(gold), exclusive=exclusive)
    scores = X @ W.T + b
    found = scores.argmax(axis=1) == gold.argmax(axis=1) if exclusive else (scores > 0) == (gold > 0)
    assert found.mean() > 0.95


def test_what_is_not_annotated_teaches_nothing(vectors):
    X, tags = vectors
    gold = (tags[:, None] == [0, 2]).astype("float32")
    known = np.ones_like(gold)
    known[100:, 1] = 0
    found = fit_labels(X, gold, known, exclusive=False)
    gold[100:, 1] = 1
    again = fit_labels(X, gold, known, exclusive=False)
    np.testing.assert_array_equal(found.W, again.W)
