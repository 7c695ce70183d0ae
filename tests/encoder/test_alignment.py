"""A token owns every piece that overlaps its characters."""

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from random_docs import examples, free_docs
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tiny.kinds import KINDS
from tokenizer_of import tokenizer_of

from spacy_bertfam.encoder.pieces.alignment import align, align_joined
from spacy_bertfam.types import Pieces

FAMILIES = ("bert", "roberta", "camembert")


def doc_of(*words, spaces=None):
    return Doc(Vocab(), words=list(words), spaces=spaces or [False] * len(words))


def pieces_of(*offsets):
    starts, ends = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    return Pieces(np.arange(len(starts)), starts, ends)


def owned(doc, pieces):
    """RETURNS (list): the pieces of each token."""
    return [list(range(first, last)) for first, last in zip(*align(doc, pieces), strict=True)]


def owned_by_definition(doc, pieces):
    """The same by comparing every token with every piece."""
    return [
        [
            i
            for i, (start, end) in enumerate(zip(pieces.starts, pieces.ends, strict=True))
            if start < token.idx + len(token.text) and end > token.idx and end > start
        ]
        for token in doc
    ]


@pytest.mark.parametrize(
    ("doc", "pieces", "expected"),
    [
        (doc_of("Zoé", "rit"), pieces_of((0, 3), (3, 6)), [[0], [1]]),
        (doc_of("Zoé", "rit"), pieces_of((0, 1), (1, 3), (3, 6)), [[0, 1], [2]]),
        # one piece over two tokens belongs to both
        (doc_of("Dupont", "-", "Durand"), pieces_of((0, 7), (7, 13)), [[0], [0], [1]]),
        # an empty piece (a bare metaspace) belongs to nobody
        (doc_of("a", "b", spaces=[True, False]), pieces_of((0, 1), (1, 1), (2, 3)), [[0], [2]]),
        # also within a token
        (doc_of("ab", "c"), pieces_of((1, 1), (2, 3)), [[], [1]]),
        # two pieces of one character (bytes) belong to its token
        (doc_of("é", "a"), pieces_of((0, 1), (0, 1), (1, 2)), [[0, 1], [2]]),
        # a token that no piece covers has none
        (doc_of("a", "\x07", "b"), pieces_of((0, 1), (2, 3)), [[0], [], [1]]),
        (doc_of("a"), pieces_of(), [[]]),
        (doc_of(), pieces_of(), []),
    ],
)
def test_pieces_of_each_token(doc, pieces, expected):
    assert owned(doc, pieces) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_french_compounds_are_aligned_whichever_way_they_are_split(tiny_encoder, fr, kind):
    tokenizer = tokenizer_of(tiny_encoder(kind))
    doc = fr("Jean Dupont-Durand vit à Saint-Étienne-du-Rouvray, aujourd'hui.")
    assert "Saint-Étienne-du-Rouvray" in [token.text for token in doc]
    pieces = tokenizer([doc.text])[0]
    assert owned(doc, pieces) == owned_by_definition(doc, pieces)
    assert all(owned(doc, pieces))


@pytest.mark.parametrize("kind", FAMILIES)
@examples(40)
@given(data=st.data())
def test_pieces_are_those_that_overlap(tiny_encoder, kind, data):
    doc = data.draw(free_docs())
    pieces = tokenizer_of(tiny_encoder(kind))([doc.text])[0]
    for found, expected in zip(owned(doc, pieces), owned_by_definition(doc, pieces), strict=True):
        # a segment may hold an empty piece between two others, and nothing else that does not overlap
        assert set(expected) <= set(found)
        assert bool(expected) == bool(found)
        if expected:
            assert (found[0], found[-1]) == (expected[0], expected[-1])


def test_swapped_offsets_lose_no_overlap():
    doc = doc_of("ab", "cd")
    assert owned(doc, pieces_of((0, 2), (3, 4), (2, 3)))[1] == [1, 2]


def test_white_space_owns_no_piece():
    doc = Doc(spacy.blank("xx").vocab, words=["a", "\n", "b"], spaces=[False, False, False])
    found = align(doc, pieces_of((0, 3)))
    assert (found.firsts.tolist(), found.lasts.tolist()) == ([0, 0, 0], [1, 0, 1])


def test_a_token_without_pieces_has_the_empty_stretch_at_the_beginning():
    found = align(doc_of("a", "\x07", "b"), pieces_of((0, 1), (2, 3)))
    assert (found.firsts.tolist(), found.lasts.tolist()) == ([0, 0, 1], [1, 0, 2])


def test_texts_that_stand_end_to_end_do_not_touch():
    docs = [doc_of("ab", "c"), doc_of(), doc_of("d", "ef")]
    found = align_joined(docs, [0, 3, 3], pieces_of((0, 2), (2, 3), (3, 3), (3, 5), (5, 6)))
    assert (found.firsts.tolist(), found.lasts.tolist()) == ([0, 1, 3, 3], [1, 2, 4, 5])
