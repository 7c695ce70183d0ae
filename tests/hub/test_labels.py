"""What the names of a checkpoint's classes are taken to mean."""

import pytest

from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.hub.labels import class_names, read_labels

# names, scheme, labels, for each tag (O first) its row in the checkpoint or -1
RECOGNIZED = {
    "only I-": (["O", "I-LOC", "I-PER"], "IO", ("LOC", "PER"), (0, 1, 2)),
    "B- and I-": (["O", "B-PER", "I-PER"], "IOB", ("PER",), (0, 1, 2)),
    "B- alone": (["O", "B-PER"], "IOB", ("PER",), (0, 1, -1)),
    "one label with B- alone": (["O", "B-PER", "I-PER", "B-DATE"], "IOB", ("PER", "DATE"), (0, 1, 2, 3, -1)),
    "I- before B-": (["O", "I-PER", "B-PER"], "IOB", ("PER",), (0, 2, 1)),
    "BIOES": (["O", "B-PER", "I-PER", "E-PER", "S-PER"], "BIOES", ("PER",), (0, 1, 2, 3, 4)),
    "BIOES without S-MISC": (
        ["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-MISC", "I-MISC", "E-MISC"],
        "BIOES",
        ("PER", "MISC"),
        (0, 1, 2, 3, 4, 5, 6, 7, -1),
    ),
    "BILOU": (["O", "B-PER", "I-PER", "L-PER", "U-PER"], "BILUO", ("PER",), (0, 1, 2, 3, 4)),
    "underscores": (["O", "B_PER", "I_PER"], "IOB", ("PER",), (0, 1, 2)),
    "plain labels": (["O", "PER", "LOC"], "IO", ("PER", "LOC"), (0, 1, 2)),
    "a plain label among IOB": (["O", "B-PER", "I-PER", "X"], "IOB", ("PER", "X"), (0, 1, 2, -1, 3)),
    "labels with spaces": (["O", "B-lieu de vie", "I-lieu de vie"], "IOB", ("lieu de vie",), (0, 1, 2)),
    "labels with dashes": (["O", "B-ORG-COM", "I-ORG-COM"], "IOB", ("ORG-COM",), (0, 1, 2)),
    "plain labels that look like tags": (["O", "E-mail", "S-Bahn"], "IO", ("E-mail", "S-Bahn"), (0, 1, 2)),
    "E-mail beside B-PER": (["O", "B-PER", "I-PER", "E-mail"], "IOB", ("PER", "E-mail"), (0, 1, 2, -1, 3)),
    "O last": (["B-PER", "I-PER", "O"], "IOB", ("PER",), (2, 0, 1)),
    "a small o": (["o", "B-PER", "I-PER"], "IOB", ("PER",), (0, 1, 2)),
    "NONE instead of O": (["PER", "NONE"], "IO", ("PER",), (1, 0)),
    "OUTSIDE instead of O": (["I-PER", "OUTSIDE"], "IO", ("PER",), (1, 0)),
    "special pieces": (["B-PER", "I-PER", "[PAD]", "O", "PAD"], "IOB", ("PER",), (3, 0, 1)),
    "BERT-NER's": (["O", "B-PER", "I-PER", "X", "[CLS]", "[SEP]"], "IOB", ("PER",), (0, 1, 2)),
    "PAD beside what looks like a tag": (["O", "PAD", "L-DOPA"], "IO", ("PAD", "L-DOPA"), (0, 1, 2)),
    "PAD among plain labels": (["O", "PAD", "X"], "IO", ("PAD", "X"), (0, 1, 2)),
    "a label OTHER beside O": (["O", "I-OTHER"], "IO", ("OTHER",), (0, 1)),
}


@pytest.mark.parametrize(("names", "scheme", "labels", "rows"), RECOGNIZED.values(), ids=RECOGNIZED)
def test_scheme_labels_and_rows_are_recognized(names, scheme, labels, rows):
    found = read_labels(names)
    assert (found.tag_set.scheme, found.tag_set.labels, found.rows) == (scheme, labels, rows)
    assert found.names == tuple(names)


MAPPED = {
    "classes without names": (
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        {"LABEL_0": "O", "LABEL_1": "B-PER", "LABEL_2": "I-PER"},
        ("O", "B-PER", "I-PER"),
        ("PER",),
    ),
    "a label": (["O", "B-PERSON", "I-PERSON"], {"PERSON": "PER"}, ("O", "B-PER", "I-PER"), ("PER",)),
    "a class keeps its prefix": (
        ["O", "B-PERSON", "I-PERSON"],
        {"B-PERSON": "PER", "I-PERSON": "PER"},
        ("O", "B-PER", "I-PER"),
        ("PER",),
    ),
    "a class named as O may be named elsewhere": (
        ["O", "B-X", "I-X"],
        {"B-X": "OTHER", "I-X": "OTHER"},
        ("O", "B-OTHER", "I-OTHER"),
        ("OTHER",),
    ),
    "tags in another spelling": (
        ["O", "PER-B", "PER-I"],
        {"PER-B": "B-PER", "PER-I": "I-PER"},
        ("O", "B-PER", "I-PER"),
        ("PER",),
    ),
    "letters alone": (["B", "I", "O"], {"B": "B-X", "I": "I-X"}, ("B-X", "I-X", "O"), ("X",)),
    "letters with a dash": (["B-", "I-", "O"], {"B-": "B-X", "I-": "I-X"}, ("B-X", "I-X", "O"), ("X",)),
    "labels that look like tags": (
        ["O", "vitamin-b", "vitamin-e"],
        {"vitamin-b": "I-vitamin-b", "vitamin-e": "I-vitamin-e"},
        ("O", "I-vitamin-b", "I-vitamin-e"),
        ("vitamin-b", "vitamin-e"),
    ),
    "the class outside": (["rien", "PER"], {"rien": "O"}, ("O", "PER"), ("PER",)),
    "a label with a dash": (["O", "I-ORG"], {"ORG": "S-Bahn"}, ("O", "I-S-Bahn"), ("S-Bahn",)),
}


