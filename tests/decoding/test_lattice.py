"""Segments of a text give what the uncut text gives, whether they settle or not."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from all_paths import all_paths, path_logs, shares_of
from decode_texts import decode

from spacy_bertfam.decoding import chain, lattice, packing
from spacy_bertfam.decoding.chain import Chain, MatrixBetween
from spacy_bertfam.decoding.lattice import best_paths, forward_at, forward_backward, last_sums
from spacy_bertfam.decoding.packing import TagScores, TimeMajor
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

LENGTHS = (0, 1, 7, 150, 64, 65, 300, 128)


def make_scores(n_tags, spread, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(scale=spread, size=(n, n_tags)) for n in LENGTHS]


def uncut(monkeypatch, *args, **options):
    with monkeypatch.context() as patch:
        patch.setattr(packing, "SEGMENT", None)
        return decode(*args, **options)


@pytest.mark.parametrize("segment, max_rounds", [(64, 8), (16, 8), (2, 500), (3, 1)])
@pytest.mark.parametrize("kept", ["learned", "matrix", "scheme"])
@pytest.mark.parametrize("scheme", tuple(PREFIXES))
def test_segments_equal_the_uncut_text(scheme, kept, segment, max_rounds, monkeypatch):
    monkeypatch.setattr(chain, "FEW_TAGS", 0 if kept == "scheme" else 100)
    tag_set = TagSet(scheme, ("PER", "LOC"))
    scores = make_scores(len(tag_set), spread=3.0)
    rng = np.random.default_rng(1)
    n = len(tag_set)
    learned = Transitions(rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n))
    outside = [rng.random(len(text)) < 0.1 for text in scores]
    options = {
        "learned": learned if kept == "learned" else None,
        "outside": outside,
        "temperature": 1.5,
    }
    expected = uncut(monkeypatch, scores, tag_set, **options)
    monkeypatch.setattr(packing, "SEGMENT", segment)
    monkeypatch.setattr(lattice, "MAX_ROUNDS", max_rounds)
    found = decode(scores, tag_set, **options)
    assert [[s[:3] for s in text] for text in found] == [[s[:3] for s in text] for text in expected]
    for text, other in zip(found, expected, strict=True):
        assert [s.score for s in text] == pytest.approx([s.score for s in other], abs=1e-10)


def test_a_text_that_remembers_its_first_token_to_the_end_is_read_uncut(monkeypatch):
    """One entity from the first token to the last: only the first says which of two labels it has."""
    tag_set = TagSet("IOB2", ("PER", "LOC"))
    scores = np.full((600, len(tag_set)), -50.0)
    scores[:, [tag_set.tag_to_id["I-PER"], tag_set.tag_to_id["I-LOC"]]] = 0.0
    scores[0] = -50.0
    scores[0, tag_set.tag_to_id["B-LOC"]] = 0.0
    scores[0, tag_set.tag_to_id["B-PER"]] = -1.0
    monkeypatch.setattr(lattice, "MAX_ROUNDS", 2)
    (found,) = decode([scores], tag_set)
    assert [span[:3] for span in found] == [(0, 600, "LOC")]
    assert found[0].score == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_tag_that_only_later_scores_make_likely_has_the_weight_that_the_uncut_text_gives_it(monkeypatch):
    """What a segment begins with is settled where every tag's weight is, however small it is beside the others."""
    tag_set = TagSet("BIOES", ("PER",))
    scores = [np.random.default_rng(0).normal(scale=80.0, size=(40, len(tag_set)))]
    (expected,) = uncut(monkeypatch, scores, tag_set)
    monkeypatch.setattr(packing, "SEGMENT", 8)
    (found,) = decode(scores, tag_set)
    assert [s[:3] for s in found] == [s[:3] for s in expected]
    assert [s.score for s in found] == pytest.approx([s.score for s in expected], abs=1e-10)


# -- a few tokens, against all paths one by one

