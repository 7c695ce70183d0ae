"""Decoding against the plain definition: every legal sequence of tags, weighed one by one."""

import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest
from all_paths import span_probabilities, spans_of
from decode_texts import decode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tagging import decode_ids, encode, span_tags

from spacy_bertfam.decoding import chain, packing
from spacy_bertfam.decoding import decode as decoding
from spacy_bertfam.decoding.chain import constrain
from spacy_bertfam.decoding.lattice import best_paths
from spacy_bertfam.decoding.packing import TagScores
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

SCHEMES = tuple(PREFIXES)
# how the weights between tags are kept, by the number of tags from which on only the scheme is
KEPT = {"matrix": 10_000, "scheme": 0}


def random_scores(seed, n_tokens, n_tags, spread=2.0):
    return np.random.default_rng(seed).normal(scale=spread, size=(n_tokens, n_tags))


def random_transitions(seed, n_tags, spread=2.0):
    rng = np.random.default_rng(seed + 1000)
    return Transitions(*(rng.normal(scale=spread, size=s) for s in ((n_tags, n_tags), n_tags, n_tags)))


def check_against_brute_force(found, expected):
    best, probabilities = expected
    assert [span[:3] for span in found] == best
    for span in found:
        assert span.score == pytest.approx(probabilities[span[:3]], abs=1e-9)


def check_legal(spans, n_tokens):
    """Legal tags give spans in the order of the text, without overlap, within it."""
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= n_tokens
        assert 0.0 <= span.score <= 1.0
        end = span.end


@pytest.fixture(params=KEPT)
def kept(request, monkeypatch):
    """Decode with a matrix, then with the scheme's structure."""
    monkeypatch.setattr(chain, "FEW_TAGS", KEPT[request.param])


CASES = {
    "plain": {},
    "temperature below 1": {"temperature": 0.4},
    "temperature above 1": {"temperature": 3.0},
    "learned": {"learned": True},
    "learned with temperature": {"learned": True, "temperature": 2.5},
    "outside": {"outside": True},
    "forbidden": {"forbidden": True},
    "all but learned": {"temperature": 0.7, "outside": True, "forbidden": True},
    "all of it": {"learned": True, "temperature": 0.7, "outside": True},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(3))
def test_best_path_and_probabilities_equal_span_probabilities(scheme, case, seed, kept):
    options = dict(CASES[case])
    tag_set = TagSet(scheme, ("PER", "LOC"))
    # three tokens are the shortest text with a B, an I and an E
    n_tokens = [3, 4, 1][seed] if scheme in ("IO", "IOB2") else [3, 3, 2][seed]
    scores = random_scores(seed, n_tokens, len(tag_set))
    if options.pop("forbidden", False):
        scores[:, 1:][np.random.default_rng(seed).random((n_tokens, len(tag_set) - 1)) < 0.3] = -np.inf
    if options.pop("learned", False):
        options["learned"] = random_transitions(seed, len(tag_set))
    forced = np.random.default_rng(seed).random(n_tokens) < 0.4 if options.pop("outside", False) else None
    found = decode([scores], tag_set, outside=None if forced is None else [forced], **options)[0]
    check_against_brute_force(found, span_probabilities(scores, tag_set, outside=forced, **options))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_probabilities_of_every_span_equal_span_probabilities(scheme, kept):
    """Scores that make one span after the other the best one, beside the same scores without the push."""
    tag_set = TagSet(scheme, ("PER", "LOC"))
    scores = random_scores(5, 3, len(tag_set), spread=1.0)
    _, probabilities = span_probabilities(scores, tag_set)
    assert len(probabilities) == 12  # 6 segments of 3 tokens, 2 labels
    # a span's odds grow by exp(push) on exactly the paths that hold its tags: the rest must follow
    for start, end, label in probabilities:
        pushed = scores.copy()
        for i, tag in zip(range(start, end), span_tags(tag_set, end - start, label), strict=True):
            pushed[i, tag_set.tag_to_id[tag]] += 6.0
        best, expected = span_probabilities(pushed, tag_set)
        check_against_brute_force(decode([pushed], tag_set)[0], (best, expected))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n_tokens", range(1, 13))
