"""Blocks of a long text: where they are cut; path and scores of few tokens beside those of the uncut text."""

import numpy as np
import pytest

from spacy_bertfam.decoding import blockwise
from spacy_bertfam.decoding.blockwise import cut_between, long_path, long_scores, to_logs
from spacy_bertfam.decoding.chain import constrain
from spacy_bertfam.decoding.lattice import best_paths, forward_backward
from spacy_bertfam.decoding.packing import TagScores
from spacy_bertfam.decoding.span_scores import score_spans, spans_of
from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.types import SpanRows, Transitions


def test_blocks_hold_each_token_once_and_cut_no_span():
    starts, ends = np.array([0, 9, 25, 26]), np.array([3, 21, 26, 40])
    blocks = list(cut_between(starts, ends, 48, 10))
    assert [(b.start, b.end) for b in blocks] == [(0, 21), (21, 40), (40, 48)]
    assert [(b.read_start, b.read_end) for b in blocks] == [(0, 22), (20, 41), (39, 48)]
    assert [(b.start, b.end) for b in cut_between(starts[:1], ends[:1], 21, 10)] == [(0, 10), (10, 21)]


@pytest.mark.parametrize("max_tokens", [1, 2, 3, 7, 19, 20, 50])
@pytest.mark.parametrize("scheme", ["IOB", "BIOES"])
def test_path_and_scores_are_those_of_the_uncut_text(scheme, max_tokens):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    rng = np.random.default_rng(0)
    n = len(tag_set)
    rows = rng.normal(scale=2.0, size=(20, n))
    given = constrain(tag_set, Transitions(rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n)))
    outside = rng.random(20) < 0.1
    scores, lengths = TagScores(rows, 0.7, outside), np.array([20])
    path = best_paths(scores.pack(), given)
    spans = spans_of(path, lengths, tag_set)
    assert len(spans.starts) > 4
    expected = score_spans(forward_backward(scores.pack(), given), tag_set, path, spans.starts, spans.ends)
    if max_tokens < 20:
        assert long_path(scores, given, max_tokens=max_tokens).tolist() == path.tolist()
    found = long_scores(scores, given, tag_set, path, spans, max_tokens=max_tokens)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_what_many_blocks_add_up_to_takes_nothing_from_the_scores():
    tag_set, rng = TagSet("BIOES", ("PER",)), np.random.default_rng(0)
    scores, given = TagScores(rng.normal(size=(200, 5))), constrain(tag_set)
    assert long_path(scores, given, max_tokens=1).tolist() == best_paths(scores.pack(), given).tolist()


def test_at_once_no_more_is_read_than_a_block(monkeypatch):
    read = []

    def note(function):
        return lambda packed, *arguments: read.append(len(packed.place)) or function(packed, *arguments)

    for name in ("forward_at", "forward_backward"):
        monkeypatch.setattr(blockwise, name, note(getattr(blockwise, name)))
    tag_set, rng = TagSet("BIOES", ("PER",)), np.random.default_rng(0)
    scores, given = TagScores(rng.normal(size=(200, 5))), constrain(tag_set)
    path = best_paths(scores.pack(), given)
    spans = spans_of(path, np.array([200]), tag_set)
    long_scores(scores, given, tag_set, path, spans, max_tokens=10)
    longest = int((spans.ends - spans.starts).max())
    assert len(read) > 20 and max(read) <= 10 + longest + 2


def test_without_spans_there_is_nothing_to_score():
    tag_set, none = TagSet("IO", ("PER",)), np.zeros(0, dtype=np.int64)
    scores, path = TagScores(np.zeros((5, 2))), np.zeros(5, dtype=np.int64)
    found = long_scores(scores, constrain(tag_set), tag_set, path, SpanRows(none, none, none), max_tokens=2)
    assert found.shape == (0,)


@pytest.mark.parametrize("seed", range(30))
def test_a_block_ends_at_the_first_border_that_cuts_no_span(seed):
    rng = np.random.default_rng(seed)
    n_tokens, max_tokens = int(rng.integers(1, 30)), int(rng.integers(1, 9))
    borders = np.unique(rng.integers(0, n_tokens + 1, size=2 * (seed % 5)))
    starts, ends = borders[:-1:2], borders[1::2]
    expected, start = [], 0
    while start < n_tokens:
        free = [
            place
            for place in range(start + max(max_tokens, 2), n_tokens - 1)
            if not ((starts < place) & (place < ends)).any()
        ]
        end = free[0] if free else n_tokens
        expected.append((start, end, max(start - 1, 0), min(end + 1, n_tokens)))
        start = end
    assert [tuple(block) for block in cut_between(starts, ends, n_tokens, max_tokens)] == expected


def test_weights_to_logs():
    with np.errstate(divide="raise"):
        assert to_logs(np.array([2.0, 0.0, 4.0])).tolist() == [np.log(0.5), -np.inf, 0.0]
