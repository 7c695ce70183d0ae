"""What is counted in the training data, and what of it ends a training."""

from collections.abc import Sequence

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_bertfam.errors import UserError
from spacy_bertfam.pipeline.gold import GoldReport, check_gold, read_gold

VOCAB = spacy.blank("xx").vocab
WORDS = ["Jean-Paul", "vit", "à", "Rouen", "."]


def doc_of(words: Sequence[str], ents: str = "", glued: str = "") -> Doc:
    """RETURNS (Doc): `ents` in BILUO or IOB, apart by spaces; `glued` has a 1 for each word that no space follows."""
    spaces = [mark != "1" for mark in glued.ljust(len(words), "0")]
    return Doc(VOCAB, words=list(words), spaces=spaces, ents=ents.split() or None)


def half_names(ents: str = "B-PER O O O O B-LOC O") -> Example:
    """RETURNS (Example): the first gold token is half of the first predicted one."""
    gold = doc_of(["Jean", "-", "Paul", "vit", "à", "Rouen", "."], ents, "11")
    return Example(doc_of(WORDS), gold)


def alike(ents: str) -> Example:
    """RETURNS (Example): the same tokens on both sides."""
    return Example(doc_of(WORDS), doc_of(WORDS, ents))


def test_labels_are_counted_in_the_order_of_their_appearance() -> None:
    report = read_gold([alike("B-PER O O B-LOC O"), alike("B-LOC O O B-LOC O"), alike("O O O O B-ORG")])
    assert list(report.labels.items()) == [("PER", 1), ("LOC", 3), ("ORG", 1)]
    assert (report.n_examples, report.n_words, report.n_unannotated) == (3, 15, 0)
    assert (dict(report.misaligned), report.shown, report.sentence()) == ({}, [], "")


def test_words_are_those_of_the_predicted_side() -> None:
    assert read_gold([half_names(), alike("")]).n_words == 10


def test_an_empty_corpus_has_nothing() -> None:
    report = read_gold([])
    assert (report.n_examples, report.n_words, report.labels, report.n_unannotated) == (0, 0, {}, 0)
    assert report.sentence() == ""


def test_no_annotation_is_something_else_than_no_entity() -> None:
    report = read_gold([alike(""), alike(""), alike("O O O O O"), alike("B-PER O O O O")])
    assert (report.n_examples, report.n_unannotated, report.labels) == (4, 2, {"PER": 1})


def test_entities_off_the_predicted_tokens_are_counted_by_label() -> None:
    report = read_gold([half_names(), half_names("B-ORG O O O O O O"), half_names()])
    assert report.labels == {"PER": 2, "LOC": 2, "ORG": 1}
    assert dict(report.misaligned) == {"PER": 2, "ORG": 1}
    assert report.sentence().startswith("3 of 5 gold entities miss the borders of the predicted tokens ")
    assert "(ORG 1, PER 2)" in report.sentence()
    assert report.sentence().endswith(" For example: PER 'Jean'; ORG 'Jean'; PER 'Jean'")


def test_three_of_them_are_shown() -> None:
    report = read_gold([half_names() for _ in range(5)])
    assert report.misaligned["PER"] == 5
    assert report.shown == ["PER 'Jean'"] * 3


def test_every_entity_that_is_aligned_is_taken_off_once() -> None:
    gold = doc_of(["Paul", "et", "Paul", "-", "né", "et", "Paul"], "B-PER O B-PER O O O B-PER", "00110")
    eg = Example(doc_of(["Paul", "et", "Paul-né", "et", "Paul"]), gold)
    assert dict(read_gold([eg]).misaligned) == {"PER": 1}


def test_of_the_same_text_the_label_that_is_aligned_is_taken_off() -> None:
    gold = doc_of(["Paul", "-", "né", "et", "Paul"], "B-ORG O O O B-PER", "110")
    assert dict(read_gold([Example(doc_of(["Paul-né", "et", "Paul"]), gold)]).misaligned) == {"ORG": 1}