def test_no_illegal_sequence_ever(scheme, n_tokens):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    rng = np.random.default_rng(n_tokens)
    heights = [-1e4, -50.0, -1.0, 0.0, 0.0, 1.0, 50.0, 1e4]
    for _ in range(4):
        scores = rng.choice(heights, size=(n_tokens, len(tag_set)))
        path = best_paths(TagScores(scores).pack(), constrain(tag_set)).tolist()
        assert spans_of([tag_set.tags[i] for i in path], scheme) is not None
        spans = decode([scores], tag_set)[0]
        check_legal(spans, n_tokens)
        assert [span[:3] for span in spans] == decode_ids(tag_set, np.array(path))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("height", [1e4, 1e30])
def test_huge_scores_give_no_nan(scheme, height, kept):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    scores = [np.sign(random_scores(seed, 40, len(tag_set))) * height for seed in range(20)]
    forced = [np.random.default_rng(seed).random(40) < 0.2 for seed in range(20)]
    with np.errstate(invalid="raise", over="raise", divide="raise"):
        found = decode(scores, tag_set, outside=forced)
    assert any(found)
    for spans, mask in zip(found, forced, strict=True):
        check_legal(spans, 40)
        assert not any(mask[span.start : span.end].any() for span in spans)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_huge_learned_transitions_give_no_nan(scheme):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    learned = random_transitions(0, len(tag_set), spread=1000.0)
    scores = [random_scores(seed, 30, len(tag_set)) for seed in range(5)]
    with np.errstate(invalid="raise", over="raise", divide="raise"):
        for temperature in (0.01, 1.0):
            for spans in decode(scores, tag_set, learned=learned, temperature=temperature):
                check_legal(spans, 30)


def test_a_constant_on_all_transitions_changes_nothing():
    tag_set = TagSet("BIOES", ("PER", "LOC"))
    learned = random_transitions(0, len(tag_set))
    scores = [random_scores(seed, 8, len(tag_set)) for seed in range(5)]
    shifted = Transitions(*(part + shift for part, shift in zip(learned, (300.0, -40.0, 7.0), strict=True)))
    for spans, others in zip(
        decode(scores, tag_set, learned=learned), decode(scores, tag_set, learned=shifted), strict=True
    ):
        assert [s[:3] for s in spans] == [s[:3] for s in others]
        assert [s.score for s in spans] == pytest.approx([s.score for s in others], abs=1e-9)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_equal_scores_are_decoded_to_something_legal(scheme, kept):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    check_legal(decode([np.zeros((9, len(tag_set)))], tag_set)[0], 9)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_tag_far_above_the_rest_has_a_probability_near_one(scheme):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    ids = encode(tag_set, [(1, 4, "PER"), (5, 6, "LOC")], 7)
    scores = 40.0 * np.eye(len(tag_set))[ids]
    found = decode([scores], tag_set)[0]
    assert [span[:3] for span in found] == [(1, 4, "PER"), (5, 6, "LOC")]
    assert [span.score for span in found] == pytest.approx([1.0, 1.0])


def test_higher_temperature_is_more_modest():
    tag_set = TagSet("IOB2", ("PER",))
    scores = [3.0 * np.eye(len(tag_set))[[0, 1, 2, 0]]]
    cold, warm = (decode(scores, tag_set, temperature=t)[0][0].score for t in (1.0, 4.0))
    assert cold > warm > 0.0


def test_scores_and_transitions_are_left_as_they_are():
    tag_set = TagSet("BIOES", ("PER",))
    scores, learned = random_scores(0, 6, len(tag_set)), random_transitions(0, len(tag_set))
    copies = [scores.copy(), *(part.copy() for part in learned)]
    decode([scores], tag_set, learned=learned, temperature=2.0, outside=[np.ones(6, dtype=bool)])
    for array, copy in zip([scores, *learned], copies, strict=True):
        assert np.array_equal(array, copy)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tokens_forced_outside_split_what_spans_them(scheme):
    tag_set = TagSet(scheme, ("PER",))
    scores = 10.0 * np.eye(len(tag_set))[encode(tag_set, [(0, 5, "PER")], 5)]
    forced = np.array([False, False, True, False, False])
    found = decode([scores, scores], tag_set, outside=[forced, None])
    assert not any(span.start <= 2 < span.end for span in found[0])
    assert [span[:3] for span in found[1]] == [(0, 5, "PER")]


