"""Which texts are decoded together, and where their entities stand; a few tokens against all paths one by one."""

import numpy as np
import pytest
from all_paths import legal_paths, path_logs, shares_of, span_probabilities
from tagging import encode

from spacy_bertfam.decoding import decode as decoding
from spacy_bertfam.decoding.decode import decode, parts_of, score_places
from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.types import ScoredSpan, SpanRows, Transitions

TAG_SET = TagSet("BIOES", ("PER", "LOC"))
LENGTHS = np.array([0, 3, 1, 0, 2, 3, 0])
N_TOKENS = int(LENGTHS.sum())


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(scale=3.0, size=(N_TOKENS, len(TAG_SET)))


@pytest.fixture
def learned():
    n, rng = len(TAG_SET), np.random.default_rng(2)
    return Transitions(rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n))


def assert_spans(found, rows, lengths, **options):
    """As all paths of each text have them."""
    outside = options.pop("outside", np.zeros(len(rows), bool))
    assert len(found) == len(lengths)
    start, n_spans = 0, 0
    for spans, length in zip(found, lengths.tolist(), strict=True):
        here = slice(start, start + length)
        start += length
        if not length:
            assert spans == []
            continue
        best, probabilities = span_probabilities(rows[here], TAG_SET, outside=outside[here], **options)
        assert [span[:3] for span in spans] == best
        assert all(type(span) is ScoredSpan for span in spans)
        for span in spans:
            assert span.score == pytest.approx(probabilities[span[:3]], abs=1e-9)
        n_spans += len(spans)
    assert n_spans


