"""Batches of bounded cells: what goes together, in which order, and that nothing is lost unasked."""

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice, repeat
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

from spacy_bertfam.errors import UserError
from spacy_bertfam.training.batch_by_pieces import (
    batch_by_cells,
    build_batch_by_pieces,
    group_by_length,
    without_end,
)

VOCAB = spacy.blank("xx").vocab


def example_of(n_pieces: int) -> Example:
    """RETURNS (Example): of words of four characters, each estimated as one piece, and two special ones."""
    doc = Doc(VOCAB, words=["mots"] * (n_pieces - 2))
    return Example(doc, doc.copy())


def batched(lengths: Sequence[int], sizes: Any, **options: Any) -> list[list[int]]:
    """RETURNS (list): the lengths of each batch, in an order that does not depend on chance."""
    options = {"buffer": 1000, **options}
    found = batch_by_cells(lengths, list, repeat(sizes) if isinstance(sizes, int) else iter(sizes), **options)
    return sorted(found, reverse=True)


# -- what goes together


@pytest.mark.parametrize(
    ("lengths", "size", "expected"),
    [
        ([3, 10, 5, 5, 4], 10, [[10], [5, 5], [4, 3]]),
        ([2, 2, 2, 2, 2], 6, [[2, 2, 2], [2, 2]]),
        ([5, 1, 1], 15, [[5, 1, 1]]),  # three times five
        ([5, 1, 1], 14, [[5, 1], [1]]),
        ([7, 3], 5, [[7], [3]]),  # one over size stands alone
        ([7, 3, 2], 6, [[7], [3, 2]]),
        ([7], 1, [[7]]),
        ([], 10, []),
    ],
)
def test_neighbors_in_length_fill_a_batch(lengths: list[int], size: int, expected: list[list[int]]) -> None:
    assert batched(lengths, size) == expected


@pytest.mark.parametrize(
    ("lengths", "size", "expected"),
    [
        ([7, 3, 2], 6, [[3, 2]]),
        ([7, 6, 5], 6, [[6], [5]]),
        ([9, 9, 8, 2, 1, 1], 4, [[2, 1], [1]]),
        ([3, 3], 6, [[3, 3]]),
    ],
)
def test_what_is_over_size_can_be_left_out(lengths: list[int], size: int, expected: list[list[int]]) -> None:
    assert batched(lengths, size, discard_oversize=True) == expected


def test_each_batch_has_a_size_of_its_own_from_the_longest_on() -> None:
    assert group_by_length([6, 5, 4, 3, 2, 1], iter([6, 10, 100])) == [[0], [1, 2], [3, 4, 5]]


def test_a_size_between_two_numbers_is_rounded_down() -> None:
    assert group_by_length([5, 5], iter([9.99, 9.99])) == [[0], [1]]
    assert group_by_length([5, 5], iter([10.99])) == [[0, 1]]


def test_what_is_over_size_stays_unless_asked_for() -> None:
    assert group_by_length([5, 4], repeat(1)) == [[0], [1]]


def test_of_equal_length_the_first_read_comes_first() -> None:
    assert group_by_length([4, 5, 4, 5], repeat(9)) == [[1], [3], [0, 2]]


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=40),
    size=st.integers(1, 80),
    buffer=st.integers(1, 50),
    discard=st.booleans(),
)
def test_bounds_hold_and_nothing_else_is_left_out(
    lengths: list[int], size: int, buffer: int, discard: bool
) -> None:
    named = list(enumerate(lengths))
    fitting = [item for item in named if item[1] <= size]
    if discard and not fitting:
        return
    found = list(
        batch_by_cells(
            named, lambda items: [n for _, n in items], repeat(size), buffer=buffer, discard_oversize=discard
        )
    )
    assert Counter(item for batch in found for item in batch) == Counter(fitting if discard else named)
    for batch in found:
        cells = len(batch) * max(n for _, n in batch)
        assert cells <= size or (len(batch) == 1 and not discard)


# -- order


def test_batches_come_in_an_order_that_the_seed_draws() -> None:
    expected = [[9], [8], [7], [6], [5], [4]]
    random.seed(11)
    random.shuffle(expected)
    random.seed(11)
    assert list(batch_by_cells([4, 5, 6, 7, 8, 9], list, repeat(9), buffer=10)) == expected
    again = list(batch_by_cells([4, 5, 6, 7, 8, 9], list, repeat(9), buffer=10))
    assert again != expected
    assert sorted(again) == sorted(expected)


def test_what_is_read_later_never_comes_first() -> None:
    found = list(batch_by_cells(range(100, 112), list, repeat(1), buffer=4))
    for block in range(3):
        here = {n for [n] in found[4 * block : 4 * block + 4]}
        assert here == set(range(100 + 4 * block, 104 + 4 * block))


def test_with_a_buffer_of_one_the_order_is_that_of_the_corpus() -> None:
    assert list(batch_by_cells([3, 1, 2], list, repeat(100), buffer=1)) == [[3], [1], [2]]


# -- streams


def test_of_an_endless_stream_no_more_is_read_than_a_buffer() -> None:
    read = []

    def stream() -> Iterator[int]:
        for n in count(1):
            read.append(n)
            yield 1 + n % 3

    batches = batch_by_cells(stream(), list, repeat(6), buffer=12)
    assert read == []
    next(batches)
    assert len(read) == 12
    # four of each length: [3, 3] twice, [2, 2, 2], [2, 1, 1], [1, 1]
    assert sorted(len(batch) for batch in [*islice(batches, 4)]) in ([2, 2, 2, 3], [2, 2, 3, 3])
    assert len(read) == 12
    next(batches)
    assert len(read) == 24