FEW = (0, 1, 5, 0, 2, 4)
PLACES = [slice(0, 0), slice(0, 1), slice(1, 6), slice(6, 6), slice(6, 8), slice(8, 12)]


@pytest.fixture
def settled(monkeypatch):
    """`settled(longest)` cuts texts, and fails where their segments do not settle."""

    def cut(longest):
        monkeypatch.setattr(packing, "SEGMENT", longest)
        monkeypatch.setattr(TimeMajor, "uncut", lambda packed: pytest.fail("has not settled"))

    return cut


def some_chain(seed=0, n_tags=3):
    """Some tags begin no text, end none, or do not follow another."""
    rng = np.random.default_rng(seed)
    logs, start, end = (rng.normal(scale=2.0, size=shape) for shape in ((n_tags, n_tags), n_tags, n_tags))
    logs[0, 1] = logs[2, 2] = start[2] = end[1] = -np.inf
    return Chain(MatrixBetween(logs), start, end)


def some_scores(seed=0, n_tags=3):
    rows = np.random.default_rng(seed).normal(scale=2.0, size=(sum(FEW), n_tags))
    rows[3, 1] = -np.inf
    return rows


def paths_and_logs(rows, chain):
    return all_paths(*rows.shape), path_logs(rows, (chain.between.logs, chain.start, chain.end))


@pytest.mark.parametrize("longest", [None, 3, 2, 1])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_path_is_the_one_with_the_highest_sum(seed, longest, settled):
    settled(longest)
    chain, rows = some_chain(seed), some_scores(seed)
    found = best_paths(TagScores(rows).pack(np.array(FEW)), chain)
    assert found.dtype == np.int64
    for place in PLACES:
        if place.start < place.stop:
            paths, logs = paths_and_logs(rows[place], chain)
            assert found[place].tolist() == paths[logs.argmax()].tolist()


@pytest.mark.parametrize("longest", [None, 3, 2, 1])
@pytest.mark.parametrize("seed", range(3))
def test_weights_are_those_of_all_paths(seed, longest, settled):
    settled(longest)
    chain, rows = some_chain(seed), some_scores(seed)
    found = forward_backward(TagScores(rows).pack(np.array(FEW)), chain)
    forward, backward, emissions, log_weights = map(
        found.packed.unpack, (found.forward, found.backward, found.emissions, found.log_weights)
    )
    for place in PLACES:
        n_tokens = place.stop - place.start
        if not n_tokens:
            continue
        paths, logs = paths_and_logs(rows[place], chain)
        shares = shares_of(logs)
        for i in range(n_tokens):
            expected = np.bincount(paths[:, i], weights=shares, minlength=3)
            np.testing.assert_allclose((forward * backward)[place][i], expected, atol=1e-12)
            # of the first tokens alone, whatever comes after them
            some, some_logs = paths_and_logs(rows[place][: i + 1], chain._replace(end=np.zeros(3)))
            expected = np.bincount(some[:, i], weights=shares_of(some_logs), minlength=3)
            np.testing.assert_allclose(forward[place][i], expected, atol=1e-12)
        constant = chain.start.max() + chain.end.max() + (n_tokens - 1) * chain.between.logs.max()
        assert log_weights[place].sum() + constant == pytest.approx(np.log(np.exp(logs).sum()), abs=1e-10)
        # a token's emissions are over what its forward weights were divided by
        arrived = chain.between.arrive(forward[place][:-1]) * emissions[place][1:]
        np.testing.assert_allclose(arrived, forward[place][1:], rtol=1e-12)


