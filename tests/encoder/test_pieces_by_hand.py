"""Texts to pieces over a vocabulary of a few words: where pieces stand, what stands around them, what is refused."""

from copy import deepcopy

import numpy as np
import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tokenizer_of import tokenizer_of
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from spacy_bertfam.encoder.pieces.piece_scheme import OURS, SCHEME_FILE, PieceScheme
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer, code_points, is_space, trim_spaces
from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError


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


def test_characters_beyond_the_basic_plane_count_as_one():
    assert code_points("a👍b").tolist() == [97, 0x1F44D, 98]


def test_an_empty_text_has_nothing_to_trim():
    starts, ends = np.array([0]), np.array([0])
    assert trim_spaces("", starts, ends) == (starts, ends)


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


# -- from a file

WORDS = {"[UNK]": 0, "Pa": 1, "##ris": 2, "est": 3, "a": 4, "[CLS]": 5, "[SEP]": 6}


def a_backend(template="[CLS] $A [SEP]", **options):
    backend = Tokenizer(WordPiece(WORDS, unk_token="[UNK]", **options))
    backend.pre_tokenizer = WhitespaceSplit()
    backend.add_special_tokens(["[CLS]", "[SEP]"])
    if template:
        backend.post_processor = TemplateProcessing(
            single=template, special_tokens=[("[CLS]", 5), ("[SEP]", 6)]
        )
    return backend


def folder_of(tmp_path, backend, **files):
    (tmp_path / "tokenizer.json").write_text(backend.to_str(), encoding="utf8")
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("template", "prefix", "suffix"),
    [
        ("[CLS] $A [SEP]", (5,), (6,)),
        ("[CLS] [CLS] $A [SEP] [SEP]", (5, 5), (6, 6)),
        ("$A [SEP]", (), (6,)),
        ("[CLS] $A", (5,), ()),
        (None, (), ()),
    ],
)
def test_what_stands_around_a_window_is_what_the_file_puts_around_a_text(tmp_path, template, prefix, suffix):
    tokenizer = tokenizer_of(folder_of(tmp_path, a_backend(template)), pad_id=3)
    assert (tokenizer.prefix, tokenizer.suffix, tokenizer.pad_id) == (prefix, suffix, 3)
    assert tokenizer.scheme == OURS
    assert as_lists(tokenizer(["Paris est"])[0]) == [[1, 2, 3], [0, 2, 6], [2, 5, 9]]


def test_unasked_the_padding_is_0(tmp_path):
    folder = folder_of(tmp_path, a_backend())
    assert tokenizer_of(folder).pad_id == 0
    content = (folder / "tokenizer.json").read_bytes()
    assert PieceTokenizer.from_sealed(content, {}, folder).pad_id == 0


def test_the_scheme_beside_the_file_is_read(tmp_path):
    scheme = PieceScheme(by_token=True)
    folder = folder_of(tmp_path, a_backend(), **{SCHEME_FILE: scheme.to_bytes(), "other.txt": b"?"})
    assert tokenizer_of(folder).scheme == scheme
    (folder / SCHEME_FILE).write_text("[]", encoding="utf8")
    with pytest.raises(CheckpointError, match=str(folder / SCHEME_FILE)):
        tokenizer_of(folder)


def test_a_file_that_is_no_tokenizer_is_refused_with_its_name(tmp_path):
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "?"}}', encoding="utf8")
    with pytest.raises(
        CheckpointError, match=r"tokenizer.json cannot be read by the tokenizers library .*; fetch"
    ):
        tokenizer_of(tmp_path)


def test_words_are_not_cut_by_chance(tmp_path):
    merges = [("a", "b"), ("ab", "c")]
    vocab = {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}
    backend = Tokenizer(BPE(vocab, merges, dropout=0.9))
    tokenizer = tokenizer_of(folder_of(tmp_path, backend))
    assert {tuple(tokenizer(["abc"])[0].ids.tolist()) for _ in range(20)} == {(4,)}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"max_input_chars_per_word": 1000}, None),
        ({"max_input_chars_per_word": 1001}, r"max_input_chars_per_word = 1,001, .* expected at most 1,000"),
        ({"continuing_subword_prefix": "#" * 64}, None),
        (
            {"continuing_subword_prefix": "#" * 65},
            "continuing_subword_prefix of 65 characters; expected at most 64",
        ),
    ],
)
def test_what_takes_hours_is_refused(tmp_path, options, problem):
    folder = folder_of(tmp_path, a_backend(**options))
    if problem is None:
        tokenizer_of(folder)
        return
    with pytest.raises(CheckpointError, match=rf"^{folder / 'tokenizer.json'} has (a )?{problem}"):
        tokenizer_of(folder)


def test_a_long_end_of_each_word_is_refused(tmp_path):
    backend = Tokenizer(BPE({"a": 0}, [], end_of_word_suffix="#" * 65))
    with pytest.raises(CheckpointError, match="end_of_word_suffix of 65 characters"):
        tokenizer_of(folder_of(tmp_path, backend))


@pytest.mark.parametrize("scheme", [{}, {"by_token": True}, {"space_to_both": True}])
def test_a_tokenizer_that_fails_on_a_text_is_said_in_a_sentence(scheme):
    class Failing:
        def encode_batch(self, *args, **options):
            raise ValueError("no")

    tokenizer = PieceTokenizer(Failing(), (), (), 0, PieceScheme(**scheme))
    with pytest.raises(
        UserError, match=r"^The encoder's tokenizer fails on a text \(ValueError: no\); expected one"
    ):
        tokenizer.cut([Doc(Vocab(), words=["a"])])