@pytest.mark.parametrize(("names", "mapping", "renamed", "labels"), MAPPED.values(), ids=MAPPED)
def test_map_renames_classes_and_labels(names, mapping, renamed, labels):
    found = read_labels(names, mapping=mapping)
    assert (found.names, found.tag_set.labels) == (renamed, labels)


REFUSED = {
    "no names": (
        ["LABEL_0", "LABEL_1"],
        {},
        r"does not say what its classes mean.*--map LABEL_0=O,LABEL_1=B-PER",
    ),
    "a name left out of --map": (["LABEL_0", "LABEL_1"], {"LABEL_0": "O"}, r"classes mean \(LABEL_1\)"),
    "no O": (["PER", "LOC"], {}, r"No class .* is O .*PER, LOC.*--map NAME=O"),
    "two that could be O": (["NONE", "OTHER", "PER"], {}, r"No class .* is O"),
    "only O": (["O"], {}, r"The only class is 'O'"),
    "mixed ends": (["O", "B-PER", "E-PER", "U-PER"], {}, r"mix tag schemes \(prefixes B, E, U\)"),
    "a name twice": (["O", "PER", "PER"], {}, r"'PER' and 'PER' both become the tag I-PER"),
    "two labels to one": (["O", "I-A", "I-B"], {"A": "B"}, r"'I-A' and 'I-B' both become the tag I-B"),
    "a label to O": (["O", "I-A", "B-X", "I-X"], {"X": "O"}, r"'O' and 'B-X' both become the tag O"),
    "an unknown name": (["O", "I-A"], {"C": "D"}, r"--map names 'C', which is no class .*O, I-A"),
    "tags that end in their letters": (
        ["O", "PER-B", "PER-I", "LOC-B", "MISC"],
        {},
        r"PER-B, PER-I, LOC-B seem to be tags.*--map PER-B=B-PER,PER-I=I-PER,LOC-B=B-LOC ",
    ),
    "tags in small letters": (["O", "b-per", "i-per"], {}, r"--map b-per=B-per,i-per=I-per "),
    "letters alone": (["B", "I", "O"], {}, r"--map B=B-ENTITY,I=I-ENTITY "),
    "letters with a dash": (["O", "B-", "I-"], {}, r"--map B-=B-ENTITY,I-=I-ENTITY "),
    "two spellings": (["O", "B-PER", "I-PER", "b-loc", "i-loc"], {}, r"--map b-loc=B-loc,i-loc=I-loc "),
    "O in both sizes": (["O", "o", "B-PER"], {}, r"'O' and 'o' both become the tag O.*--map"),
    "a plain label among BIOES": (
        ["O", "B-A", "E-A", "S-A", "X"],
        {},
        r"'X' has no prefix, the others have those of BIOES.*--map X=B-X",
    ),
}


@pytest.mark.parametrize(("names", "mapping", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(names, mapping, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        read_labels(names, mapping=mapping)


def test_a_given_scheme_wins_over_the_recognized_one():
    assert read_labels(["O", "B-PER", "I-PER"], scheme="IOB2").tag_set.scheme == "IOB2"
    bilou = read_labels(["O", "B-PER", "I-PER", "L-PER", "U-PER"], scheme="BIOES")
    assert bilou.tag_set.tags == ["O", "B-PER", "I-PER", "E-PER", "S-PER"]
    assert bilou.rows == (0, 1, 2, 3, 4)


def test_a_given_scheme_without_room_for_a_class_is_refused():
    with pytest.raises(CheckpointError, match="'B-PER' has no place in the scheme IO"):
        read_labels(["O", "I-PER", "B-PER"], scheme="IO")
    with pytest.raises(UserError, match="Unknown tag scheme 'BIO'"):
        read_labels(["O", "I-PER"], scheme="BIO")


def test_class_names_stand_in_the_order_of_their_ids():
    assert class_names({"id2label": {"1": "O", "0": "PER"}, "num_labels": None}) == ["PER", "O"]
    assert class_names({"id2label": {"0": "O", "1": "PER"}, "num_labels": 2}) == ["O", "PER"]


CONFIGS = {
    "no id2label": ({}, "has no id2label"),
    "an empty id2label": ({"id2label": {}}, "has no id2label"),
    "a gap": ({"id2label": {"0": "O", "2": "PER"}}, r"have a gap: 2 classes, but no id 1 among \[0, 2\]"),
    "no id 0": ({"id2label": {"1": "O", "2": "PER"}}, "no id 0 among"),
    "an id that is no number": ({"id2label": {"zero": "O"}}, "an id that is no number"),
    "an id twice": ({"id2label": {"0": "O", "00": "PER"}}, "same id twice: 0, 00"),
    "num_labels": (
        {"id2label": {"0": "O", "1": "PER"}, "num_labels": 3},
        "num_labels = 3, but id2label names 2",
    ),
}


@pytest.mark.parametrize(("config", "sentence"), CONFIGS.values(), ids=CONFIGS)
def test_ids_without_one_name_each_are_refused(config, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        class_names(config)
