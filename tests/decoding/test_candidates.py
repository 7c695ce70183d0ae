"""Every span that is likely enough, with the share of all paths that have it."""

import numpy as np
import pytest
from all_paths import span_probabilities

from spacy_bertfam.decoding.decode import decode
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

LENGTHS = np.array([3, 0, 1, 2, 4])


def some_rows(tag_set, has_learned, n_rows=LENGTHS.sum()):
    rng = np.random.default_rng(len(tag_set))
    n = len(tag_set)
    learned = Transitions(*(rng.normal(size=shape) for shape in ((n, n), n, n))) if has_learned else None
    return rng.normal(scale=1.5, size=(n_rows, n)), learned


@pytest.mark.parametrize("floor", [1e-9, 0.05])
@pytest.mark.parametrize("has_learned", [True, False])
@pytest.mark.parametrize("scheme", PREFIXES)
def test_the_spans_above_the_floor_are_those_of_all_paths(scheme, has_learned, floor):
    tag_set = TagSet(scheme, ("A", "B"))
    rows, learned = some_rows(tag_set, has_learned)
    outside = np.zeros(len(rows), dtype=bool)
    outside[[1, 7]] = True
    known = {"learned": learned, "temperature": 1.3}
    found = decode(rows, LENGTHS, tag_set, floor=floor, outside=outside, **known)
    ends = np.cumsum(LENGTHS)
    for text, start, end in zip(found, ends - LENGTHS, ends, strict=True):
        expected = {}
        if start < end:
            _, expected = span_probabilities(rows[start:end], tag_set, outside=outside[start:end], **known)
        expected = {span: p for span, p in expected.items() if p >= floor}
        assert {span[:3]: span.score for span in text} == pytest.approx(expected, abs=1e-12)
        assert [span[:2] for span in text] == sorted(span[:2] for span in text)


@pytest.mark.parametrize("n_labels", [2, 20])
def test_entities_of_the_best_path_have_the_same_score_and_skipped_tokens_are_gone_across(n_labels):
    tag_set = TagSet("BIOES", tuple(f"L{i}" for i in range(n_labels)))
    rows, _ = some_rows(tag_set, False, n_rows=400)
    rows[:, 0] += 2
    words = np.arange(400) % 5 > 0
    known = {"lengths": np.array([300, 100]), "tag_set": tag_set, "temperature": 0.5, "words": words}
    candidates = decode(rows, floor=0.02, **known)
    for entities, likely in zip(decode(rows, **known), candidates, strict=True):
        scores = {span[:3]: span.score for span in likely}
        assert len(scores) > len(entities) > 10
        for span in entities:
            assert span.score < 0.02 or scores[span[:3]] == pytest.approx(span.score, abs=1e-9)


def test_texts_without_a_token_that_is_read_have_none():
    tag_set = TagSet("IO", ("A",))
    words = np.zeros(3, dtype=bool)
    assert decode(np.zeros((3, 2)), np.array([2, 1]), tag_set, floor=0.1, words=words) == [[], []]
    assert decode(np.zeros((0, 2)), np.array([0]), tag_set, floor=0.1) == [[]]
