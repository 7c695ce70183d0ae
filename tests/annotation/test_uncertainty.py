"""The least certain texts come first, whatever their length, and near-doubles after what is new."""

import json
import math

import numpy as np
import pytest
import spacy
from small_corpus import SENTENCES, TEXTS, make_examples, shared_pipeline

from spacy_bertfam.annotation.annotate import Annotator
from spacy_bertfam.annotation.order import min_hashes, spread
from spacy_bertfam.annotation.uncertainty import KEY, watched
from spacy_bertfam.data.text_stream import Text
from spacy_bertfam.data.writers.formats import FORMS
from spacy_bertfam.errors import UserError


@pytest.fixture
def nlp(tiny_encoder):
    nlp = shared_pipeline(tiny_encoder("bert"))
    nlp.initialize(lambda: make_examples(nlp, SENTENCES))
    return nlp


def uncertainties(nlp, texts):
    with watched(nlp):
        return [doc.user_data[KEY] for doc in nlp.pipe(texts)]


def test_it_is_the_mean_of_minus_the_log_of_the_probability_of_the_best_tags(nlp):
    """By an entity alone: where no other tags are possible, its score is the probability of them all."""
    (value,) = uncertainties(nlp, ["Rouen"])
    ner = nlp.get_pipe("ner")
    doc = next(nlp.pipe(["Rouen"]))
    (scores,) = ner.score_tags([doc])
    legal = [scores[0][i] for i, tag in enumerate(ner.tag_set.tags) if tag[0] in "OSU"]
    assert value == pytest.approx(np.logaddexp.reduce(legal) - max(legal), abs=1e-5)


def test_a_text_of_spaces_is_certain_and_the_watch_ends(nlp):
    assert uncertainties(nlp, ["", "  \n"]) == [0.0, 0.0]
    assert nlp.get_pipe("ner").watch is None
    assert KEY not in next(nlp.pipe(TEXTS[:1])).user_data


def test_a_higher_temperature_is_less_certain(nlp):
    before = uncertainties(nlp, TEXTS)
    nlp.get_pipe("ner").temperature = 3.0
    assert all(after > value for after, value in zip(uncertainties(nlp, TEXTS), before, strict=True))


def test_a_pipeline_without_such_a_recognizer_is_told():
    expected = pytest.raises(UserError, match=r"The pipeline \(no components\) has no bertfam_ner")
    with expected, watched(spacy.blank("fr")):
        pass


def test_the_least_certain_are_written_first(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    nlp = spacy.load(tmp_path / "pipeline")
    texts = [Text(i, text) for i, text in enumerate(TEXTS)]
    found = Annotator(nlp, 2, is_ordered=True, limit=4).annotate(
        texts, tmp_path / "out.jsonl", FORMS["jsonl"]
    )
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf8").splitlines()]
    values = uncertainties(nlp, TEXTS)
    assert [row["id"] for row in rows] == sorted(range(len(TEXTS)), key=lambda i: -values[i])[:4]
    assert [row["uncertainty"] for row in rows] == pytest.approx(sorted(values, reverse=True)[:4], abs=1e-4)
    assert found.n_texts == 4


def test_near_doubles_come_after_what_is_new():
    news = "Le conseil municipal de {} s'est réuni le {} mai pour voter le budget."
    texts = [
        news.format("Rouen", 3), news.format("ROUEN", 17), "Claire Morel a quitté Angers hier.",
        news.format("Rouen", 21), "", "Il pleut.", "Il pleut.",
    ]  # fmt: skip
    assert list(spread(range(len(texts)), texts.__getitem__)) == [0, 2, 4, 5, 1, 3, 6]


def test_hashes_agree_as_often_as_texts_resemble_each_other():
    def grams(text):
        text = f" {text} "
        return {text[i : i + 4] for i in range(len(text) - 3)}

    words = [f"mot{chr(97 + i)}{chr(98 + i)}" for i in range(20)]
    a = " ".join(words)
    errors = []
    for n in range(1, 20):
        b = " ".join([*words[:n], *(word[::-1] for word in words[n:])])
        true = len(grams(a) & grams(b)) / len(grams(a) | grams(b))
        errors.append(float((min_hashes(a) == min_hashes(b)).mean()) - true)
    assert math.fabs(np.mean(errors)) < 0.1 and np.std(errors) < 0.15
