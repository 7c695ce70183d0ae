"""A score belongs to a span and its label: whatever gives the span another label leaves it without one."""

from collections.abc import Callable
from typing import Any

import pytest
from small_corpus import TEXTS
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.tokens.underscore import Underscore
from spacy.training import Example

from spacy_bertfam.errors import UserError
from spacy_bertfam.evaluation.scorer import calibration_error
from spacy_bertfam.hub.hf_output.output import to_hf_output
from spacy_bertfam.visual.marked import score_of

TEXT = TEXTS[0]  # Marie Vasseur PER, Rouen LOC


@pytest.fixture(autouse=True)
def extensions_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Underscore, "span_extensions", dict(Underscore.span_extensions))


def scores(doc: Doc) -> dict[tuple[str, str], Any]:
    return {(ent.text, ent.label_): ent._.score for ent in doc.ents}


def found(nlp: Language) -> Doc:
    doc = nlp(TEXT)
    assert list(scores(doc)) == [("Marie Vasseur", "PER"), ("Rouen", "LOC")]
    assert all(0 < score <= 1 for score in scores(doc).values())
    return doc


def relabel(doc: Doc, label: str = "CITY") -> None:
    """Give the last entity another label, as a ruler that overwrites does."""
    *others, last = doc.ents
    doc.ents = [*others, Span(doc, last.start, last.end, label=label)]


@pytest.mark.parametrize("n_process", [1, 2])
def test_an_entity_that_a_ruler_has_relabelled_has_no_score(trained: Language, n_process: int) -> None:
    person = found(trained).ents[0]._.score
    ruler = trained.add_pipe("entity_ruler", config={"overwrite_ents": True})
    ruler.add_patterns([{"label": "CITY", "pattern": "Rouen"}])
    [doc] = trained.pipe([TEXT], n_process=n_process)
    assert scores(doc) == {("Marie Vasseur", "PER"): person, ("Rouen", "CITY"): None}
    assert score_of(doc.ents[1]) is None
    assert calibration_error([Example(doc, found_gold(doc))]) == pytest.approx(1 - person, abs=1e-6)


def found_gold(doc: Doc) -> Doc:
    gold = doc.copy()
    gold.user_data = {}
    return gold


def test_the_score_comes_back_with_the_label(reader: Language) -> None:
    doc = found(reader)
    before = scores(doc)
    relabel(doc)
    assert doc.ents[1]._.score is None
    relabel(doc, "LOC")
    assert scores(doc) == before


def test_the_setter_of_a_label_takes_the_score_away(reader: Language) -> None:
    ent = found(reader).ents[1]
    ent.label_ = "CITY"
    assert ent._.score is None


def test_a_knowledge_base_id_and_an_entity_id_leave_the_score(reader: Language) -> None:
    doc = found(reader)
    before = scores(doc)
    doc.ents = [Span(doc, e.start, e.end, e.label_, kb_id="Q30974", span_id="7") for e in doc.ents]
    assert scores(doc) == before


def test_a_merged_entity_keeps_its_score(trained: Language) -> None:
    before = scores(found(trained))
    trained.add_pipe("merge_entities")
    doc = trained(TEXT)
    assert len(doc.ents[0]) == 1
    assert scores(doc) == before


def test_an_entity_that_grew_has_no_score(reader: Language) -> None:
    doc = found(reader)
    doc.ents = [Span(doc, 0, 3, label="PER")]
    assert doc.ents[0]._.score is None


def through_bytes(doc: Doc) -> Doc:
    return Doc(doc.vocab).from_bytes(doc.to_bytes())


def through_a_bin(doc: Doc) -> Doc:
    stored = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    [again] = DocBin().from_bytes(stored).get_docs(doc.vocab)
    return again


def after_another(doc: Doc) -> Doc:
    return Doc.from_docs([Doc(doc.vocab, words=["Puis"]), doc], exclude=["tensor"])


def as_part(doc: Doc) -> Doc:
    return doc[:].as_doc(copy_user_data=True)


@pytest.mark.parametrize("carried", [Doc.copy, through_bytes, through_a_bin, after_another, as_part])
def test_scores_and_their_labels_are_carried_along(
    reader: Language, carried: Callable[[Doc], Doc], recwarn: pytest.WarningsRecorder
) -> None:
    doc = found(reader)
    assert scores(carried(doc)) == scores(doc)
    relabel(doc)
    again = carried(doc)
    assert list(scores(again).values()) == [doc.ents[0]._.score, None]
    relabel(again, "LOC")
    assert again.ents[1]._.score > 0
    assert not recwarn.list


def test_json_has_the_scores_as_numbers(reader: Language) -> None:
    doc = found(reader)
    json = doc.to_json(underscore=["score"])
    assert [place["value"] for place in json["underscore_span"]["score"]] == list(scores(doc).values())
    assert scores(Doc(doc.vocab).from_json(json)) == scores(doc)


def test_scores_of_an_earlier_version_are_read(reader: Language) -> None:
    doc = reader.make_doc(TEXT)
    doc.ents = [Span(doc, 4, 5, label="LOC")]
    doc.user_data[("._.", "score", doc.ents[0].start_char, doc.ents[0].end_char)] = 0.25
    assert through_bytes(doc).ents[0]._.score == 0.25


def test_a_recognizer_that_overwrites_leaves_no_score_of_the_one_before(trained: Language) -> None:
    doc = found(trained)
    trained.get_pipe("ner").overwrite_ents = True
    trained.get_pipe("ner").set_annotations([doc], [[]])
    assert not doc.ents
    doc.ents = [Span(doc, 4, 5, label="LOC")]  # set by somebody who has no score for it
    assert doc.ents[0]._.score is None


def test_a_score_that_is_set_by_hand_belongs_to_the_label_too(reader: Language) -> None:
    doc = found(reader)
    doc.ents[1]._.score = 0.5
    assert doc.ents[1]._.score == 0.5
    relabel(doc)
    assert doc.ents[1]._.score is None
    doc.ents[0]._.score = None
    assert doc.ents[0]._.score is None


def test_the_output_as_of_hugging_face_is_of_its_own_labels(trained: Language) -> None:
    trained.add_pipe("bertfam_pieces")
    doc = trained(TEXT)
    before = to_hf_output(doc, "first")
    relabel(doc)
    assert to_hf_output(doc, "first") == before
    assert [group["entity_group"] for group in before] == ["PER", "LOC"]


@pytest.mark.parametrize(
    "options",
    [{"default": 0.0}, {"getter": lambda span: 3}, {"method": lambda span: 3}],
    ids=["default", "getter", "method"],
)
def test_a_score_of_other_code_is_not_overwritten(trained: Language, options: dict[str, Any]) -> None:
    Span.set_extension("score", force=True, **options)
    before = Span.get_extension("score")
    with pytest.raises(UserError, match=r"Span\._\.score is registered by other code.*another name"):
        trained(TEXT)
    with pytest.raises(UserError, match=r"Span\._\.score is registered by other code"):
        trained.add_pipe("bertfam_ner", name="second")
    assert Span.get_extension("score") == before


def test_one_without_a_default_is_taken_over_with_its_values(reader: Language) -> None:
    Span.set_extension("score", default=None, force=True)
    doc = reader.make_doc(TEXT)
    doc[4:5]._.score = 0.75
    doc = reader(doc)
    assert 0 < doc.ents[1]._.score != 0.75
    relabel(doc)
    assert doc.ents[1]._.score is None
