"""Tags -> spans in every scheme, the broken ones too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.data.schemes import is_tag, recognize_scheme, tags_to_spans
from spacy_bertfam.data.trimming import clean_word

LETTERS = {"IOB2": "BIIB", "BIOES": "BIES", "BILUO": "BILU"}  # first, inside, last, single


@pytest.mark.parametrize("tag", ["O", "-", "B-PER", "I-x", "U-A-B", "S-musical work"])
def test_legal_tags(tag):
    assert is_tag(tag)


@pytest.mark.parametrize(
    "tag", ["", "o", "B", "B-", "X-PER", "PER", "B_PER", "b-PER", "OO", "B- ", "B-A\x85b", "B-A\u2028b"]
)
def test_illegal_tags(tag):
    assert not is_tag(tag)


@pytest.mark.parametrize(
    "tags, scheme",
    [
        ("B-A I-A O B-A", "IOB2"),
        ("O O", "IOB2"),
        ("I-A I-A O I-B", "IO"),
        ("I-A B-A I-A O I-B", "IOB1"),
        ("I-A O B-A I-A", "IOB2"),  # a B- that parts nothing is not IOB1: the I- is a slip
        ("B-A E-A O S-B", "BIOES"),
        ("B-A L-A O U-B", "BILUO"),
        ("S-A U-A", "mixed"),
    ],
)
def test_scheme_is_recognized(tags, scheme):
    assert recognize_scheme([tags.split()]) == scheme


def test_sentences_do_not_continue_each_other():
    assert recognize_scheme([["I-A"], ["B-A"]]) == "IOB2"


@pytest.mark.parametrize(
    "scheme, tags, spans, mended",
    [
        ("IOB2", "B-A I-A B-A", [(0, 2, "A"), (2, 3, "A")], []),
        ("IOB2", "O I-A I-A", [(1, 3, "A")], [1]),
        ("IOB2", "B-A I-B", [(0, 1, "A"), (1, 2, "B")], [1]),
        ("IOB2", "B-A - I-A", [(0, 1, "A"), (2, 3, "A")], [2]),
        ("IOB1", "I-A B-A I-A I-B", [(0, 1, "A"), (1, 3, "A"), (3, 4, "B")], []),
        ("IO", "I-A I-A O I-A", [(0, 2, "A"), (3, 4, "A")], []),
        ("BIOES", "B-A I-A E-A S-A", [(0, 3, "A"), (3, 4, "A")], []),
        ("BIOES", "B-A O", [(0, 1, "A")], [0]),
        ("BIOES", "B-A E-A E-A", [(0, 2, "A"), (2, 3, "A")], [2]),
        ("BIOES", "O I-A I-A", [(1, 3, "A")], [1, 2]),
        ("BILUO", "B-A L-A U-B L-B", [(0, 2, "A"), (2, 3, "B"), (3, 4, "B")], [3]),
    ],
)
def test_tags_become_spans(scheme, tags, spans, mended):
    assert tags_to_spans(tags.split(), scheme=scheme) == (spans, mended)


@st.composite
def tokens_and_spans(draw):
    """Sentences of words (any characters but those that separate, and byte order marks, which are no part of a file)
    with spans that do not overlap."""
    word = st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\ufeff"), min_size=1, max_size=5
    ).map(clean_word)
    sentences = []
    for _ in range(draw(st.integers(1, 3))):
        words = draw(st.lists(word, min_size=1, max_size=8))
        spans, position = [], 0
        while position < len(words):
            length = draw(st.integers(0, min(3, len(words) - position)))
            if length:
                spans.append((position, position + length, draw(st.sampled_from(["PER", "LOC", "a-b"]))))
            position += max(length, 1)
        sentences.append((words, spans))
    return sentences


def write_tags(n_words, spans, letters):
    first, inside, last, single = letters
    tags = ["O"] * n_words
    for start, end, label in spans:
        tags[start:end] = [f"{inside}-{label}"] * (end - start)
        tags[start], tags[end - 1] = f"{first}-{label}", f"{last}-{label}"
        if end - start == 1:
            tags[start] = f"{single}-{label}"
    return tags


@pytest.mark.parametrize("scheme", LETTERS)
@settings(deadline=None)
@given(
    sentences=tokens_and_spans(),
    separator=st.sampled_from(["\t", " "]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_written_columns_read_back_equal(tmp_path_factory, scheme, sentences, separator, line_end):
    lines = ["-DOCSTART- O", ""]
    for words, spans in sentences:
        tags = write_tags(len(words), spans, LETTERS[scheme])
        lines += [f"{word}{separator}{tag}" for word, tag in zip(words, tags, strict=True)] + [""]
    path = tmp_path_factory.mktemp("columns") / "x.iob"
    path.write_text(line_end.join(lines), encoding="utf8", newline="")
    report = ConversionReport()
    (record,) = read_records(path, format="iob", lang="fr", report=report)
    assert record.words == tuple(word for words, _ in sentences for word in words)
    expected, offset = [], 0
    for words, spans in sentences:
        expected += [(offset + start, offset + end, label) for start, end, label in spans]
        offset += len(words)
    assert token_spans(record) == expected
    assert not report.n_changed


def token_spans(record):
    """The mentions of a record in tokens again."""
    starts, ends, position = {}, {}, 0
    for i, (word, space) in enumerate(zip(record.words, record.spaces, strict=True)):
        starts[position], ends[position + len(word)] = i, i + 1
        position += len(word) + space
    return [(starts[m.start], ends[m.end], m.label) for m in record.mentions]