def test_white_space_beside_the_text_is_no_misalignment() -> None:
    """The two sides differ in their texts, not in what is marked."""
    predicted = Doc(VOCAB, words=["Paul", "\n", "vit", "à-bas"], spaces=[False, False, True, False])
    gold = Doc(
        VOCAB,
        words=["Paul", "vit", "à", "-bas"],
        spaces=[True, True, False, False],
        ents=["B-PER", "O", "O", "B-LOC"],
    )
    assert dict(read_gold([Example(predicted, gold)]).misaligned) == {"LOC": 1}


@pytest.mark.parametrize("predicted", [["Jean", "Paul"], ["JeanPaul"]])
def test_the_same_characters_with_other_spaces_are_looked_at(predicted: list[str]) -> None:
    """Their texts are alike, or the places of their tokens are, and still the entity is off."""
    gold = Doc(VOCAB, words=["Jean", "Paul"], spaces=[False, False], ents=["B-PER", "O"])
    eg = Example(Doc(VOCAB, words=predicted, spaces=[False] * len(predicted)), gold)
    assert dict(read_gold([eg]).misaligned) == ({"PER": 1} if len(predicted) == 1 else {})


def test_an_entity_in_other_capitals_is_aligned() -> None:
    """As an augmenter makes them: spaCy aligns texts whatever their capitals."""
    gold = doc_of(["Paul", "x", "-y"], "B-PER B-LOC O", "01")
    assert dict(read_gold([Example(doc_of(["PAUL", "x-y"]), gold)]).misaligned) == {"LOC": 1}


# -- what ends a training


def report_of(**labels: int) -> GoldReport:
    return GoldReport(n_examples=4, labels=labels, n_unannotated=3)


def test_no_examples_are_an_error() -> None:
    with pytest.raises(
        UserError, match=r"^Component 'ner': the training corpus has no examples\. .*--paths\.train"
    ):
        check_gold(GoldReport(), ["PER"], "ner")


def test_no_entities_are_an_error_where_no_labels_are_given() -> None:
    with pytest.raises(
        UserError, match=r"^Component 'ner': none of the 4 .* entity \(3 have no entity annotation"
    ):
        check_gold(report_of(), [], "ner")
    check_gold(report_of(), iter(["PER"]), "ner")  # the first examples of a stream may have none


@pytest.mark.parametrize(
    "labels",
    [
        [],
        ["PER", "LOC"],
        ["LOC", "PER", "ORG"],  # one more may come later
        ["ORG"],
        ["MISC"],
    ],
)
def test_labels_that_are_in_the_data_or_like_none_of_them_are_fine(labels: list[str]) -> None:
    check_gold(report_of(PER=7, LOC=2), labels, "ner")


@pytest.mark.parametrize(
    ("labels", "given", "found", "n"),
    [
        (["PERSON", "LOC"], "PERSON", "PERSONS", 7),
        (["LOC", "persons"], "persons", "PERSONS", 7),
        (["PERSONS", "LOCATION"], "LOCATION", "LOCATIONS", 2),
        (["Locations"], "Locations", "LOCATIONS", 2),
    ],
)
def test_a_label_like_one_of_the_data_is_an_error(labels: list[str], given: str, found: str, n: int) -> None:
    with pytest.raises(
        UserError,
        match=rf"^Component 'own': \[initialize\.components\.own\.labels\] lists '{given}', .* lacks '{found}', "
        rf"of which they have {n}\. ",
    ):
        check_gold(report_of(PERSONS=7, LOCATIONS=2), iter(labels), "own")


def test_a_label_is_not_like_one_that_is_listed_too() -> None:
    """B-cells and T-cells are both meant."""
    check_gold(report_of(T_CELL=7), ["T_CELL", "B_CELL"], "ner")


@pytest.mark.parametrize(("label", "is_alike"), [("abcdefgxyz", True), ("abcdefwxyz", False)])
def test_seven_letters_of_ten_make_labels_alike(label: str, is_alike: bool) -> None:
    report = report_of(abcdefghij=1)
    if not is_alike:
        check_gold(report, [label], "ner")
        return
    with pytest.raises(UserError, match="lacks 'abcdefghij'"):
        check_gold(report, [label], "ner")
