"""`spacy-bertfam.warmup_linear.v1`: the height of the rate follows the encoder that is trained."""

from itertools import islice
from types import SimpleNamespace

import pytest
import torch
from thinc.api import Adam, warmup_linear

from spacy_bertfam.errors import UserError
from spacy_bertfam.training.adamw import build_adamw
from spacy_bertfam.training.learn_rate import build_warmup_linear


def encoder(width: int, n_layers: int) -> torch.nn.Module:
    network = torch.nn.Linear(2, 2)
    network.config = SimpleNamespace(hidden_size=width, num_hidden_layers=n_layers)
    network.weight.grad = torch.ones(2, 2)
    return network


def rates_of(optimizer, networks, n_steps: int) -> list[float]:
    found = []
    for _ in range(n_steps):
        for key, network in enumerate(networks):
            network.weight.grad = torch.ones(2, 2)
            optimizer.step_module(key, network)
        found.append(optimizer.learn_rate)
        optimizer.step_schedules()
    return found


@pytest.mark.parametrize(
    "width, n_layers, height",
    [(384, 12, 1e-4), (768, 12, 5e-5), (768, 6, 5e-5), (1024, 24, 1.9e-5), (32, 2, 1e-4)],
)
def test_the_rate_is_that_of_the_encoders_size(width, n_layers, height):
    optimizer = build_adamw(build_warmup_linear(None, 2, 10))
    expected = list(islice(warmup_linear(height, 2, 10), 6))
    assert rates_of(optimizer, [encoder(width, n_layers)], 6) == expected


def test_of_two_encoders_the_larger_one_decides():
    optimizer = build_adamw(build_warmup_linear(None, 0, 10))
    assert rates_of(optimizer, [encoder(768, 12), encoder(384, 12)], 1) == [5e-5]


def test_a_number_is_the_height_whatever_the_encoder_is():
    optimizer = build_adamw(build_warmup_linear(0.0003, 2, 10))
    assert rates_of(optimizer, [encoder(1024, 24)], 4) == list(islice(warmup_linear(0.0003, 2, 10), 4))


def test_heads_over_an_encoder_that_is_not_trained_learn_at_the_highest_rate():
    optimizer = build_adamw(build_warmup_linear(None, 0, 10))
    assert optimizer.learn_rate == 1e-4


def test_another_optimizer_cannot_fill_in_the_height():
    with pytest.raises(UserError, match="initial_rate is null, which only"):
        Adam(build_warmup_linear(None, 2, 10))
