"""Tag schemes: spans to tags and back, legal neighbors, spaCy's BILUO annotation."""

import re
from itertools import pairwise, product

import numpy as np
import pytest
from all_paths import spans_of
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
# the tags of each kind: an entity may go on after them, with them; need not go on after them, with them
KINDS = {
    "IO": ("I", "I", "OI", "OI"),
    "IOB": ("BI", "I", "OBI", "OBI"),
    "IOB2": ("BI", "I", "OBI", "OB"),
    "BIOES": ("BI", "IE", "OES", "OBS"),
    "BILUO": ("BI", "IL", "OLU", "OBU"),
}


@pytest.mark.parametrize("scheme", PREFIXES)
def test_tags_of_each_kind(scheme):
    tag_set = TagSet(scheme, LABELS)
    found = [tag_set.inside, tag_set.continues, tag_set.leaves, tag_set.enters]
    for marks, prefixes in zip(found, KINDS[scheme], strict=True):
        assert marks.dtype == bool
        assert marks.tolist() == [tag[0] in prefixes for tag in tag_set.tags]
    assert tag_set.label_ids.tolist() == [-1, *np.repeat([0, 1, 2], len(PREFIXES[scheme]))]
    assert tag_set.width == len(PREFIXES[scheme])


@pytest.mark.parametrize("scheme", PREFIXES)
def test_legal_is_what_the_scheme_says(scheme):
    """Every sequence of up to three tags; the spans of a legal one are those that one reads from left to right."""
    tag_set = TagSet(scheme, ("PER", "LOC"))
    all_tags = np.arange(len(tag_set))
    legal = tag_set.legal(all_tags[:, None], all_tags)
    assert np.array_equal(tag_set.legal(all_tags, all_tags[::-1]), legal[all_tags, all_tags[::-1]])
    n_legal = 0
    for path in (path for n in range(4) for path in product(all_tags.tolist(), repeat=n)):
        tags = [tag_set.tags[i] for i in path]
        is_legal = all(legal[a, b] for a, b in pairwise([0, *path, 0]))
        assert is_legal == all(_is_legal_for(label, tags, scheme) for label in tag_set.labels)
        if is_legal:
            assert decode_ids(tag_set, np.array(path, dtype=np.int64)) == spans_of(tags, scheme)
            n_legal += 1
    assert n_legal > 30


@pytest.mark.parametrize("scheme", PREFIXES)
def test_what_an_entity_goes_on_from_or_to_is_cleared(scheme):
    tag_set = TagSet(scheme, LABELS)
    tags = np.arange(len(tag_set))
    goes_on = tag_set.goes_on(tags[:, None], tags)
    for clear, expected in ((tag_set.clear_before, ~goes_on.T), (tag_set.clear_after, ~goes_on)):
        rows = np.ones((2 * len(tags), len(tags)))
        clear(rows, np.concatenate([tags, tags[::-1]]))
        assert np.array_equal(rows, np.concatenate([expected, expected[::-1]]))
    assert {tag_set.tags[a][2:] + tag_set.tags[b][1:] for a, b in np.argwhere(goes_on)} == {
        f"{label}-{label}" for label in LABELS
    }


def test_in_iob_an_entity_begins_with_either_of_two_tags():
    tag_set = TagSet("IOB", LABELS)
    first, second = np.array([1, 3]), np.array([2, 4])
    assert tag_set.other_beginning(first).tolist() == [2, 4]
    assert tag_set.other_beginning(second).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("IO", ["O", "I-LOC", "I-LOC", "I-LOC", "I-a-b"]),
        ("IOB", ["O", "B-LOC", "I-LOC", "I-LOC", "B-a-b"]),
        ("IOB2", ["O", "B-LOC", "I-LOC", "I-LOC", "B-a-b"]),
        ("BIOES", ["O", "B-LOC", "I-LOC", "E-LOC", "S-a-b"]),
        ("BILUO", ["O", "B-LOC", "I-LOC", "L-LOC", "U-a-b"]),
    ],
)
def test_spacy_s_annotation_has_one_tag_of_the_scheme(scheme, expected):
    tag_set = TagSet(scheme, LABELS)
    found = tag_set.ids_by_biluo(
        ["O", "B-LOC", "I-LOC", "L-LOC", "U-a-b", "-", None, "", "U-WORK", "B", "PER"]
    )
    assert found.dtype == np.int64
    assert [tag_set.tags[i] for i in found[:5]] == expected
    assert found[5:].tolist() == [-1] * 6
    assert tag_set.ids_by_biluo([]).dtype == np.int64


def _is_legal_for(label, tags, scheme):
    """Whether the tags of one label are legal, every other tag standing for an O."""
    letters = "".join(tag[0] if tag.endswith(f"-{label}") else "O" for tag in tags)
    return re.fullmatch(LEGAL_TEXT[scheme], letters) is not None


def test_io_joins_neighbors_of_equal_label():
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
    assert (allowed.shape, allowed.dtype) == ((8, len(tag_set)), bool)
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
def test_the_single_tag_of_a_token_is_the_one_that_is_allowed_alone(scheme):
    """Each annotation after each."""
    tag_set = TagSet(scheme, LABELS)
    single = ["O", "-", None, *(f"{p}-{label}" for p in "BILU" for label in ("PER", "a-b", "WORK"))]
    biluo = [tag for pair in product(single, repeat=2) for tag in pair]
    allowed = tag_set.allowed_by_biluo(biluo)
    expected = [int(row.argmax()) if row.sum() == 1 else -1 for row in allowed]
    found = tag_set.single_by_biluo(biluo)
    assert found.tolist() == expected
    assert found.dtype == np.int64


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