@pytest.mark.parametrize("longest", [None, 2, 1])
@pytest.mark.parametrize("token", range(5))
def test_weights_and_sums_of_one_token(token, longest, settled):
    settled(longest)
    chain, rows = some_chain(), some_scores()[PLACES[2]]
    expected = forward_backward(TagScores(rows).pack(), chain)
    (found,) = forward_at(TagScores(rows).pack(), chain, token)
    np.testing.assert_allclose(found, expected.packed.unpack(expected.forward)[token], rtol=1e-12)
    (sums,) = last_sums(TagScores(rows[: token + 1]).pack(), chain)
    paths, logs = paths_and_logs(rows[: token + 1], chain._replace(end=np.zeros(3)))
    best = np.array([logs[paths[:, -1] == tag].max() for tag in range(3)])
    np.testing.assert_allclose(sums - sums.max(), best - best.max(), atol=1e-9)


def test_without_tokens_there_is_no_path():
    chain, packed = some_chain(), TagScores(np.zeros((0, 3))).pack(np.array([0]))
    assert best_paths(packed, chain).shape == (0,)
    assert forward_backward(packed, chain).forward.shape == (0, 3)


def test_differences_within_a_token_are_cut_off_where_nobody_sees_them():
    chain = Chain(MatrixBetween(np.zeros((4, 4))), np.zeros(4), np.zeros(4))
    rows = np.array([[-7.0, -6.0, -500.0, -np.inf]])
    found = forward_backward(TagScores(rows).pack(), chain)
    weights = np.array([np.exp(-1), 1.0, np.exp(-100.0), 0.0])
    np.testing.assert_allclose(found.forward[0], weights / weights.sum(), rtol=1e-14)
    assert found.log_weights[0] == pytest.approx(np.log(np.exp([-7.0, -6.0]).sum()))


@pytest.mark.parametrize(("ahead", "fall"), [(1e-3, 500.0), (5e-9, 0.0)])
def test_a_small_difference_is_carried_across_all_segments(ahead, fall, settled):
    """One of two labels is ahead in the first segment, falls behind or not, and catches up but for half of it."""
    settled(2)
    chain = Chain(MatrixBetween(np.array([[0.0, -np.inf], [-np.inf, 0.0]])), np.zeros(2), np.zeros(2))
    rows = np.zeros((6, 2))
    rows[0, 1], rows[2, 0], rows[4, 0] = ahead, -fall, fall + ahead / 2
    assert best_paths(TagScores(rows).pack(), chain).tolist() == [1] * 6


@dataclass(frozen=True)
class Counted(MatrixBetween):
    """Counts the steps."""

    steps: list = field(default_factory=list)

    def arrive(self, weights):
        self.steps.append(len(weights))
        return super().arrive(weights)

    def leave(self, weights):
        self.steps.append(-len(weights))
        return super().leave(weights)

    def arrive_best(self, sums):
        self.steps.append(len(sums))
        return super().arrive_best(sums)


def test_what_has_settled_is_not_read_again(settled):
    """Where a tag says nothing of the next one, but for how readily it is left, the second round soon ends."""
    settled(4)
    between = Counted(np.tile([[0.0], [0.5], [1.0]], 3))
    chain = Chain(between, np.zeros(3), np.zeros(3))
    rows = np.random.default_rng(0).normal(size=(12, 3))
    best_paths(TagScores(rows).pack(), chain)
    assert between.steps == [2, 3, 3, 3, 2]
    between.steps.clear()
    forward_backward(TagScores(rows).pack(), chain)
    assert between.steps == [2, 3, 3, 3, 2, -3, -3, -3, -2, -3, -2]


@pytest.mark.parametrize("read", [best_paths, forward_backward])
def test_segments_that_do_not_settle_in_time_are_read_as_one(read, monkeypatch):
    rows = some_scores()
    calls = []
    monkeypatch.setattr(packing, "SEGMENT", 2)
    monkeypatch.setattr(lattice, "MAX_ROUNDS", 1)
    uncut = TimeMajor.uncut
    monkeypatch.setattr(TimeMajor, "uncut", lambda packed: calls.append(1) or uncut(packed))
    read(TagScores(rows).pack(np.array(FEW)), some_chain())
    assert calls == [1]
