"""Long texts tokenized part by part: the pieces of the whole."""

import numpy as np
import pytest
from tiny.kinds import KINDS

from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.pieces import text_parts
from spacy_bertfam.encoder.pieces.text_parts import encode_text, encode_texts, raw_pieces

SENTENCES = (
    "Marie Curie habite à Paris, rue de l'École-de-Médecine ; elle y étudie depuis 1891.",
    "«\u00a0Où vas-tu\u00a0?\u00a0» demanda-t-il.\n\nLe train   part à 8 h 15.",
    "Zürich\tund Genève, 東京 , naïve cafe\u0301 œuvre ﬁn 😀 …",
    "antidisestablishmentarianism x\u200by A.B.C. 3,14",
)


@pytest.fixture(scope="module")
def text():
    drawn = np.random.default_rng(0).integers(len(SENTENCES), size=120)
    return " ".join(SENTENCES[i] for i in drawn)


@pytest.fixture
def whole_texts(monkeypatch):
    """RETURNS (list): of every text that was tokenized at once after the first."""
    seen = []

    def spy(backend, text, parts, encode=text_parts._encode):
        seen.append(len(parts))
        return encode(backend, text, parts)

    monkeypatch.setattr(text_parts, "_encode", spy)
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [300, 1000])
def test_pieces_are_those_of_the_whole_text(build, text, whole_texts, kind, part):
    backend = encoder_shim(build(kind)).loaded.tokenizer.backend
    expected = raw_pieces([backend.encode(text, add_special_tokens=False)])
    found = encode_text(backend, text, part=part, context=48)
    assert np.array_equal(found.ids, expected.ids)
    assert np.array_equal(found.offsets, expected.offsets)
    assert whole_texts and whole_texts[0] > 5, "the text was not read in parts"


def test_parts_that_do_not_fit_together_are_not_taken(build, text, monkeypatch):
    """A tokenizer to which it matters where a text begins."""
    backend = encoder_shim(build("bert")).loaded.tokenizer.backend
    expected = raw_pieces([backend.encode(text, add_special_tokens=False)])

    def shifted(backend, text, parts, encode=text_parts._encode):
        for part, pieces in zip(parts, encode(backend, text, parts), strict=True):
            yield pieces._replace(ids=pieces.ids + part.read_start)

    monkeypatch.setattr(text_parts, "_encode", shifted)
    assert np.array_equal(encode_text(backend, text, part=300, context=48).ids, expected.ids)


@pytest.mark.parametrize("text", ["東京" * 2000, "a" * 4000, " " * 4000, "a  b" * 1000, "", "a"])
def test_a_text_without_a_place_to_cut_is_read_as_a_whole(build, text):
    backend = encoder_shim(build("bert")).loaded.tokenizer.backend
    expected = raw_pieces([backend.encode(text, add_special_tokens=False)])
    found = encode_text(backend, text, part=300, context=48)
    assert np.array_equal(found.ids, expected.ids)
    assert np.array_equal(found.offsets, expected.offsets)


def test_a_long_text_among_short_ones_has_its_own_pieces(build, text):
    backend = encoder_shim(build("camembert")).loaded.tokenizer.backend
    texts = ["Un mot.", text, "", "Deux mots."]
    expected, counts = encode_texts(backend, texts)
    found, found_counts = encode_texts(backend, texts, part=1000, context=48)
    assert found_counts.tolist() == counts.tolist()
    assert np.array_equal(found.ids, expected.ids)
    assert np.array_equal(found.offsets, expected.offsets)
