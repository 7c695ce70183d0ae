"""Texts to pieces: offsets without white space, special pieces, no limit."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from random_docs import examples, texts
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tiny.kinds import BY_NAME, KINDS
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit

from spacy_bertfam.encoder.pieces.piece_scheme import PieceScheme
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer, code_points, is_space, trim_spaces

TEXT = "  L'élève Zoé\n habite\xa0à Saint-Étienne ,  depuis 2019. "


@pytest.mark.parametrize(
    ("text", "piece", "trimmed"),
    [
        ("a Zoé", (1, 5), (2, 5)),
        ("Zoé  a", (0, 5), (0, 3)),
        ("a  \n b", (1, 6), (5, 6)),
        ("a\xa0b", (1, 3), (2, 3)),
        ("a\u200bb", (0, 2), (0, 1)),
        ("Zoé", (0, 3), (0, 3)),
        ("a b c", (0, 5), (0, 5)),
    ],
)
def test_white_space_at_the_borders_of_a_piece_is_trimmed(text, piece, trimmed):
    starts, ends = trim_spaces(text, np.array([piece[0]]), np.array([piece[1]]))
    assert (starts[0], ends[0]) == trimmed


@pytest.mark.parametrize(("text", "piece"), [("a  b", (1, 3)), ("a ", (1, 2)), (" a", (0, 1)), ("a", (1, 1))])
def test_a_piece_of_white_space_alone_becomes_empty(text, piece):
    starts, ends = trim_spaces(text, np.array([piece[0]]), np.array([piece[1]]))
    assert starts[0] == ends[0]


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


def test_characters_beyond_the_basic_plane_count_as_one():
    assert code_points("a👍b").tolist() == [97, 0x1F44D, 98]


@pytest.mark.parametrize("kind", KINDS)
def test_special_pieces_are_those_of_the_tokenizer(tiny_encoder, kind):
    folder = tiny_encoder(kind)
    tokenizer, backend = (
        PieceTokenizer.from_folder(folder),
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
    pieces = PieceTokenizer.from_folder(tiny_encoder(kind))([TEXT])[0]
    covered = {i for start, end in zip(pieces.starts, pieces.ends, strict=True) for i in range(start, end)}
    assert covered == {i for i, character in enumerate(TEXT) if not character.isspace()}


def test_a_limit_or_padding_in_the_file_is_not_obeyed(tiny_encoder, tmp_path):
    backend = Tokenizer.from_file(str(tiny_encoder("bert") / "tokenizer.json"))
    backend.enable_truncation(8)
    backend.enable_padding(length=20)
    backend.save(str(tmp_path / "tokenizer.json"))
    tokenizer = PieceTokenizer.from_folder(tmp_path)
    plain = PieceTokenizer.from_folder(tiny_encoder("bert"))
    for found, expected in zip(tokenizer(["a", TEXT * 5]), plain(["a", TEXT * 5]), strict=True):
        assert np.array_equal(found.ids, expected.ids)
    assert tokenizer.prefix == plain.prefix
    assert tokenizer.suffix == plain.suffix


def test_a_tokenizer_can_be_copied(tiny_encoder):
    tokenizer = PieceTokenizer.from_folder(tiny_encoder("camembert"), pad_id=1)
    again = deepcopy(tokenizer)
    assert (again.prefix, again.suffix, again.pad_id) == (tokenizer.prefix, tokenizer.suffix, 1)
    assert np.array_equal(again([TEXT])[0].ids, tokenizer([TEXT])[0].ids)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_text_has_no_pieces(tiny_encoder, kind):
    pieces = PieceTokenizer.from_folder(tiny_encoder(kind))(["", "a"])
    assert len(pieces[0]) == 0
    assert pieces[0].starts.shape == (0,)
    assert len(pieces[1]) >= 1


# -- by hand


@pytest.fixture
def by_hand():
    """`by_hand(**scheme)` RETURNS (PieceTokenizer): over the words "est" and "loin", and "Pa" "##ris"."""
    names = ["?", "Pa", "##ris", "est", "loin"]
    backend = Tokenizer(WordPiece({name: i for i, name in enumerate(names)}, unk_token="?"))
    backend.pre_tokenizer = WhitespaceSplit()

    def get(**scheme):
        return PieceTokenizer(backend, (7, 8), (9,), 5, PieceScheme(**scheme))

    return get


def as_lists(pieces):
    return [pieces.ids.tolist(), pieces.starts.tolist(), pieces.ends.tolist()]


def docs_by_hand():
    """Texts "Paris est", "", " loin" in tokens that are not the words."""
    return [
        Doc(Vocab(), words=["Par", "is", "est"], spaces=[False, True, False]),
        Doc(Vocab()),
        Doc(Vocab(), words=[" ", "loin"], spaces=[False, False]),
    ]


PLAIN = [[[1, 2, 3], [0, 2, 6], [2, 5, 9]], [[], [], []], [[4], [1], [5]]]


def test_each_text_has_its_own_pieces(by_hand):
    found = by_hand()(["Paris est", "", " loin"])
    assert [as_lists(pieces) for pieces in found] == PLAIN
    assert by_hand()([]) == []


def test_pieces_of_all_texts_stand_end_to_end(by_hand):
    pieces, counts = by_hand().join(["Paris est", "", " loin"])
    assert as_lists(pieces) == [[1, 2, 3, 4], [0, 2, 6, 10], [2, 5, 9, 14]]
    assert counts.tolist() == [3, 0, 1]


def test_pieces_of_a_doc_are_those_of_its_text(by_hand):
    assert [as_lists(pieces) for pieces in by_hand().cut(docs_by_hand())] == PLAIN


def test_a_space_may_belong_to_both_sides(by_hand):
    """No piece here begins with a space, so that nothing changes but what is trimmed."""
    assert [as_lists(pieces) for pieces in by_hand(space_to_both=True).cut(docs_by_hand())] == PLAIN


def test_pieces_by_token_span_their_tokens(by_hand):
    found = by_hand(by_token=True).cut(docs_by_hand())
    assert [as_lists(pieces) for pieces in found][:2] == [[[0, 0, 3], [0, 3, 6], [3, 5, 9]], [[], [], []]]


@pytest.mark.parametrize("scheme", [{}, {"by_token": True}, {"space_to_both": True}])
def test_the_pieces_of_docs_joined_are_those_of_each_moved_to_its_place(by_hand, scheme):
    docs = docs_by_hand()
    tokenizer = by_hand(**scheme)
    pieces, counts = tokenizer.cut_joined(docs, [doc.text for doc in docs])
    alone = [as_lists(found) for found in tokenizer.cut(docs)]
    assert counts.tolist() == [len(ids) for ids, _, _ in alone]
    assert pieces.ids.tolist() == [i for ids, _, _ in alone for i in ids]
    bases = (0, 9, 9)
    assert pieces.starts.tolist() == [
        n + base for (_, starts, _), base in zip(alone, bases, strict=True) for n in starts
    ]
    assert pieces.ends.tolist() == [
        n + base for (_, _, ends), base in zip(alone, bases, strict=True) for n in ends
    ]


def test_special_pieces_are_counted(by_hand):
    assert by_hand().n_special == 3


def test_a_copy_keeps_all_settings(by_hand):
    again = deepcopy(by_hand(by_token=True))
    assert (again.prefix, again.suffix, again.pad_id, again.scheme) == (
        (7, 8),
        (9,),
        5,
        PieceScheme(by_token=True),
    )


def test_runs_of_white_space_of_any_length_are_trimmed():
    """Longer than what is looked at before all of the text is."""
    text = "ab" + " " * 9 + "cd" + " " * 9
    starts, ends = trim_spaces(text, np.array([0, 2, 2, 5, 13, 1]), np.array([9, 20, 13, 8, 22, 11]))
    assert list(zip(starts.tolist(), ends.tolist(), strict=True))[:3] == [(0, 2), (11, 13), (11, 13)]
    assert (ends - starts).tolist() == [2, 2, 2, 0, 0, 1]


def test_which_characters_are_white_space():
    marks = [" ", "\n", "\xa0", "\u3000", "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff"]
    letters = ["a", "é", "\u3001", "\u200c", "\U0001f44d", "\uffff"]
    assert is_space(code_points("".join(marks))).all()
    assert not is_space(code_points("".join(letters))).any()
