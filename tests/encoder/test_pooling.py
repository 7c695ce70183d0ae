"""Pooling against plain Python: values and gradients."""

import pytest
import torch

from spacy_bertfam.encoder.runtimes.pooling import POOLINGS
from spacy_bertfam.encoder.settings import POOLING_NAMES

# tokens with one piece and with several, in any order, one cell shared by two tokens
FIRSTS, COUNTS = [4, 0, 9, 2, 4], [3, 1, 2, 2, 1]


def plain(name, pieces, firsts, counts):
    rows = []
    for first, count in zip(firsts, counts, strict=True):
        own = pieces[first : first + count]
        rows.append(
            {"first": own[0], "last": own[-1], "mean": own.sum(0) / count, "max": own.max(0).values}[name]
        )
    return torch.stack(rows)


def test_every_name_has_its_function():
    assert set(POOLINGS) == set(POOLING_NAMES)


@pytest.mark.parametrize("name", POOLING_NAMES)
def test_values_and_gradients_are_those_of_the_definition(name):
    torch.manual_seed(0)
    pieces = torch.randn(12, 5, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(5, 5, dtype=torch.float64)
    found = POOLINGS[name](pieces, torch.tensor(FIRSTS), torch.tensor(COUNTS))
    expected = plain(name, pieces, FIRSTS, COUNTS)
    assert torch.allclose(found, expected)
    (gradient,) = torch.autograd.grad((found * weights).sum(), pieces)
    (by_definition,) = torch.autograd.grad((expected * weights).sum(), pieces)
    assert torch.allclose(gradient, by_definition)
    assert gradient[[1, 7, 8, 11]].abs().sum() == 0


@pytest.mark.parametrize("name", POOLING_NAMES)
def test_gradient_is_that_of_finite_differences(name):
    torch.manual_seed(1)
    pieces = torch.randn(12, 3, dtype=torch.float64, requires_grad=True)
    firsts, counts = torch.tensor(FIRSTS), torch.tensor(COUNTS)
    assert torch.autograd.gradcheck(lambda p: POOLINGS[name](p, firsts, counts), (pieces,))


@pytest.mark.parametrize("name", POOLING_NAMES)
def test_no_tokens_give_no_rows(name):
    empty = torch.zeros(0, dtype=torch.int64)
    assert POOLINGS[name](torch.randn(4, 3), empty, empty).shape == (0, 3)