@pytest.mark.parametrize("max_tokens", [2, 3, 4, 9, 16_384])
def test_texts_are_decoded_as_each_by_itself(max_tokens, rows, learned, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_TOKENS", max_tokens)
    outside = np.arange(N_TOKENS) == 4
    options = {"learned": learned, "temperature": 1.7, "outside": outside}
    assert_spans(decode(rows, LENGTHS, TAG_SET, **options), rows, LENGTHS, **options)
    assert_spans(decode(rows, LENGTHS, TAG_SET), rows, LENGTHS)


@pytest.mark.parametrize("has_outside", [False, True])
def test_entities_go_across_tokens_that_are_not_read(has_outside, rows):
    """Of the texts' three, one, two and three tokens one, none, two and two are read."""
    words = np.array([False, True, False, False, True, True, True, False, True])
    outside = np.array([False, False, False, True, False, True, True, True, False]) if has_outside else None
    found = decode(rows, LENGTHS, TAG_SET, words=words, outside=outside)
    read = np.array([0, 1, 0, 0, 2, 2, 0])
    alone = decode(rows[words], read, TAG_SET, outside=outside if outside is None else outside[words])
    places = [[], [1], [], [], [0, 1], [0, 2], []]
    expected = [
        [span._replace(start=place[span.start], end=place[span.end - 1] + 1) for span in spans]
        for spans, place in zip(alone, places, strict=True)
    ]
    assert found == expected
    assert sum(map(len, found)) > 1
    assert_spans(alone, rows[words], read, **({"outside": outside[words]} if has_outside else {}))
    assert decode(rows, LENGTHS, TAG_SET, words=np.ones(N_TOKENS, bool)) == decode(rows, LENGTHS, TAG_SET)


def test_where_nothing_is_read_nothing_is_found(rows):
    assert decode(rows, LENGTHS, TAG_SET, words=np.zeros(N_TOKENS, bool)) == [[]] * len(LENGTHS)
    assert decode(rows[:0], LENGTHS[:1], TAG_SET) == [[]]


def test_an_entity_across_what_is_not_read_has_it_inside():
    tag_set = TagSet("IO", ("PER",))
    rows = np.array([[0.0, 9.0], [0.0, 0.0], [0.0, 9.0], [9.0, 0.0]])
    (found,) = decode(rows, np.array([4]), tag_set, words=np.array([True, False, True, True]))
    assert [span[:3] for span in found] == [(0, 3, "PER")]


@pytest.mark.parametrize(
    ("lengths", "max_tokens", "expected"),
    [
        ([2, 3, 1], 6, [[2, 3, 1]]),
        ([2, 3, 1], 5, [[2, 3], [1]]),
        ([2, 3, 1], 4, [[2], [3, 1]]),
        ([2, 3, 1], 1, [[2], [3], [1]]),
        ([9, 0, 2, 2, 9], 4, [[9], [0, 2, 2], [9]]),
        ([0, 9, 0], 4, [[0], [9], [0]]),
        ([], 4, []),
    ],
)
def test_texts_are_decoded_together_while_they_have_so_many_tokens(lengths, max_tokens, expected):
    found = parts_of(np.array(lengths, dtype=np.int64), max_tokens)
    assert [part.tolist() for part in found] == expected


def test_where_there_are_more_tags_fewer_tokens_are_decoded_together(monkeypatch):
    seen = []
    parts = decoding.parts_of
    monkeypatch.setattr(decoding, "parts_of", lambda lengths, n: seen.append(n) or parts(lengths, n))
    for cells in (2**22, 9 * 100 + 8, 9 * 30):
        monkeypatch.setattr(decoding, "MAX_CELLS", cells)
        decode(np.zeros((3, 9)), np.array([3]), TAG_SET)
    assert seen == [16_384, 100, 64]


def test_a_text_of_as_many_tokens_as_are_decoded_together_is_not_cut(rows, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_TOKENS", 3)
    monkeypatch.setattr(decoding, "long_path", lambda *args, **options: pytest.fail("was cut"))
    decode(rows, LENGTHS, TAG_SET)


READING, PLACES = [(0, 2, "PER"), (3, 4, "LOC")], [(0, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize("scheme", ["BIOES", "IOB2", "IO", "IOB"])
@pytest.mark.parametrize("max_tokens", [2, 16_384])
def test_a_place_has_the_share_of_all_paths_that_read_it_so(scheme, max_tokens, monkeypatch):
    """Two texts of five tokens, the second one with a token that is not read."""
    monkeypatch.setattr(decoding, "MAX_TOKENS", max_tokens)
    monkeypatch.setattr(decoding, "MIN_TOKENS", 2)
    tag_set, rng = TagSet(scheme, ("PER", "LOC")), np.random.default_rng(3)
    n = len(tag_set)
    learned = Transitions(rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n))
    rows, words = rng.normal(size=(10, n), scale=2.0), np.ones(10, bool)
    words[6] = False  # inside of the second text's PER: its tokens are 5, 7
    path = encode(tag_set, [(0, 2, "PER"), (3, 4, "LOC"), (5, 8, "PER"), (9, 10, "LOC")], 10)
    places = np.array([*PLACES, (5, 8), (8, 9), (9, 10)])
    spans = SpanRows(places[:, 0], places[:, 1], np.zeros(6, dtype=np.int64))
    options = {"learned": learned, "temperature": 1.3, "words": words}
    found = score_places(rows, np.array([5, 5]), tag_set, path, spans, **options)
    for read, reading, here, own in (
        (rows[:5], READING, PLACES, found[:3]),
        (rows[[5, 7, 8, 9]], [(0, 2, "PER"), (3, 4, "LOC")], [(0, 2), (2, 3), (3, 4)], found[3:]),
    ):
        paths, held = legal_paths(tag_set, len(read))
        shares = shares_of(path_logs(read, learned, paths) / 1.3)
        for (start, end), p in zip(here, own.tolist(), strict=True):
            wanted = [span for span in reading if span[0] < end and start < span[1]]
            same = [[s for s in spans if s[0] < end and start < s[1]] == wanted for spans in held]
            assert p == pytest.approx(shares[same].sum(), abs=1e-9)
