"""Where a long text is cut into parts, what is read beside them, and when two parts fit together."""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from spacy_bertfam.encoder.pieces import text_parts
from spacy_bertfam.encoder.pieces.text_parts import (
    Part,
    RawPieces,
    _agree,
    _cut,
    _place,
    _space_before,
    encode_text,
    encode_texts,
)


class Encoding:
    """A piece for each word, its number the length of the word."""

    def __init__(self, text: str) -> None:
        found = list(re.finditer(r"\S+", text))
        self.ids = [len(word.group()) for word in found]
        self.offsets = [word.span() for word in found]

    def __len__(self) -> int:
        return len(self.ids)


class Words:
    """A tokenizer that knows what it has read, in which calls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def encode(self, text: str, add_special_tokens: bool) -> Encoding:
        assert add_special_tokens is False
        self.calls.append([text])
        return Encoding(text)

    def encode_batch(self, texts: Sequence[str], add_special_tokens: bool) -> list[Encoding]:
        assert add_special_tokens is False
        self.calls.append(list(texts))
        return [Encoding(text) for text in texts]


def pieces_of(*offsets: tuple[int, int], first_id: int = 0) -> RawPieces:
    ids = np.arange(first_id, first_id + len(offsets))
    return RawPieces(ids, np.array(offsets, dtype=np.int64).reshape(-1, 2))


# spaces at 5, 11, 17, ... and 179 characters
REGULAR = " ".join(["abcde"] * 30)
PARTS = [
    Part(0, 29, 0, 41),
    Part(29, 59, 23, 71),
    Part(59, 89, 53, 101),
    Part(89, 119, 83, 131),
    Part(119, 149, 113, 161),
    Part(149, 179, 143, 179),
]


def test_parts_are_cut_before_spaces_and_read_with_some_text_on_both_sides() -> None:
    assert _cut(REGULAR, 30, 6) == PARTS


@pytest.mark.parametrize(("n", "n_parts"), [(53, 1), (54, 1), (55, 2)])
def test_a_rest_that_is_little_more_than_a_part_stays_with_it(n: int, n_parts: int) -> None:
    parts = _cut(REGULAR[:n], 30, 6)
    assert [part.start for part in parts] == [0, 29][:n_parts]
    assert (parts[-1].end, parts[-1].read_end) == (n, n)


def spaced(n: int, *places: int) -> str:
    """RETURNS (str): one long word, but for a space in each of these places."""
    return "".join(" " if i in places else "x" for i in range(n))


@pytest.mark.parametrize(
    ("places", "starts"),
    [
        ((10, 30, 46, 65, 80), [0, 30, 46]),
        ((10, 30, 45, 65, 80), None),  # less than half a part after the border before
        ((10, 30, 60, 90), [0, 30, 60]),
        ((10, 30, 61, 90), None),  # more than a part
    ],
)
def test_a_part_is_between_half_and_all_of_its_size(
    places: tuple[int, ...], starts: list[int] | None
) -> None:
    parts = _cut(spaced(150, *places), 30, 20)
    assert (parts and [part.start for part in parts]) == starts


def test_without_a_place_for_what_is_read_beside_a_part_there_are_no_parts() -> None:
    # cut at 29; after it the next space is farther away than two contexts, or before it
    assert _cut(REGULAR[:30] + "x" * 14 + REGULAR[5:], 30, 6) is None
    assert _cut("x" * 29 + REGULAR[29:], 30, 6) is None
    assert _cut("x" * 22 + " " + "x" * 6 + REGULAR[29:], 30, 6)[1].read_start == 22


@pytest.mark.parametrize(
    ("before", "after", "read"),
    [
        (20, 50, (20, 50)),
        (11, 41, (11, 41)),
        (10, 50, None),
        (21, 50, None),
        (20, 40, None),
        (20, 51, None),
    ],
)
def test_what_is_read_beside_a_part_is_one_to_two_contexts(
    before: int, after: int, read: tuple[int, int] | None
) -> None:
    """A cut at 30, with a context of 10: one space before it, and one after."""
    parts = _cut(spaced(75, before, 30, after), 30, 10)
    assert (parts and (parts[1].read_start, parts[0].read_end)) == read


@pytest.mark.parametrize(
    ("text", "place", "lowest", "expected"),
    [
        ("ab cd ef", 7, 0, 5),
        ("ab cd ef", 5, 0, 5),
        ("ab cd ef", 4, 0, 2),
        ("ab cd ef", 2, 0, 2),
        ("ab cd ef", 1, 0, None),
        ("ab cd ef", 4, 1, 2),
        ("ab cd ef", 4, 2, None),
        ("ab cd ef", 4, -9, 2),
        ("ab cd ef", 5, 5, None),
        ("ab cd ef", 99, 0, 5),
        ("ab  cd", 5, 0, None),  # not one space
        ("ab \ncd", 5, 0, None),
        ("ab\n cd", 5, 0, None),
        ("a b  cd", 6, 0, 1),
        ("a b \n cd", 7, 0, 1),
        ("a b  c", 4, 1, None),
        (" ab", 2, 0, None),
        (" ab", 2, -1, None),
        ("ab ", 2, 0, None),
        ("a ", 1, 0, None),
        ("a b", 1, 0, 1),
        ("", 5, 0, None),
    ],
)
def test_a_place_to_cut_is_one_space_between_two_words(
    text: str, place: int, lowest: int, expected: int | None
) -> None:
    assert _space_before(text, place, lowest=lowest) == expected


@pytest.mark.parametrize(
    ("offsets", "border", "expected"),
    [
        ([(0, 2), (3, 5)], 0, 0),
        ([(0, 2), (3, 5)], 1, None),
        ([(0, 2), (3, 5)], 2, 1),
        ([(0, 2), (3, 5)], 3, 1),
        ([(0, 2), (3, 5)], 4, None),
        ([(0, 2), (3, 5)], 5, 2),
        ([(3, 5), (0, 2)], 3, None),  # not in the order of the text
        ([(0, 1), (0, 3), (4, 5)], 4, 2),
        ([(0, 1), (0, 5), (4, 5)], 4, None),
        ([], 3, 0),
    ],
)
def test_a_border_has_whole_pieces_on_both_sides(
    offsets: list[tuple[int, int]], border: int, expected: int | None
) -> None:
    assert _place(pieces_of(*offsets), border) == expected


OWN = pieces_of((0, 1), (2, 3), (4, 5), (6, 7))
REST = pieces_of((8, 9), (10, 11), (12, 13), (14, 15), first_id=4)
OTHER = pieces_of((90, 91), (92, 93), (94, 95), (96, 97), first_id=90)


def joined(*parts: RawPieces) -> RawPieces:
    return RawPieces(*map(np.concatenate, zip(*parts, strict=True)))


@pytest.mark.parametrize(
    ("before", "following", "expected"),
    [
        (OWN, REST, True),
        # the outer half of what is read beside a part may differ
        (
            joined(OTHER.between(0, 2), OWN.between(2, 4)),
            joined(REST.between(0, 2), OTHER.between(0, 2)),
            True,
        ),
        (joined(OWN.between(0, 2), OTHER.between(2, 4)), REST, False),
        (joined(OWN.between(0, 3), OTHER.between(3, 4)), REST, False),
        (OWN, joined(OTHER.between(0, 1), REST.between(1, 4)), False),
        (OWN, joined(REST.between(0, 1), OTHER.between(0, 3)), False),
        # the same numbers in other places, and others in the same places
        (RawPieces(OWN.ids, OWN.offsets + 1), REST, False),
        (RawPieces(OWN.ids + 1, OWN.offsets), REST, False),
        (OWN, RawPieces(REST.ids, REST.offsets + 1), False),
        (OWN, RawPieces(REST.ids + 1, REST.offsets), False),
        # nothing to compare
        (OWN.between(0, 1), REST, False),
        (OWN.between(0, 0), REST, False),
    ],
)
def test_parts_fit_where_the_inner_halves_of_what_both_have_read_are_alike(
    before: RawPieces, following: RawPieces, expected: bool
) -> None:
    assert _agree(OWN, REST, before, following) is expected


def test_what_follows_has_to_be_compared_too() -> None:
    assert _agree(OWN, REST.between(0, 1), OWN, REST) is False
    assert _agree(OWN, REST.between(0, 2), OWN, REST) is True


def test_a_long_text_is_read_part_by_part_four_at_a_time() -> None:
    words, text = Words(), REGULAR + " " + REGULAR
    found = encode_text(words, text, part=30, context=18)
    borders = [0, *range(29, 270, 30), 359]
    texts = [text[max(start - 18, 0) : end + 36] for start, end in pairwise(borders)]
    assert words.calls == [texts[:4], texts[4:8], texts[8:]]
    assert found.ids.tolist() == [5] * 60
    assert found.offsets.tolist() == [[6 * i, 6 * i + 5] for i in range(60)]


def test_parts_that_disagree_are_read_again_as_a_whole() -> None:
    """A tokenizer to which words are other ones near the beginning of a text."""

    class Shy(Words):
        def encode_batch(self, texts: Sequence[str], add_special_tokens: bool) -> list[Encoding]:
            encodings = super().encode_batch(texts, add_special_tokens)
            for text, encoding in zip(texts, encodings, strict=True):
                encoding.ids[: 3 * text.startswith(" ")] = [0] * (3 * text.startswith(" "))
            return encodings

    words = Shy()
    found = encode_text(words, REGULAR, part=30, context=18)
    assert found.ids.tolist() == [5] * 30
    assert words.calls[1:] == [[REGULAR]]


@pytest.mark.parametrize(("part", "n_calls"), [(179, 1), (178, 1), (30, 2)])
def test_a_text_that_is_no_longer_than_a_part_is_read_as_a_whole(part: int, n_calls: int) -> None:
    words = Words()
    found = encode_text(words, REGULAR, part=part, context=6)
    assert found.ids.tolist() == [5] * 30
    assert len(words.calls) == n_calls
    assert (words.calls[0] == [REGULAR]) == (n_calls == 1)


def test_short_texts_are_read_together_and_beside_a_long_one_each_for_itself() -> None:
    texts = ["a bb", "", REGULAR]
    for part, calls in ((179, [texts]), (178, [["a bb"], [""], [REGULAR]])):
        words = Words()
        pieces, counts = encode_texts(words, texts, part=part, context=6)
        assert words.calls == calls
        assert pieces.ids.tolist() == [1, 2, *[5] * 30]
        assert pieces.offsets[:3].tolist() == [[0, 1], [2, 4], [0, 5]]
        assert counts.tolist() == [2, 0, 30]
        assert counts.dtype == pieces.ids.dtype == pieces.offsets.dtype == np.int64


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_without_words_there_are_no_pieces(texts: list[str]) -> None:
    pieces, counts = encode_texts(Words(), texts)
    assert (pieces.ids.tolist(), pieces.offsets.shape, counts.tolist()) == ([], (0, 2), [0] * len(texts))


def test_unasked_a_part_has_some_ten_thousand_words(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        text_parts, "_in_parts", lambda backend, text, *bounds: seen.append((len(text), *bounds))
    )
    for n in (65536, 65537):
        encode_text(Words(), "x" * n)
        encode_texts(Words(), ["x" * n])
    assert seen == [(65537, 65536, 256)] * 2