def test_float32_scores_and_no_texts():
    tag_set = TagSet("IO", ("PER",))
    assert decode([], tag_set) == []
    assert decode([np.zeros((0, 2)), np.zeros((0, 2))], tag_set) == [[], []]
    assert decode([np.array([[0, 9]], dtype="float32")], tag_set)[0][0][:3] == (0, 1, "PER")


def test_order_of_a_batch_does_not_matter():
    tag_set = TagSet("BIOES", ("PER", "LOC"))
    lengths = [5, 0, 17, 1, 9, 17, 3]
    scores = [random_scores(i, n, len(tag_set)) for i, n in enumerate(lengths)]
    found = decode(scores, tag_set)
    backward = decode(scores[::-1], tag_set)[::-1]
    alone = [decode([text], tag_set)[0] for text in scores]
    for spans, others, single in zip(found, backward, alone, strict=True):
        assert [s[:3] for s in spans] == [s[:3] for s in others] == [s[:3] for s in single]
        assert [s.score for s in spans] == pytest.approx([s.score for s in others], abs=1e-12)
        assert [s.score for s in spans] == pytest.approx([s.score for s in single], abs=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_matrix_and_the_scheme_alone_give_the_same_entities(scheme, data):
    """Any labels, texts without tokens and long ones, cut into segments and blocks or not, with equal scores."""
    tag_set = TagSet(scheme, tuple(f"L{i}" for i in range(data.draw(st.integers(1, 12)))))
    lengths = data.draw(st.lists(st.sampled_from([0, 1, 2, 9, 40, 150]), min_size=1, max_size=5))
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    spread, step = data.draw(st.sampled_from([0.3, 3.0, 80.0])), data.draw(st.sampled_from([0.0, 0.5]))
    scores = [rng.normal(scale=spread, size=(n, len(tag_set))) for n in lengths]
    scores = [np.round(text / step) * step if step else text for text in scores]
    if data.draw(st.booleans()):
        for text in scores:
            text[:, 1:][rng.random((len(text), len(tag_set) - 1)) < 0.3] = -np.inf
    outside = [rng.random(n) < 0.2 for n in lengths] if data.draw(st.booleans()) else None
    options = {"temperature": data.draw(st.sampled_from([1.0, 0.5, 2.5])), "outside": outside}
    max_tokens, segment = data.draw(st.sampled_from([16_384, 30])), data.draw(st.sampled_from([None, 64, 8]))
    found = []
    for few_tags in KEPT.values():
        with (
            patch.object(chain, "FEW_TAGS", few_tags),
            patch.object(decoding, "MAX_TOKENS", max_tokens),
            patch.object(packing, "SEGMENT", segment),
        ):
            found.append(decode(scores, tag_set, **options))
    for spans, others in zip(*found, strict=True):
        assert [s[:3] for s in spans] == [s[:3] for s in others]
        assert [s.score for s in spans] == pytest.approx([s.score for s in others], abs=1e-9)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_many_labels_take_no_matrix_of_tags_by_tags(scheme):
    labels = tuple(f"L{i}" for i in range(3_000))
    scores = np.zeros((3, len(TagSet(scheme, labels))), dtype=np.float32)
    tracemalloc.start()
    tag_set = TagSet(scheme, labels)
    scores[:, 0], scores[1, tag_set.tag_to_id[span_tags(tag_set, 1, "L2999")[0]]] = 5.0, 30.0
    (found,) = decode([scores], tag_set)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [span[:3] for span in found] == [(1, 2, "L2999")]
    # some hundred bytes for a tag; the smallest matrix, of bytes, would take one for each of the other tags
    assert peak < 800 * len(tag_set)
