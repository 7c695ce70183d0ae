"""Tag schemes: spans to tags and back, legal neighbours, spaCy's BILUO annotation."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tagging import decode_ids, encode

from spacy_bertfam.decoding.tags import PREFIXES, TagSet, split_tag, validate_scheme

LABELS = ("PER", "LOC", "a-b")
# a legal text of one label's prefixes, O between: written here anew, not derived from the package
LEGAL_TEXT = {
    "IO": r"[OI]*",
    "IOB": r"[OBI]*",
    "IOB2": r"(O|BI*)*",
    "BIOES": r"(O|S|BI*E)*",
    "BILUO": r"(O|U|BI*L)*",
}


@st.composite
def span_lists(draw, scheme, labels=LABELS, max_tokens=30):
    """RETURNS (tuple): spans without overlap in the order of the text, and the number of tokens."""
    n_tokens = draw(st.integers(0, max_tokens))
    spans, start = [], draw(st.integers(0, 2))
    while start < n_tokens:
        end = min(n_tokens, start + draw(st.integers(1, 5)))
        label = draw(st.sampled_from(labels))
        touches = bool(spans) and spans[-1][1:] == (start, label)
        if not (scheme == "IO" and touches):
            spans.append((start, end, label))
        start = end + draw(st.integers(0, 2))
    return spans, n_tokens


@pytest.mark.parametrize("scheme", PREFIXES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_decoded_tags_are_the_spans_that_were_encoded(scheme, data):
    spans, n_tokens = data.draw(span_lists(scheme))
    tag_set = TagSet(scheme, LABELS)
    ids = encode(tag_set, spans, n_tokens)
    assert ids.shape == (n_tokens,)
    assert decode_ids(tag_set, ids) == spans


@pytest.mark.parametrize("scheme", PREFIXES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_encoded_spans_are_a_legal_sequence(scheme, data):
    spans, n_tokens = data.draw(span_lists(scheme))
    tag_set = TagSet(scheme, LABELS)
    path = [0, *encode(tag_set, spans, n_tokens).tolist(), 0]
    assert all(tag_set.legal(a, b) for a, b in pairwise(path))


@pytest.mark.parametrize("scheme", PREFIXES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_legal_is_what_the_scheme_says(scheme, data):
    tag_set = TagSet(scheme, ("PER", "LOC"))
    ids = data.draw(st.lists(st.integers(0, len(tag_set) - 1), max_size=6))
    path = [0, *ids, 0]
    legal = all(tag_set.legal(a, b) for a, b in pairwise(path))
    tags = [tag_set.tags[i] for i in ids]
    by_rule = all(_is_legal_for(label, tags, scheme) for label in tag_set.labels)
    assert legal == by_rule


def _is_legal_for(label, tags, scheme):
    """Whether the tags of one label are legal, every other tag standing for an O."""
    letters = "".join(tag[0] if tag.endswith(f"-{label}") else "O" for tag in tags)
    return re.fullmatch(LEGAL_TEXT[scheme], letters) is not None


def test_io_joins_neighbours_of_equal_label():
    tag_set = TagSet("IO", LABELS)
    ids = encode(tag_set, [(0, 2, "PER"), (2, 3, "PER"), (3, 4, "LOC")], 4)
    assert decode_ids(tag_set, ids) == [(0, 3, "PER"), (3, 4, "LOC")]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IO", "O I-PER I-PER I-PER I-LOC O"),
        ("IOB2", "O B-PER I-PER I-PER B-LOC O"),
        ("BIOES", "O B-PER I-PER E-PER S-LOC O"),
        ("BILUO", "O B-PER I-PER L-PER U-LOC O"),
    ],
)
def test_tags_have_the_names_of_the_scheme(scheme, tags):
    tag_set = TagSet(scheme, LABELS)
    ids = encode(tag_set, [(1, 4, "PER"), (4, 5, "LOC")], 6)
    assert [tag_set.tags[i] for i in ids] == tags.split()


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("IO", ["O", "I-PER", "I-PER", "I-PER", "I-LOC", "*", "*", "*"]),
        ("IOB2", ["O", "B-PER", "I-PER", "I-PER", "B-LOC", "*", "*", "*"]),
        ("BIOES", ["O", "B-PER", "I-PER", "E-PER", "S-LOC", "*", "*", "*"]),
        ("BILUO", ["O", "B-PER", "I-PER", "L-PER", "U-LOC", "*", "*", "*"]),
    ],
)
def test_missing_annotation_and_unknown_labels_allow_every_tag(scheme, expected):
    tag_set = TagSet(scheme, LABELS)
    biluo = ["O", "B-PER", "I-PER", "L-PER", "U-LOC", "-", None, "U-WORK"]
    allowed = tag_set.allowed_by_biluo(biluo)
    assert allowed.shape == (8, len(tag_set))
    found = ["*" if row.all() else [tag_set.tags[i] for i in np.flatnonzero(row)] for row in allowed]
    assert found == [tag if tag == "*" else [tag] for tag in expected]


def test_an_entity_s_first_tag_in_iob_is_either_of_two_unless_its_label_stands_before_it():
    tag_set = TagSet("IOB", LABELS)
    biluo = ["B-PER", "L-PER", "U-PER", "U-LOC", "U-WORK", "U-LOC", "O", "-", "U-LOC"]
    expected = ["B I PER", "I PER", "B PER", "B I LOC", "*", "B I LOC", "O", "*", "B I LOC"]
    found = [
        "*"
        if row.all()
        else " ".join(
            [*(tag_set.tags[i][0] for i in np.flatnonzero(row)), tag_set.tags[row.argmax()][2:]]
        ).strip()
        for row in tag_set.allowed_by_biluo(biluo)
    ]
    assert found == expected


@pytest.mark.parametrize("scheme", PREFIXES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    biluo=st.lists(
        st.sampled_from(["O", "-", None, *(f"{p}-{x}" for p in "BILU" for x in ("PER", "LOC", "WORK"))])
    )
)
def test_the_single_tag_of_a_token_is_the_one_that_is_allowed_alone(scheme, biluo):
    tag_set = TagSet(scheme, LABELS)
    allowed = tag_set.allowed_by_biluo(biluo)
    expected = [int(row.argmax()) if row.sum() == 1 else -1 for row in allowed]
    assert tag_set.single_by_biluo(biluo).tolist() == expected


@pytest.mark.parametrize("scheme", PREFIXES)
def test_no_tokens_have_no_tags(scheme):
    tag_set = TagSet(scheme, LABELS)
    assert decode_ids(tag_set, encode(tag_set, [], 0)) == []
    assert tag_set.allowed_by_biluo([]).shape == (0, len(tag_set))


@pytest.mark.parametrize("scheme", PREFIXES)
def test_first_tag_is_o_and_ids_follow_the_names(scheme):
    tag_set = TagSet(scheme, LABELS)
    assert tag_set.tags[0] == "O"
    assert len(tag_set) == len(tag_set.tags) == len(set(tag_set.tags))
    assert [tag_set.tag_to_id[tag] for tag in tag_set.tags] == list(range(len(tag_set)))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("O", ("O", "")), ("B-PER", ("B", "PER")), ("L-a-b", ("E", "a-b")), ("U-X", ("S", "X"))],
)
def test_a_tag_has_a_prefix_and_a_label(tag, expected):
    assert split_tag(tag) == expected


def test_unknown_scheme_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match="Unknown tag scheme 'XYZ': expected one of IO, IOB, IOB2, BIOES, BILUO"
    ):
        validate_scheme("XYZ")
    with pytest.raises(ValueError, match="Unknown tag scheme"):
        TagSet("BIO", LABELS)


def test_a_label_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="unique"):
        TagSet("IO", ("PER", "PER"))
