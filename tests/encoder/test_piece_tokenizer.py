"""Texts to pieces: offsets without white space, special pieces, no limit."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from random_docs import examples, texts
from tiny.kinds import BY_NAME, KINDS
from tokenizer_of import tokenizer_of
from tokenizers import Tokenizer

from spacy_bertfam.encoder.pieces.tokenizer import trim_spaces

TEXT = "  L'élève Zoé\n habite\xa0à Saint-Étienne ,  depuis 2019. "


@examples(50)
@given(text=texts)
def test_trimming_is_what_str_strip_does(text):
    marks = "\u200b\u200e\u200f\u2060\ufeff"
    starts, ends = np.triu_indices(len(text) + 1)
    new_starts, new_ends = trim_spaces(text, starts, ends)
    for start, end, new_start, new_end in zip(starts, ends, new_starts, new_ends, strict=True):
        letters = [i for i in range(start, end) if not text[i].isspace() and text[i] not in marks]
        if letters:
            assert (new_start, new_end) == (letters[0], letters[-1] + 1)
        else:
            assert new_start == new_end


@pytest.mark.parametrize("kind", KINDS)
def test_special_pieces_are_those_of_the_tokenizer(tiny_encoder, kind):
    folder = tiny_encoder(kind)
    tokenizer, backend = (
        tokenizer_of(folder),
        Tokenizer.from_file(str(folder / "tokenizer.json")),
    )
    pieces = tokenizer([TEXT])[0]
    assert [*tokenizer.prefix, *pieces.ids, *tokenizer.suffix] == backend.encode(TEXT).ids
    names = BY_NAME[kind].specials
    assert tokenizer.prefix == (backend.token_to_id(names["cls_token"]),)
    assert tokenizer.suffix == (backend.token_to_id(names["sep_token"]),)
    assert tokenizer.n_special == 2


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_cover_the_letters_and_only_them(tiny_encoder, kind):
    pieces = tokenizer_of(tiny_encoder(kind))([TEXT])[0]
    covered = {i for start, end in zip(pieces.starts, pieces.ends, strict=True) for i in range(start, end)}
    assert covered == {i for i, character in enumerate(TEXT) if not character.isspace()}


def test_a_limit_or_padding_in_the_file_is_not_obeyed(tiny_encoder, tmp_path):
    backend = Tokenizer.from_file(str(tiny_encoder("bert") / "tokenizer.json"))
    backend.enable_truncation(8)
    backend.enable_padding(length=20)
    backend.save(str(tmp_path / "tokenizer.json"))
    tokenizer = tokenizer_of(tmp_path)
    plain = tokenizer_of(tiny_encoder("bert"))
    for found, expected in zip(tokenizer(["a", TEXT * 5]), plain(["a", TEXT * 5]), strict=True):
        assert np.array_equal(found.ids, expected.ids)
    assert tokenizer.prefix == plain.prefix
    assert tokenizer.suffix == plain.suffix


def test_a_tokenizer_can_be_copied(tiny_encoder):
    tokenizer = tokenizer_of(tiny_encoder("camembert"), pad_id=1)
    again = deepcopy(tokenizer)
    assert (again.prefix, again.suffix, again.pad_id) == (tokenizer.prefix, tokenizer.suffix, 1)
    assert np.array_equal(again([TEXT])[0].ids, tokenizer([TEXT])[0].ids)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_text_has_no_pieces(tiny_encoder, kind):
    pieces = tokenizer_of(tiny_encoder(kind))(["", "a"])
    assert len(pieces[0]) == 0
    assert pieces[0].starts.shape == (0,)
    assert len(pieces[1]) >= 1