def test_an_epoch_goes_on_with_the_sizes_where_the_one_before_has_left_off() -> None:
    batch = build_batch_by_pieces(iter([3, 3, 6]), buffer=8)
    corpus = [example_of(3), example_of(3)]
    assert [len(found) for found in batch(corpus)] == [1, 1]
    assert [len(found) for found in batch(corpus)] == [2]
    assert [len(found) for found in batch(corpus)] == [2]  # the last size stays


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (5, [5, 5, 5, 5]),
        (7.5, [7.5] * 4),
        ([1, 2], [1, 2, 2, 2]),
        ([], [1] * 4),
        (range(3, 99), [3, 4, 5, 6]),
    ],
)
def test_the_last_size_stays_for_ever(size: Any, expected: list[float]) -> None:
    assert list(islice(without_end(size), 4)) == expected


# -- what is said


def test_how_many_were_left_out_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "spacy"):
        assert batched([9, 3, 8, 2], 4, buffer=2, discard_oversize=True) == [[3], [2]]
    assert [record.getMessage() for record in caplog.records] == [
        "batch_by_pieces: 2 of 4 examples are over size and left out."
    ]


def test_where_nothing_is_left_out_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "spacy"):
        batched([4, 3], 4, discard_oversize=True)
        batched([9, 3], 4)
    assert caplog.records == []


def test_a_corpus_of_which_nothing_fits_is_an_error() -> None:
    with pytest.raises(
        UserError,
        match=r"^batch_by_pieces: all 3 examples have more pieces than size allows, and discard_oversize leaves "
        r"them out; expected some that fit: make size larger, or discard_oversize false\.$",
    ):
        batched([9, 8, 7], 6, buffer=2, discard_oversize=True)


def test_an_empty_corpus_is_none() -> None:
    assert batched([], 6, discard_oversize=True) == []


# -- as users have it


def test_a_config_builds_batches_of_examples() -> None:
    block = {"@batchers": "spacy-bertfam.batch_by_pieces.v1", "size": 12, "buffer": 4}
    batch = registry.resolve({"batcher": block})["batcher"]
    corpus = [example_of(n) for n in (12, 13, 6, 5, 4, 4)]
    found = list(batch(corpus))
    assert sorted(sorted(len(eg.predicted) + 2 for eg in egs) for egs in found) == [
        [4, 4],
        [5, 6],
        [12],
        [13],
    ]
    assert {id(eg) for egs in found for eg in egs} == {id(eg) for eg in corpus}


def test_a_config_can_leave_out_what_is_over_size() -> None:
    block = {
        "@batchers": "spacy-bertfam.batch_by_pieces.v1",
        "size": {"@schedules": "constant.v1", "rate": 12},
        "discard_oversize": True,
    }
    batch = registry.resolve({"batcher": block})["batcher"]
    found = list(batch([example_of(n) for n in (12, 13, 6)]))
    assert sorted(len(egs[0].predicted) + 2 for egs in found) == [6, 12]


def test_without_a_word_on_it_neighbors_are_looked_for_among_256_examples() -> None:
    batch = build_batch_by_pieces(10**6)
    assert [len(egs) for egs in batch(example_of(4) for _ in range(300))] == [256, 44]


def test_without_a_word_on_it_nothing_is_left_out() -> None:
    assert len(list(build_batch_by_pieces(5)([example_of(9)]))) == 1


def test_pieces_are_those_of_the_text_that_is_predicted() -> None:
    """A reference may have other tokens."""
    text = Doc(VOCAB, words=["mots"] * 4)
    other = Doc(VOCAB, words=["m", "o", "t", "s"] * 4)
    batch = build_batch_by_pieces(12)
    assert len(list(batch([Example(text, other), Example(text.copy(), other.copy())]))) == 1
    assert len(list(batch([Example(other, text), Example(other.copy(), text.copy())]))) == 2


def test_an_encoder_counts_with_its_own_tokenizer(tiny_encoder: Callable[[str], Path]) -> None:
    corpus = [example_of(6) for _ in range(2)]  # the tiny vocabulary has no "mots", only its letters
    estimated = build_batch_by_pieces(12)
    counted = build_batch_by_pieces(12, encoder=str(tiny_encoder("bert")))
    assert [len(egs) for egs in estimated(corpus)] == [2]
    assert [len(egs) for egs in counted(corpus)] == [1, 1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, r"^batch_by_pieces: size is 0; expected 1 or more cells, as 1000, or a schedule\.$"),
        ({"size": -5}, r"size is -5"),
        ({"size": 1, "buffer": 0}, r"^batch_by_pieces: buffer is 0; expected 1 or more examples, as 256\.$"),
    ],
)
def test_bounds_that_hold_nothing_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_batch_by_pieces(**settings)


def test_the_smallest_bounds_are_taken() -> None:
    batch = build_batch_by_pieces(1, buffer=1)
    assert [len(egs) for egs in batch([example_of(2), example_of(3)])] == [1, 1]


@pytest.mark.parametrize("size", [12.0, 12.9])
def test_a_number_with_a_point_is_a_number_too(size: float) -> None:
    """As a config has it: size = 1e3."""
    batch = build_batch_by_pieces(size)
    assert sorted(len(egs) for egs in batch([example_of(6), example_of(6), example_of(6)])) == [1, 2]


@pytest.mark.parametrize(
    ("size", "named"),
    [("1000", "'1000'"), (None, "None"), (float("nan"), "nan"), (float("inf"), "inf"), (0.5, "0.5")],
)
def test_a_size_that_is_no_number_is_refused_at_once(size: Any, named: str) -> None:
    with pytest.raises(UserError, match=rf"^batch_by_pieces: size is {named}; expected 1 or more cells"):
        build_batch_by_pieces(size)
