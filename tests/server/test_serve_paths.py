"""What each path answers is what the pipeline finds."""

import json
from dataclasses import replace

import pytest
import spacy
from asking import ask, make_names, post
from small_corpus import TEXTS, make_examples, shared_pipeline
from spacy.training import Example

from spacy_bertfam.data.pairs import make_pair
from spacy_bertfam.pipeline.entity_score import get_score
from spacy_bertfam.server.jobs import has_attention
from spacy_bertfam.visual.attention import attention_of, find_encoder
from spacy_bertfam.visual.attention_page import render_attention

ANSWERER = {
    "@architectures": "spacy-bertfam.SpanAnswerer.v1",
    "tok2vec": {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"},
}

BAG = {
    "@architectures": "spacy.TextCatBOW.v3",
    "exclusive_classes": True,
    "ngram_size": 1,
    "no_output_layer": False,
}


@pytest.fixture(scope="module")
def nlp(tiny_encoder):
    """A recognizer, an answerer and categories, which guess."""
    nlp = shared_pipeline(tiny_encoder("camembert"))
    nlp.add_pipe("bertfam_qa", name="qa", config={"model": ANSWERER})
    pair = make_pair(nlp.make_doc("Qui ?"), nlp.make_doc("Anne préside."))
    pair.spans["answers"] = [pair[2:3]]
    asked = Example(nlp.make_doc(pair.text), pair)
    nlp.initialize(lambda: [*make_examples(nlp), asked])
    ner = nlp.get_pipe("ner")
    output = ner.model.get_ref("output_layer")
    bias = output.get_param("b").copy()
    bias[0] = -9  # O: entities are found, whatever the weights
    output.set_param("b", bias)
    cats = nlp.add_pipe("textcat", config={"model": BAG})
    cats.initialize(lambda: [Example.from_dict(nlp.make_doc("a"), {"cats": {"NEWS": 1.0, "X": 0.0}})])
    return nlp


def test_entities_and_scores_are_those_of_the_pipeline(nlp, serve):
    # before: the thread of the server may still be in the memory zone of its last request, whose strings it lets go
    expected = [
        [
            (e.text, e.start_char, e.end_char, e.label_, pytest.approx(get_score(e), abs=2e-6))
            for e in doc.ents
        ]
        for doc in nlp.pipe([*TEXTS, ""])
    ]
    [answer] = ask(serve(lambda: nlp), {"url": "/entities", "json": {"texts": [*TEXTS, ""]}})
    found = [
        [(e["text"], e["start"], e["end"], e["label"], e["score"]) for e in each["entities"]]
        for each in answer.json()["results"]
    ]
    assert found == expected and any(expected)


def test_a_low_score_is_left_out(nlp, serve):
    app = serve(lambda: nlp)
    scores = [e["score"] for e in post(app, "/entities", text=TEXTS[0]).json()["results"][0]["entities"]]
    least = max(scores)
    found = post(app, "/entities", text=TEXTS[0], min_score=least).json()["results"][0]["entities"]
    assert [e["score"] for e in found] == [score for score in scores if score >= least]


def test_offsets_are_in_what_was_asked_for(serve):
    body = {"text": "🎉 Claire 🎉 Claire", "offsets": ["tokens", "utf16"]}
    found = post(serve(), "/entities", **body).json()["results"][0]["entities"]
    places = [
        tuple(e[key] for key in ("token_start", "token_end", "utf16_start", "utf16_end")) for e in found
    ]
    assert places == [(1, 2, 3, 9), (3, 4, 13, 19)] and "start" not in found[0]


def test_span_groups_are_told_too(serve):
    def load():
        nlp = spacy.blank("fr")
        ruler = nlp.add_pipe("span_ruler", config={"spans_key": "nested"})
        ruler.add_patterns([{"label": "PER", "pattern": "Claire"}])
        return nlp

    [result] = post(serve(load), "/entities", text="Claire").json()["results"]
    assert result["spans"] == {
        "nested": [{"text": "Claire", "label": "PER", "score": None, "start": 0, "end": 6}]
    }


def test_answers_are_those_of_the_component(nlp, serve):
    asked = {"url": "/answers", "json": {"texts": TEXTS[:3], "question": "Qui ?", "top_k": 2}}
    other = {"url": "/answers", "json": {"text": TEXTS[3], "question": "Où ?"}}
    qa = nlp.get_pipe("qa")
    expected = qa.ask([("Qui ?", text) for text in TEXTS[:3]], top_k=2) + qa.ask([("Où ?", TEXTS[3])])
    first, second = ask(serve(lambda: nlp), asked, other)
    results = first.json()["results"] + second.json()["results"]
    for result, answers in zip(results, expected, strict=True):
        assert [(a["text"], a["score"]) for a in result["answers"]] == [
            (a.text, pytest.approx(a.score, abs=2e-6)) for a in answers
        ]
        assert [a["start"] for a in result["answers"]] == [a.span and a.span.start_char for a in answers]


def test_a_question_is_bounded_with_its_texts_and_has_words(nlp, serve):
    app = serve(lambda: nlp, characters=30)
    assert post(app, "/answers", texts=["Anne."] * 2, question="Qui préside ?").status_code == 200
    refused = post(app, "/answers", texts=["Anne."] * 3, question="Qui préside ?")
    assert refused.status_code == 413 and "30 together" in refused.json()["detail"]
    assert post(app, "/answers", text="Anne.", question=" \n\u00a0").status_code == 422


def test_categories_and_vectors(nlp, serve):
    app, doc = serve(lambda: nlp), nlp(TEXTS[0])
    [cats] = post(app, "/categories", text=TEXTS[0]).json()["results"]
    assert cats["categories"] == pytest.approx(doc.cats, abs=2e-6)
    [vector] = post(app, "/vectors", text=TEXTS[0]).json()["results"]
    assert vector["vector"] == pytest.approx(doc.vector.tolist(), abs=1e-5)


def test_attention_is_the_page_of_the_command(nlp, serve):
    page = render_attention(attention_of(nlp, nlp.make_doc(TEXTS[0])))
    assert post(serve(lambda: nlp), "/attention", text=TEXTS[0]).json()["results"] == [{"page": page}]


def test_attention_is_for_short_texts_and_says_why_there_is_none(nlp, serve):
    app = serve(lambda: nlp, attention=10)
    assert post(app, "/attention", texts=["Anne."]).status_code == 200
    several = post(app, "/attention", texts=["A.", "B."])
    assert several.status_code == 413 and "2 texts; expected one text" in several.json()["detail"]
    assert post(app, "/entities", text="Anne. Anne.").status_code == 200
    long, none = post(app, "/attention", text="Anne. Anne. "), post(app, "/attention", text="")
    assert (long.status_code, none.status_code) == (413, 422)
    assert "of 10 characters at most" in long.json()["detail"]
    assert none.json()["results"][0]["error"].startswith("The text has no word that the encoder reads")


def test_an_encoder_without_torch_weights_has_no_attention(nlp, serve, monkeypatch):
    shim = find_encoder(nlp)
    assert has_attention(nlp)
    monkeypatch.setattr(shim, "checkpoint", replace(shim.loaded, weights=None))
    assert not has_attention(nlp)
    detail = post(serve(), "/attention", text="Claire").json()["detail"]
    assert detail.startswith("The model 'fr' has no attention. Expected one encoder")


@pytest.mark.parametrize("path", ["/categories", "/vectors", "/answers", "/attention"])
def test_what_a_model_cannot_do_it_says(serve, path):
    body = {"text": "Claire"} | ({"question": "Qui ?"} if path == "/answers" else {})
    answer = post(serve(), path, **body)
    assert answer.status_code == 404 and path[1:] in answer.json()["detail"]


def test_models_are_asked_by_name(serve):
    def empty():
        return spacy.blank("en")

    app = serve(models={"names": make_names, "none": empty})
    assert post(app, "/entities", text="Claire", model="names").json()["results"][0]["entities"]
    assert not post(app, "/entities", text="Claire", model="none").json()["results"][0]["entities"]
    unnamed, unknown = post(app, "/entities", text="a"), post(app, "/entities", text="a", model="other")
    assert (unnamed.status_code, unknown.status_code) == (422, 404)
    assert unknown.json() == {"detail": "There is no model 'other'; expected one of: names, none."}
    [told] = ask(app, {"method": "GET", "url": "/models"})
    assert [(each["name"], each["lang"]) for each in told.json()["models"]] == [
        ("names", "fr"),
        ("none", "en"),
    ]


def test_the_schema_is_told_and_nothing_comes_from_elsewhere(serve):
    app = serve()
    schema, page, docs = ask(app, *({"method": "GET", "url": url} for url in ("/openapi.json", "/", "/docs")))
    assert {"/entities", "/answers", "/attention", "/metrics"} <= set(schema.json()["paths"])
    assert docs.status_code == 404
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "https://" not in schema.text + page.text


def test_metrics_count_requests_and_texts(serve):
    app = serve()
    post(app, "/entities", texts=["a", "b", "il échoue"])
    ask(app, {"method": "GET", "url": "/unknown/1"})
    [told] = ask(app, {"method": "GET", "url": "/metrics"})
    for line in (
        'bertfam_requests_total{path="/entities",status="200"} 1.0',
        'bertfam_requests_total{path="other",status="404"} 1.0',
        'bertfam_texts_total{model="fr",outcome="done"} 2.0',
        'bertfam_texts_total{model="fr",outcome="failed"} 1.0',
        'bertfam_waiting{model="fr"} 0.0',
    ):
        assert line in told.text.splitlines()


def test_no_answer_of_the_server_holds_what_json_has_not(serve):
    answer = post(serve(), "/entities", text="Claire")
    assert json.loads(answer.content, parse_constant=lambda name: pytest.fail(name))
