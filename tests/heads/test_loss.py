"""What a head learns from another one's probabilities, beside torch's own account of it."""

import numpy as np
import pytest
import torch
from thinc.api import Linear

from spacy_bertfam.heads.linear import build_token_classifier
from spacy_bertfam.heads.loss import soft_cross_entropy

LENGTHS = (3, 0, 2)
N_TAGS = 4


@pytest.fixture
def model():
    return build_token_classifier(Linear(nO=4, nI=4))


def some_scores(seed):
    draw = np.random.default_rng(seed)
    return [draw.normal(scale=3, size=(n, N_TAGS)).astype("float32") for n in LENGTHS]


def probabilities(scores, temperature):
    return [torch.softmax(torch.from_numpy(text) / temperature, dim=1).numpy() for text in scores]


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_loss_and_gradient_are_those_of_torch(model, temperature):
    scores, beliefs = some_scores(0), probabilities(some_scores(1), temperature)
    rows = torch.from_numpy(np.concatenate(scores)).requires_grad_()
    taught = torch.from_numpy(np.concatenate(beliefs))
    logs = torch.log_softmax(rows / temperature, dim=1)
    expected = torch.nn.functional.kl_div(logs, taught, reduction="sum") * temperature**2
    expected.backward()
    loss, gradient = soft_cross_entropy(model, scores, beliefs, temperature=temperature)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    assert [len(text) for text in gradient] == list(LENGTHS)
    np.testing.assert_allclose(np.concatenate(gradient), rows.grad.numpy(), atol=1e-5)


def test_who_agrees_with_the_teacher_learns_nothing(model):
    scores = some_scores(0)
    loss, gradient = soft_cross_entropy(model, scores, probabilities(scores, 1.0))
    assert loss == pytest.approx(0, abs=1e-5)
    assert np.abs(np.concatenate(gradient)).max() < 1e-6


def test_a_tag_that_the_teacher_excludes_is_no_error(model):
    certain = [np.eye(N_TAGS, dtype="float32")[: len(text)] for text in some_scores(0)]
    loss, gradient = soft_cross_entropy(model, some_scores(0), certain)
    assert np.isfinite(loss) and loss > 0
    assert np.isfinite(np.concatenate(gradient)).all()


def test_no_tokens_cost_nothing(model):
    empty = [np.zeros((0, N_TAGS), dtype="float32")]
    loss, gradient = soft_cross_entropy(model, empty, empty)
    assert loss == 0 and gradient[0].shape == (0, N_TAGS)
