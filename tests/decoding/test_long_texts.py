"""A long text is decoded block by block: as the whole of it would be, in memory that does not follow its length."""

import tracemalloc

import numpy as np
import pytest
from decode_texts import decode

from spacy_bertfam.decoding import chain
from spacy_bertfam.decoding import decode as decoding
from spacy_bertfam.decoding.tags import PREFIXES, TagSet
from spacy_bertfam.types import Transitions

LENGTHS = (3, 140, 1, 0, 90, 101)


def in_blocks(monkeypatch, max_tokens, *args, **options):
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "MAX_TOKENS", max_tokens)
        return decode(*args, **options)


def assert_equal(found, expected):
    assert [[s[:3] for s in text] for text in found] == [[s[:3] for s in text] for text in expected]
    for text, other in zip(found, expected, strict=True):
        assert [s.score for s in text] == pytest.approx([s.score for s in other], abs=1e-10)


@pytest.mark.parametrize("max_tokens", [2, 3, 17, 100])
@pytest.mark.parametrize("kept", ["learned", "matrix", "scheme"])
@pytest.mark.parametrize("scheme", tuple(PREFIXES))
def test_blocks_equal_the_uncut_text(scheme, kept, max_tokens, monkeypatch):
    monkeypatch.setattr(chain, "FEW_TAGS", 0 if kept == "scheme" else 100)
    tag_set = TagSet(scheme, ("PER", "LOC"))
    rng = np.random.default_rng(max_tokens)
    n = len(tag_set)
    scores = [rng.normal(scale=3.0, size=(length, n)) for length in LENGTHS]
    learned = Transitions(rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n))
    options = {
        "learned": learned if kept == "learned" else None,
        "outside": [rng.random(len(text)) < 0.1 for text in scores],
        "temperature": 1.5,
    }
    expected = decode(scores, tag_set, **options)
    assert sum(map(len, expected)) > 40
    assert_equal(in_blocks(monkeypatch, max_tokens, scores, tag_set, **options), expected)


def test_an_entity_as_long_as_the_text_is_cut_by_no_block(monkeypatch):
    """Only the first token says which of two labels it has."""
    tag_set = TagSet("IOB2", ("PER", "LOC"))
    scores = np.full((300, len(tag_set)), -50.0)
    scores[:, [tag_set.tag_to_id["I-PER"], tag_set.tag_to_id["I-LOC"]]] = 0.0
    scores[0] = -50.0
    scores[0, tag_set.tag_to_id["B-LOC"]], scores[0, tag_set.tag_to_id["B-PER"]] = 0.0, -1.0
    (found,) = in_blocks(monkeypatch, 40, [scores], tag_set)
    assert [span[:3] for span in found] == [(0, 300, "LOC")]
    assert found[0].score == pytest.approx(1 / (1 + np.exp(-1)))


def test_a_text_without_entities_has_none(monkeypatch):
    scores = np.zeros((100, 5))
    scores[:, 0] = 9.0
    assert in_blocks(monkeypatch, 10, [scores], TagSet("BIOES", ("PER",))) == [[]]


def test_memory_does_not_follow_the_length(monkeypatch):
    tag_set = TagSet("BIOES", ("PER", "LOC", "ORG"))
    rng = np.random.default_rng(0)
    peaks = []
    for n_tokens in (5_000, 40_000):
        scores = np.zeros((n_tokens, len(tag_set)), dtype=np.float32)
        scores[:, 0] = 5.0
        scores[rng.integers(n_tokens, size=n_tokens // 50), 1:] = 9.0
        tracemalloc.start()
        in_blocks(monkeypatch, 2_000, [scores], tag_set)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # what grows: the copy of the scores that the texts stand in, the path, and the marks of its spans
    growth = (peaks[1] - peaks[0]) / 35_000
    assert growth < 4 * len(tag_set) + 8 * 12
    assert peaks[0] / 5_000 > 1.5 * growth


def test_a_block_has_fewer_tokens_where_there_are_more_tags(monkeypatch):
    """Twenty times as many labels: the blocks take about as much as before."""
    monkeypatch.setattr(decoding, "MAX_CELLS", 2**17)
    peaks = []
    for n_labels in (30, 600):
        tag_set = TagSet("BIOES", tuple(f"L{i}" for i in range(n_labels)))
        scores = np.zeros((1_500, len(tag_set)), dtype=np.float32)
        scores[:, 0] = 9.0
        scores[::50, 4] = 20.0
        tracemalloc.start()
        (found,) = decode([scores], tag_set)
        peaks.append(tracemalloc.get_traced_memory()[1] - scores.nbytes)  # they are put into one array
        tracemalloc.stop()
        assert len(found) == 30
    assert peaks[0] < 50 * 2**17
    assert peaks[1] < 2 * peaks[0]
