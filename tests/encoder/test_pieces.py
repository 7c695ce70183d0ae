"""The pieces of a text by name, and batches in which every piece is a token of its own."""

import pytest
import spacy
from spacy.tokens import Doc
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from spacy_bertfam.encoder.pieces.batch import WindowSize
from spacy_bertfam.encoder.pieces.piece_scheme import PieceScheme
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer
from spacy_bertfam.hub.hf_output.piece_scores import (
    NamedPieces,
    batch_of_pieces,
    name_doc_pieces,
    name_pieces,
)

PIECES = ["[UNK]", "[CLS]", "[SEP]", "Pa", "##ris", "est", "l", "##oin", "."]
VOCAB = spacy.blank("xx").vocab


@pytest.fixture
def tokenizer() -> PieceTokenizer:
    """Its vocabulary is that above, a piece's number its place there."""
    backend = Tokenizer(WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    backend.pre_tokenizer = WhitespaceSplit()
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return PieceTokenizer(backend, (1,), (2,), 0)


def by_token(tokenizer: PieceTokenizer) -> PieceTokenizer:
    return PieceTokenizer(tokenizer.backend, (1,), (2,), 0, PieceScheme(by_token=True))


def test_pieces_of_a_text_have_their_names_and_places(tokenizer: PieceTokenizer) -> None:
    assert name_pieces(tokenizer.backend, "Paris  est loin") == NamedPieces(
        ids=(3, 4, 5, 6, 7),
        names=("Pa", "##ris", "est", "l", "##oin"),
        offsets=((0, 2), (2, 5), (7, 10), (11, 12), (12, 15)),
    )


def test_pieces_of_a_doc_are_those_of_its_text(tokenizer: PieceTokenizer) -> None:
    """Whatever its tokens are: here two, of which the second has a piece with the first."""
    doc = Doc(VOCAB, words=["Par", "is est"], spaces=[False, False])
    assert name_doc_pieces(tokenizer, doc) == name_pieces(tokenizer.backend, "Paris est")


def test_pieces_by_token_have_their_places_in_the_text(tokenizer: PieceTokenizer) -> None:
    doc = Doc(VOCAB, words=["Pa", "Paris", " ", "est", "."], spaces=[False, True, False, False, False])
    assert doc.text == "PaParis  est."
    assert name_doc_pieces(by_token(tokenizer), doc) == NamedPieces(
        ids=(3, 3, 4, 5, 8),
        names=("Pa", "Pa", "##ris", "est", "."),
        offsets=((0, 2), (2, 4), (4, 7), (9, 12), (12, 13)),
    )


def test_a_space_before_a_token_does_not_move_its_pieces(tokenizer: PieceTokenizer) -> None:
    """It is read with the token, as by a tokenizer that marks the beginnings of words."""
    doc = Doc(VOCAB, words=["est", "Paris"], spaces=[True, False])
    assert name_doc_pieces(by_token(tokenizer), doc).offsets == ((0, 3), (4, 6), (6, 9))


def docs_of(*texts: str) -> list[Doc]:
    return [Doc(VOCAB, words=text.split()) for text in texts]


def test_every_piece_of_a_batch_is_a_token(tokenizer: PieceTokenizer) -> None:
    batch = batch_of_pieces(docs_of("Paris est", "", "loin"), tokenizer, WindowSize(8, 2))
    assert batch.ids.tolist() == [3, 4, 5, 6, 7]
    assert batch.lengths == [3, 0, 2]
    assert (batch.firsts.tolist(), batch.lasts.tolist()) == ([0, 1, 2, 3, 4], [1, 2, 3, 4, 5])
    assert [array.tolist() for array in batch.windows.arrays] == [[0, 3], [3, 5], [0, 3], [3, 5]]
    assert (batch.n_cut, batch.n_rows) == (0, 5)
    assert {batch.ids.dtype, batch.firsts.dtype, batch.lasts.dtype} == {batch.windows.starts.dtype}


def test_windows_of_a_long_text_are_cut_between_its_tokens(tokenizer: PieceTokenizer) -> None:
    """Pa ris Pa ris est est est: the first window holds five; three would be in both, but that splits "Paris"."""
    batch = batch_of_pieces(docs_of("est", "Paris Paris est est est"), tokenizer, WindowSize(5, 2))
    assert [array.tolist() for array in batch.windows.arrays] == [[0, 1, 3], [1, 6, 8], [0, 1, 3], [1, 3, 8]]


def test_a_sentence_that_ends_is_a_place_to_cut(tokenizer: PieceTokenizer) -> None:
    doc = Doc(VOCAB, words=["Paris", "est", "loin", "\n", "est", "est", "est", "est"])
    batch = batch_of_pieces([doc], tokenizer, WindowSize(7, 2))
    assert [array.tolist() for array in batch.windows.arrays] == [[0, 5], [5, 9], [0, 5], [5, 9]]


def test_of_a_token_longer_than_a_window_no_piece_is_left_out(tokenizer: PieceTokenizer) -> None:
    doc = Doc(VOCAB, words=["Paris est loin Paris"])
    batch = batch_of_pieces([doc], tokenizer, WindowSize(3, 0))
    assert batch.ids.tolist() == [3, 4, 5, 6, 7, 3, 4]
    assert batch.windows.starts.tolist() == [0, 3, 6]
    assert batch.n_cut == 0


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_without_pieces_a_batch_is_empty(tokenizer: PieceTokenizer, texts: list[str]) -> None:
    batch = batch_of_pieces(docs_of(*texts), tokenizer, WindowSize(8, 2))
    assert (batch.ids.tolist(), batch.lengths, batch.n_rows) == ([], [0] * len(texts), 0)
    assert [array.tolist() for array in batch.windows.arrays] == [[], [], [], []]
    assert {array.dtype for array in batch.windows.arrays} == {batch.firsts.dtype}
