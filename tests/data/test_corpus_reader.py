"""The corpus reader for configs."""

import json
import logging

import pytest
import spacy
from spacy.util import registry
from thinc.api import Config

from spacy_bertfam.data.corpus import build_corpus
from spacy_bertfam.errors import DataError


@pytest.fixture
def jsonl(tmp_path):
    line = {
        "text": "Jean, pro-Assad, vit à Lyon.",
        "entities": [[0, 4, "Person"], [10, 15, "Person"], [23, 27, "Location"]],
    }
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(line), encoding="utf8")
    return path


def test_examples_have_fresh_predictions_and_the_gold_entities(jsonl):
    nlp = spacy.blank("fr")
    read = build_corpus(jsonl, labels={"Person": "PER"})
    (first,), (second,) = read(nlp), read(nlp)
    assert [ent.label_ for ent in first.reference.ents] == ["PER", "Location"]
    assert not first.predicted.ents
    assert first.predicted is not second.predicted
    assert first.reference is second.reference
    assert first.predicted.text == first.reference.text
    assert first.get_aligned_ner()[2] is None  # pro-Assad: missing, not O


def test_another_pipeline_gets_docs_of_its_own_vocab(jsonl):
    read = build_corpus(jsonl)
    for nlp in (spacy.blank("fr"), spacy.blank("en")):
        (eg,) = read(nlp)
        assert eg.reference.vocab is nlp.vocab


def test_a_config_builds_it(jsonl):
    registry.readers.register("test.Corpus.v1", func=build_corpus)
    config = Config().from_str(
        f"""
        [corpus]
        @readers = "test.Corpus.v1"
        path = {json.dumps(str(jsonl))}
        unit = "sentence"

        [corpus.labels]
        Person = "PER"
        """.replace("\n        ", "\n")
    )
    read = registry.resolve(config)["corpus"]
    assert [ent.label_ for eg in read(spacy.blank("fr")) for ent in eg.reference.ents] == ["PER", "Location"]


def test_losses_are_logged(jsonl, caplog):
    logging.getLogger("spacy").propagate = True
    with caplog.at_level(logging.WARNING, logger="spacy"):
        list(build_corpus(jsonl)(spacy.blank("fr")))
    assert "1 of 3 entities lost (1 off token borders)" in caplog.text


def test_texts_that_are_not_gold_are_logged(jsonl, caplog):
    rejected = {"text": "Rien.", "entities": [], "answer": "reject"}
    jsonl.write_text(jsonl.read_text(encoding="utf8") + "\n" + json.dumps(rejected), encoding="utf8")
    logging.getLogger("spacy").propagate = True
    with caplog.at_level(logging.WARNING, logger="spacy"):
        assert len(list(build_corpus(jsonl)(spacy.blank("fr")))) == 1
    assert "1 texts rejected in the annotation tool left out" in caplog.text


def test_a_missing_path_or_choice_is_named(jsonl):
    with pytest.raises(DataError, match=r"no path; expected one, as in --paths\.train"):
        build_corpus(None)
    with pytest.raises(DataError, match="--unit: found 'page'"):
        build_corpus(jsonl, unit="page")
