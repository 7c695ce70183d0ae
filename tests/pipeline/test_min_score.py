"""Least scores by label, and candidates beyond the entities."""

from collections import Counter
from pathlib import Path

import pytest
import spacy
from small_corpus import CNN, TEXTS, all_scores, make_examples, own_pipeline
from spacy.language import Language
from spacy.tokens import DocBin, Span

from spacy_bertfam.data.writers.entry import all_spans, entry_of
from spacy_bertfam.data.writers.formats import FORMS, write_entries
from spacy_bertfam.errors import UserError
from spacy_bertfam.pipeline.entity_score import get_score


def candidates(doc):
    group = doc.spans["candidates"]
    return {(s.start, s.end, s.label_): p for s, p in zip(group, group.attrs["scores"], strict=True)}


def test_a_table_has_a_least_score_for_each_label_and_others_are_kept(trained: Language) -> None:
    found = all_scores(trained)
    trained.get_pipe("ner").min_score = {"PER": 1.0, "LOC": 0.0}
    assert all_scores(trained) == [row for row in found if row[1] != "PER"]
    assert {row[1] for row in found} == {"PER", "LOC", "ORG"}


def test_tables_come_back_from_disk_and_are_replaced_by_a_number(trained: Language, tmp_path: Path) -> None:
    block = trained.get_pipe_config("ner")
    block["min_score"], block["min_candidate_score"] = {"PER": 0.25}, {"LOC": 0.01}
    trained.to_disk(tmp_path / "one")
    ner = spacy.load(tmp_path / "one").get_pipe("ner")
    assert (ner.min_score, ner.min_candidate_score) == ({"PER": 0.25}, {"LOC": 0.01})
    change = {"components.ner.min_score": 0.5, "components.ner.min_candidate_score": None}
    ner = spacy.load(tmp_path / "one", config=change).get_pipe("ner")
    assert (ner.min_score, ner.min_candidate_score) == (0.5, None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"min_score": {"PER": 1.5}},
            r"min_score is {'PER': 1\.5}; expected 0 to 1, or such numbers by label",
        ),
        ({"min_candidate_score": 0.0}, r"min_candidate_score is 0\.0; expected 0\.001 to 1"),
        ({"min_candidate_score": {"PER": 0.0005}}, "expected 0.001 to 1"),
    ],
)
def test_a_table_out_of_range_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        own_pipeline(CNN, **settings)


def test_a_label_that_the_component_has_not_is_named(trained: Language) -> None:
    trained.get_pipe("ner").min_score = {"PER": 0.5, "PERS": 0.5}
    with pytest.raises(UserError, match="min_score has the labels PERS; expected some of LOC, ORG, PER"):
        trained(TEXTS[0])


def test_there_are_no_candidates_unless_they_are_asked_for(reader: Language) -> None:
    assert all("candidates" not in doc.spans for doc in reader.pipe(TEXTS))


def test_candidates_are_the_likely_spans_that_are_no_entities(trained: Language) -> None:
    before, ner = all_scores(trained), trained.get_pipe("ner")
    ner.temperature, ner.min_candidate_score = 3.0, 0.02
    trained.get_pipe("ner").temperature = 1.0
    assert all_scores(trained) == before
    ner.temperature = 3.0
    for doc in trained.pipe([*TEXTS, ""]):
        found = candidates(doc)
        assert all(0.02 <= score <= 1 for score in found.values())
        assert not found.keys() & {(ent.start, ent.end, ent.label_) for ent in doc.ents}
    scores = {(e.start, e.end, e.label_): e._.score for e in trained(TEXTS[0]).ents}
    ner.min_score = 1.0
    doc = trained(TEXTS[0])
    assert not doc.ents
    assert {key: candidates(doc)[key] for key in scores} == pytest.approx(scores)
    assert len(candidates(doc)) > len(scores)
    ner.min_candidate_score = {"PER": 0.02}
    assert {label for _, _, label in candidates(trained(TEXTS[0]))} == {"PER"}


def test_a_label_that_the_component_has_not_is_named_when_it_is_read_or_trained(
    trained: Language, tmp_path: Path
) -> None:
    block = trained.get_pipe_config("ner")
    for name, before in (("min_score", 0.0), ("min_candidate_score", None)):
        block[name] = {"PERS": 0.5}
        trained.to_disk(tmp_path / name)
        block[name] = before
        with pytest.raises(
            UserError, match=f"/ner: {name} has the labels PERS; expected some of LOC, ORG, PER"
        ):
            spacy.load(tmp_path / name)
    with pytest.raises(UserError, match="min_score has the labels PERS"):
        own_pipeline(CNN, min_score={"PERS": 0.5}).initialize(lambda: make_examples(trained))


def test_words_that_are_taken_are_no_candidates(trained: Language) -> None:
    trained.get_pipe("ner").min_candidate_score = 0.001
    doc = trained.make_doc(TEXTS[0])
    doc.ents = [Span(doc, 0, 2, label="X")]
    for _, pipe in trained.pipeline:
        doc = pipe(doc)
    assert all(start >= 2 for start, _, _ in candidates(doc))


def test_scores_of_candidates_are_stored_and_written(trained: Language) -> None:
    trained.get_pipe("ner").min_candidate_score = 0.001
    doc = trained(TEXTS[0])
    [again] = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(trained.vocab)
    assert candidates(again) == candidates(doc) != {}
    written = entry_of(doc, 0, score=get_score)["spans"]["candidates"]
    assert [span["score"] for span in written] == pytest.approx(list(candidates(doc).values()), abs=1e-6)


@pytest.mark.parametrize("to", [*FORMS])
def test_candidates_are_written_as_a_group_or_left_out_and_counted(
    to: str, trained: Language, tmp_path: Path
) -> None:
    if to == "parquet":
        pytest.importorskip("pyarrow")
    ner = trained.get_pipe("ner")
    ner.min_score, ner.min_candidate_score = 1.0, 0.001
    doc = trained(TEXTS[0])
    doc.spans["mine"] = [Span(doc, 0, 1, label="MINE")]
    entry, left_out = entry_of(doc, 0, score=get_score), Counter()
    assert len(candidates(doc)) > 0 == len(doc.ents)
    assert [span["label"] for span in all_spans(entry)] == ["MINE"]
    write_entries(FORMS[to], [entry], tmp_path / "out", left_out)
    assert left_out["candidates"] == (0 if to in ("jsonl", "parquet", "spacy") else len(candidates(doc)))
    assert left_out["spans that overlap others"] == 0


def test_a_group_of_that_name_without_scores_is_not_the_recognizers(trained: Language) -> None:
    doc = trained.make_doc(TEXTS[0])
    doc.spans["candidates"] = [Span(doc, 0, 1, label="MINE")]
    assert [span["label"] for span in all_spans(entry_of(doc, 0))] == ["MINE"]
