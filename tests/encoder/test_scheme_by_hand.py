"""Pieces token by token, or with the space given to both sides, over a vocabulary of a few words."""

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit

from spacy_bertfam.encoder.pieces.piece_scheme import (
    OURS,
    SCHEME_FILE,
    PieceScheme,
    cut_by_token,
    reach_over_space,
    read_scheme,
    token_places,
)
from spacy_bertfam.gate import CheckpointError

NAMES = ["?", "Pa", "##ris", "est", "loin"]

VOCAB = spacy.blank("xx").vocab


class Backend:
    """A tokenizer that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = []
        vocab = {name: i for i, name in enumerate(NAMES)}
        self.tokenizer = Tokenizer(WordPiece(vocab, unk_token="?"))
        self.tokenizer.pre_tokenizer = WhitespaceSplit()

    def encode_batch(self, words, **options):
        self.asked.append((words, options))
        return self.tokenizer.encode_batch(words, **options)


def a_doc():
    """The text "Paris  est loin", with a token of white space."""
    return Doc(VOCAB, words=["Pa", "ris", " ", "est", "loin"], spaces=[False, True, False, True, False])


def as_lists(pieces):
    assert pieces.ids.dtype == np.int64
    return [pieces.ids.tolist(), pieces.starts.tolist(), pieces.ends.tolist()]


def test_a_token_is_cut_with_the_space_before_it():
    assert token_places(a_doc()) == [("Pa", 0, 2), ("ris", 2, 5), ("est", 7, 10), (" loin", 11, 15)]
    after_space = Doc(VOCAB, words=["Pa", "est"], spaces=[True, True])
    assert token_places(after_space) == [("Pa", 0, 2), (" est", 3, 6)]
    assert token_places(Doc(VOCAB)) == []


def test_pieces_by_token_span_their_tokens():
    backend = Backend()
    found = cut_by_token(backend, [a_doc(), Doc(VOCAB), Doc(VOCAB, words=["Paris"], spaces=[False])])
    assert backend.asked == [
        (
            [["Pa", "ris", "est", " loin"], [], ["Paris"]],
            {"is_pretokenized": True, "add_special_tokens": False},
        )
    ]
    assert [as_lists(pieces) for pieces in found] == [
        [[1, 0, 3, 4], [0, 2, 7, 11], [2, 5, 10, 15]],
        [[], [], []],
        [[1, 2], [0, 0], [5, 5]],
    ]


def test_a_piece_that_begins_with_the_space_after_a_token_reaches_into_it():
    """Offsets as of a SentencePiece tokenizer; a piece without characters reaches nowhere."""
    doc = Doc(VOCAB, words=["Pa", "est", "loin", "."], spaces=[True, True, False, False])
    offsets = [(0, 2), (2, 2), (2, 6), (6, 7), (7, 11), (11, 12)]
    pieces = reach_over_space(doc, [9, 8, 7, 6, 5, 4], offsets)
    assert as_lists(pieces) == [[9, 8, 7, 6, 5, 4], [0, 2, 1, 5, 7, 11], [2, 2, 6, 7, 11, 12]]
    assert as_lists(reach_over_space(Doc(VOCAB), [], [])) == [[], [], []]
    one = Doc(VOCAB, words=["Pa"], spaces=[True])
    assert as_lists(reach_over_space(one, [9, 8], [(0, 2), (2, 3)])) == [[9, 8], [0, 1], [2, 3]]


@pytest.mark.parametrize("scheme", [OURS, PieceScheme(by_token=True), PieceScheme(space_to_both=True)])
def test_a_scheme_is_read_as_it_was_written(scheme):
    assert read_scheme({SCHEME_FILE: scheme.to_bytes()}, Path("model")) == scheme


def test_a_scheme_is_written_for_people():
    assert PieceScheme(by_token=True).to_bytes() == b'{\n  "by_token": true,\n  "space_to_both": false\n}\n'
    assert PieceScheme() == PieceScheme(by_token=False, space_to_both=False)


def test_without_a_file_the_scheme_is_ours():
    assert read_scheme({}, Path("model")) is OURS
    assert read_scheme({SCHEME_FILE: b"{}"}, Path("model")) == OURS


@pytest.mark.parametrize(
    "content", [b'{"by_token": 1}', b'{"cut": true}', b'{"cut": true, "by_token": 1}', b"[]"]
)
def test_another_scheme_is_refused_with_its_file(content):
    with pytest.raises(CheckpointError, match=rf"^model/{SCHEME_FILE} ") as caught:
        read_scheme({SCHEME_FILE: content}, Path("model"))
    if content[:1] == b"{":
        assert "expected true or false for by_token, space_to_both" in str(caught.value)
