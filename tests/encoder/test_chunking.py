"""Windows are cut into chunks at the least cost, within the bound."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bertfam.encoder.pieces.chunking import CALL_COST_CPU, Calls, chunk_ends
from spacy_bertfam.encoder.runtimes.torch_runtime import torch_calls


def cost_of(lengths, ends, call_cost):
    """The padded cells of a cut, and its calls."""
    return sum((b - a) * lengths[a] + call_cost for a, b in pairwise([0, *ends]))


def all_cuts(n):
    """Every way to cut n windows in a row."""
    for bits in range(1 << max(0, n - 1)):
        yield [i + 1 for i in range(n) if i == n - 1 or bits >> i & 1]


@pytest.mark.parametrize(
    ("lengths", "call_cost", "expected"),
    [
        ([], 32, []),
        ([50], 32, [1]),
        ([50, 50, 50], 0, [3]),  # nothing to gain by more calls
        ([100, 20, 20], 32, [1, 3]),
        ([100, 20, 20], 4096, [3]),
        ([100, 90, 80], 32, [3]),
    ],
)
def test_padding_is_weighed_against_calls(lengths, call_cost, expected):
    assert chunk_ends(np.array(lengths, dtype=np.int64), max_cells=1000, calls=Calls(call_cost)) == expected


@pytest.mark.parametrize(("max_cells", "expected"), [(1000, [3, 5, 6]), (100, [1, 3, 5, 6])])
def test_windows_that_may_not_be_padded_share_a_chunk_with_those_of_their_length_alone(max_cells, expected):
    lengths = np.array([50, 50, 50, 20, 20, 9])
    calls = Calls(4096, padded=False)
    assert chunk_ends(lengths, max_cells=max_cells, calls=calls) == expected


def test_bound_holds_but_for_a_single_window():
    assert chunk_ends(np.array([500, 100, 100, 100]), max_cells=200, calls=Calls(4096)) == [1, 2, 4]


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60), max_size=7).map(lambda row: sorted(row, reverse=True)),
    max_cells=st.integers(1, 200),
    call_cost=st.integers(0, 100),
    step=st.integers(1, 3),
)
def test_no_other_cut_costs_less(lengths, max_cells, call_cost, step):
    calls = Calls(call_cost, n_windows=step)
    ends = chunk_ends(np.array(lengths, dtype=np.int64), max_cells=max_cells, calls=calls)
    allowed = [
        cut
        for cut in all_cuts(len(lengths))
        if all(
            b - a == 1 or ((b - a) * lengths[a] <= max_cells and (b - a <= step or (b - a) % step == 0))
            for a, b in pairwise([0, *cut])
        )
    ]
    assert not lengths or ends in allowed
    least = min((cost_of(lengths, cut, call_cost) for cut in allowed), default=0)
    assert cost_of(lengths, ends, call_cost) == least


def test_widths_are_multiples_but_never_above_the_longest():
    lengths = np.array([15, 14, 12, 9, 4, 3])
    assert Calls(0, width=4).widths(lengths).tolist() == [15, 15, 12, 12, 4, 4]
    assert Calls(0).widths(lengths) is lengths
    assert not len(Calls(0, width=4).widths(lengths[:0]))


@pytest.mark.parametrize(("threads", "expected"), [(1, 1024), (2, 2048), (64, 4096)])
def test_a_call_on_a_cpu_is_as_large_as_its_threads_need(threads, expected):
    assert Calls.on_cpu(32, threads).max_cells == expected


def test_a_call_on_a_cpu_may_want_multiples():
    assert Calls.on_cpu(7, 2, width=4, n_windows=3) == Calls(7, n_windows=3, width=4, max_cells=2048)
    assert Calls(7) == Calls(7, n_windows=1, width=1, max_cells=4096)


def numbers_of_cells(calls, rng, n_batches=60):
    """How many cells the calls for batches of short and long texts have."""
    found = set()
    for _ in range(n_batches):
        lengths = np.sort(rng.integers(6, 120, size=200))[::-1]
        widths = calls.widths(lengths)
        ends = chunk_ends(widths, max_cells=calls.max_cells, calls=calls)
        found |= {(b - a) * int(widths[a]) for a, b in pairwise([0, *ends])}
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_torch_on_a_cpu_is_asked_for_few_numbers_of_cells(dtype):
    """It keeps what it has prepared for each of them."""
    anything = Calls(CALL_COST_CPU, max_cells=torch_calls(torch.device("cpu"), dtype).max_cells)
    seen = numbers_of_cells(torch_calls(torch.device("cpu"), dtype), np.random.default_rng(0))
    assert len(seen) < len(numbers_of_cells(anything, np.random.default_rng(0))) / 2
