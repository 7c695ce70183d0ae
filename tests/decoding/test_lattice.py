"""Segments of a text give what the uncut text gives, whether they settle or not."""

import numpy as np
import pytest
from decode_texts import decode

from spacy_bertfam.decoding import chain, lattice, packing
from spacy_bertfam.decoding.chain import constrain
from spacy_bertfam.decoding.lattice import forward_backward
from spacy_bertfam.decoding.packing import TagScores
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


def test_rows_are_packed_once_each_and_come_back():
    rows = np.arange(sum(LENGTHS), dtype=float)[:, None]
    packed = TagScores(rows).pack(np.array(LENGTHS))
    assert packed.unpack(packed.rows)[:, 0].tolist() == rows[:, 0].tolist()
    assert packed.begins_text.sum() == packed.ends_text.sum() == sum(n > 0 for n in LENGTHS)


def test_the_weight_of_all_paths_is_that_of_the_uncut_text():
    tag_set = TagSet("BIOES", ("PER",))
    scores = make_scores(len(tag_set), spread=2.0)
    transitions, lengths = constrain(tag_set), np.array(LENGTHS)
    cut, whole = (
        forward_backward(
            TagScores(np.concatenate(scores)).pack(lengths, cut=cut), transitions
        ).log_weights.sum()
        for cut in (True, False)
    )
    assert cut == pytest.approx(whole, rel=1e-12)
