"""Pieces cut token by token, or with the space given to both sides: what adopted pipelines need to see again."""

import numpy
import pytest
import spacy
from tokenizer_of import tokenizer_of

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint, write_checkpoint
from spacy_bertfam.encoder.pieces.alignment import align
from spacy_bertfam.encoder.pieces.piece_scheme import (
    SCHEME_FILE,
    PieceScheme,
    cut_by_token,
    reach_over_space,
    read_scheme,
)
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer
from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.hub.hf_output.piece_scores import name_doc_pieces

TEXT = "L'été, Zoé Martin — de Saint-Étienne — dit :  «non»."
KINDS = ["bert", "roberta", "camembert", "xlm-roberta"]


@pytest.fixture
def doc():
    return spacy.blank("fr")(TEXT)


@pytest.mark.parametrize("kind", KINDS)
def test_by_token_every_piece_belongs_to_one_token(kind, tiny_encoder, doc):
    tokenizer = tokenizer_of(tiny_encoder(kind))
    (pieces,) = cut_by_token(tokenizer.backend, [doc])
    owners = align(doc, pieces)
    counts = owners.lasts - owners.firsts
    assert counts.sum() == len(pieces)
    assert all((count > 0) == (not token.is_space) for token, count in zip(doc, counts, strict=True))
    for token, first, last in zip(doc, *owners, strict=True):
        if not token.is_space:
            word = (doc[token.i - 1].whitespace_ if token.i else "") + token.text
            alone = tokenizer.backend.encode([word], is_pretokenized=True, add_special_tokens=False)
            assert pieces.ids[first:last].tolist() == alone.ids


def test_an_empty_doc_has_no_pieces(tiny_encoder):
    tokenizer = tokenizer_of(tiny_encoder("camembert"))
    found = cut_by_token(tokenizer.backend, [spacy.blank("fr")(""), spacy.blank("fr")(" ")])
    assert [len(pieces) for pieces in found] == [0, 0]


def test_a_space_in_the_offsets_ties_a_piece_to_the_token_before_too(tiny_encoder):
    doc = spacy.blank("fr")("Paris est grande.")
    encoding = tokenizer_of(tiny_encoder("camembert")).backend.encode(doc.text, add_special_tokens=False)
    owners = align(doc, reach_over_space(doc, encoding.ids, encoding.offsets))
    starts_with_space = [i for i, (start, _) in enumerate(encoding.offsets) if doc.text[start] == " "]
    assert starts_with_space
    for token, last in zip(doc[:2], owners.lasts, strict=False):
        assert last - 1 in starts_with_space, token
    assert owners.firsts[2] < owners.lasts[2] == owners.firsts[3]  # no space before the full stop


@pytest.mark.parametrize("kind", KINDS)
def test_named_pieces_are_as_many_as_the_cut_ones(kind, tiny_encoder, doc):
    plain = tokenizer_of(tiny_encoder(kind))
    by_token = PieceTokenizer(
        plain.backend, plain.prefix, plain.suffix, plain.pad_id, PieceScheme(by_token=True)
    )
    for tokenizer in (plain, by_token):
        named, (pieces,) = name_doc_pieces(tokenizer, doc), tokenizer.cut([doc])
        assert list(named.ids) == pieces.ids.tolist()
        starts, ends = numpy.array(named.offsets).T
        assert (starts >= 0).all() and (ends <= len(doc.text)).all() and (starts <= ends).all()


def test_a_checkpoint_keeps_its_scheme(tiny_encoder, tmp_path):
    folder = tmp_path / "first"
    folder.mkdir()
    for path in tiny_encoder("camembert").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    assert read_checkpoint(folder).tokenizer.scheme == PieceScheme()
    (folder / SCHEME_FILE).write_bytes(PieceScheme(by_token=True).to_bytes())
    write_checkpoint(read_checkpoint(folder), tmp_path / "second")
    assert read_checkpoint(tmp_path / "second").tokenizer.scheme == PieceScheme(by_token=True)


@pytest.mark.parametrize("content", ['{"by_token": 1}', '{"cut": true}', "[]", "{"])
def test_an_unknown_scheme_is_refused(content, tmp_path):
    with pytest.raises(CheckpointError, match=SCHEME_FILE):
        read_scheme({SCHEME_FILE: content.encode()}, tmp_path)
