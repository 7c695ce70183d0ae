"""Tokens of texts, ordered by step: segments advance together, the longest first."""

import numpy as np
import pytest

from spacy_bertfam.decoding import packing
from spacy_bertfam.decoding.packing import TagScores

LENGTHS = (0, 1, 5, 0, 2, 3, 4, 0)
N_TOKENS = sum(LENGTHS)


def rows(n_tags=2):
    return np.arange(N_TOKENS * n_tags, dtype="float32").reshape(-1, n_tags)


def segments_of(lengths, longest):
    """The tokens of each segment, the longest segment first, and the text of each token."""
    found, text_of, start = [], [], 0
    for text, length in enumerate(lengths):
        text_of += [text] * length
        tokens = list(range(start, start + length))
        size = longest or max(length, 1)
        found += [tokens[i : i + size] for i in range(0, length, size)]
        start += length
    return sorted(found, key=len, reverse=True), [*text_of, None]


@pytest.mark.parametrize("longest", [1, 2, 3, 4, 64, None])
def test_tokens_stand_step_by_step(longest, monkeypatch):
    monkeypatch.setattr(packing, "SEGMENT", longest)
    packed = TagScores(rows()).pack(np.array(LENGTHS))
    segments, text_of = segments_of(LENGTHS, longest)
    n_steps = len(segments[0])
    steps = [[segment[t] for segment in segments if len(segment) > t] for t in range(n_steps)]
    order = [token for step in steps for token in step]
    row_of = [order.index(token) for token in range(N_TOKENS)]
    assert len(packed) == n_steps
    assert packed.sizes.tolist() == [len(step) for step in steps]
    assert packed.offsets.tolist() == [0, *np.cumsum(packed.sizes)]
    assert packed.place.tolist() == row_of
    assert packed.rows.dtype == np.float64
    assert packed.rows.tolist() == rows()[order].tolist()
    assert packed.last_rows.tolist() == [row_of[segment[-1]] for segment in segments]
    same_text = [text_of[i - 1] == text_of[i] for i in range(N_TOKENS + 1)]
    neighbors = [
        [row_of[token] if same else -1 for token, same in found]
        for found in (
            [(segment[0] - 1, segment[0] and same_text[segment[0]]) for segment in segments],
            [((segment[-1] + 1) % N_TOKENS, same_text[segment[-1] + 1]) for segment in segments],
        )
    ]
    assert [packed.before.tolist(), packed.after.tolist()] == neighbors
    assert [packed.step(packed.rows, t).tolist() for t in range(n_steps)] == [
        rows()[step].tolist() for step in steps
    ]
    assert packed.step(packed.rows, 0, 1).tolist() == rows()[order[:1]].tolist()
    assert packed.unpack(packed.rows).tolist() == rows().tolist()
    assert packed.begins_text.dtype == packed.ends_text.dtype == bool
    assert packed.begins_text.tolist() == [not same for same in same_text[:-1]]
    assert packed.ends_text.tolist() == [not same for same in same_text[1:]]


def test_uncut_texts_are_a_segment_each(monkeypatch):
    monkeypatch.setattr(packing, "SEGMENT", 2)
    scores = TagScores(rows(), temperature=2.0)
    packed = scores.pack(np.array(LENGTHS))
    assert (packed.scores, packed.lengths.tolist()) == (scores, list(LENGTHS))
    for found in (packed.uncut(), scores.pack(np.array(LENGTHS), cut=False)):
        assert found.sizes.tolist() == [5, 4, 3, 2, 1]
        assert (found.before == -1).all() and (found.after == -1).all()
        assert found.unpack(found.rows).tolist() == (rows() / 2.0).tolist()


def test_one_token_is_a_text():
    packed = TagScores(np.zeros((1, 3))).pack()
    assert (packed.before.tolist(), packed.after.tolist(), packed.sizes.tolist()) == ([-1], [-1], [1])


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("lengths", [(), (0,), (0, 0)])
def test_texts_without_tokens_have_no_step(lengths, cut):
    packed = TagScores(np.zeros((0, 3))).pack(np.array(lengths, dtype=np.int64), cut=cut)
    assert len(packed) == 0
    assert packed.rows.shape == (0, 3)
    arrays = (packed.sizes, packed.place, packed.last_rows, packed.before, packed.after)
    assert [array.tolist() for array in arrays] == [[]] * 5
    assert packed.offsets.tolist() == [0]


def test_scores_are_divided_by_the_temperature_and_marked_tokens_are_o():
    outside = np.arange(N_TOKENS) % 3 == 0
    packed = TagScores(rows(3), 4.0, outside).pack(np.array(LENGTHS))
    expected = rows(3) / 4.0
    expected[outside, 1:] = -np.inf
    assert np.array_equal(packed.unpack(packed.rows), expected)


def test_without_lengths_all_is_one_text():
    packed = TagScores(rows()).pack()
    assert packed.lengths.tolist() == [N_TOKENS]
    assert (len(packed), packed.sizes.max()) == (N_TOKENS, 1)


def test_some_rows_are_not_tokens():
    places, outside = np.array([1, 2, 5, 9]), np.array([False, True, False, False])
    scores = TagScores(rows(), 2.0, outside, places)
    expected = rows()[places] / 2.0
    expected[1, 1] = -np.inf
    assert len(scores) == 4
    packed = scores.pack(np.array([1, 3]))
    assert np.array_equal(packed.unpack(packed.rows), expected)
    part = scores.part(1, 3)
    assert len(part) == 2
    packed = part.pack()
    assert np.array_equal(packed.unpack(packed.rows), expected[1:3])


@pytest.mark.parametrize("outside", [None, np.arange(N_TOKENS) % 4 == 0])
def test_a_part_keeps_what_is_known_of_its_tokens(outside):
    scores = TagScores(rows(), 3.0, outside)
    part = scores.part(3, 10)
    assert (len(part), part.temperature, part.places) == (7, 3.0, None)
    assert np.shares_memory(part.rows, scores.rows)
    whole, cut = scores.pack(), part.pack()
    assert np.array_equal(cut.unpack(cut.rows), whole.unpack(whole.rows)[3:10])


def test_the_scores_of_a_mapped_text_need_not_stay_in_memory(monkeypatch):
    seen = []
    monkeypatch.setattr(packing, "let_go", seen.append)
    scores = TagScores(rows())
    scores.pack()
    assert len(seen) == 1 and seen[0] is scores.rows
