"""A new head starts from what the encoder knows: it is fitted to it when the component is initialized."""

import numpy as np
import pytest
from small_corpus import TEXTS, encoder_config, make_examples, own_pipeline, shared_pipeline
from spacy.language import Language
from spacy.training import Example

from spacy_bertfam.head_fit.first_fit import draw_examples

KINDS = pytest.mark.parametrize("kind", ["shared", "own", "crf"])
CRF = {
    "@architectures": "spacy-bertfam.CRFTokenClassifier.v1",
    "tok2vec": {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"},
}


@pytest.fixture
def folder(tiny_encoder):
    return tiny_encoder("bert")


def pipeline(kind: str, folder, fit_words: int | None = None) -> Language:
    """RETURNS (Language): not initialized, with the setting that a config would have."""
    if kind == "own":
        nlp = own_pipeline(encoder_config(folder))
    else:
        nlp = shared_pipeline(folder, **({"model": CRF} if kind == "crf" else {}))
    if fit_words is not None:
        nlp.config["initialize"]["components"]["ner"] = {"fit_words": fit_words}
    return nlp


def initialized(kind: str, folder, fit_words: int | None = None) -> Language:
    nlp = pipeline(kind, folder, fit_words)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    assert all(doc.tensor.size == 0 for doc in (eg.predicted for eg in examples))
    return nlp


def loss(nlp: Language) -> float:
    return nlp.update(make_examples(nlp), sgd=False)["ner"]


@KINDS
def test_a_fitted_head_knows_more_than_a_random_one(kind, folder):
    assert loss(initialized(kind, folder)) < 0.8 * loss(initialized(kind, folder, 0))


def test_a_shared_and_an_own_encoder_give_the_same_fit(folder):
    pipelines = [initialized(kind, folder) for kind in ("shared", "own")]
    shared, own = (nlp.get_pipe("ner").model.get_ref("output_layer").get_param("W") for nlp in pipelines)
    tag_set = pipelines[0].get_pipe("ner").tag_set
    gold = [tag_set.allowed_by_biluo(eg.get_aligned_ner()) for eg in make_examples(pipelines[0])]
    occurring = np.flatnonzero(np.concatenate(gold).any(axis=0))
    assert len(occurring) == 8
    np.testing.assert_allclose(shared[occurring], own[occurring], atol=1e-4)


def test_the_encoder_stays_as_it_is(folder):
    from spacy_bertfam.encoder.model import encoder_shim

    fitted, random = (
        encoder_shim(initialized("shared", folder, n).get_pipe("encoder").model).loaded.network.state_dict()
        for n in (None, 0)
    )
    assert all((values == random[name]).all() for name, values in fitted.items())


def test_a_head_that_has_weights_keeps_them(folder):
    nlp = initialized("shared", folder)
    layer = nlp.get_pipe("ner").model.get_ref("output_layer")
    layer.set_param("W", np.full_like(layer.get_param("W"), 0.5))
    draws = []
    nlp.get_pipe("ner").initialize(lambda: draws.append(1) or make_examples(nlp), nlp=nlp)
    fitted = nlp.get_pipe("ner").model.get_ref("output_layer").get_param("W")
    assert len(draws) == 3  # validated, counted, shaped: not drawn from
    assert fitted.shape == layer.get_param("W").shape


def test_only_words_with_one_tag_are_learned_from(folder):
    """Missing annotation says nothing, and a corpus where all is missing but one tag leaves the head random."""
    nlp = pipeline("shared", folder)
    examples = make_examples(nlp)
    for eg in examples:
        eg.reference.set_ents(list(eg.reference.ents), default="missing")
    nlp.initialize(lambda: examples)
    scores = nlp.get_pipe("ner").model.predict(list(nlp.pipe(TEXTS, disable=["ner"])))
    assert np.concatenate(scores)[:, 0].max() < np.concatenate(scores).max()  # nothing taught it O


def test_a_head_over_an_encoder_that_is_out_of_reach_stays_random(folder):
    nlp = pipeline("shared", folder)
    examples = make_examples(nlp)
    nlp.get_pipe("encoder").initialize(lambda: examples, nlp=nlp)
    nlp._link_components()
    nlp.get_pipe("ner").initialize(lambda: examples)
    assert np.abs(nlp.get_pipe("ner").model.get_ref("output_layer").get_param("b")).max() == 0


@pytest.mark.parametrize(("n_words", "n_drawn"), [(10_000, 40), (70, 10), (1, 1)])
def test_words_are_drawn_from_all_over_the_data(n_words, n_drawn):
    nlp = Language()
    docs = [nlp.make_doc(f"a b c d e f {i}") for i in range(40)]
    drawn = draw_examples(lambda: [Example(doc, doc) for doc in docs], n_words)
    places = [int(eg.predicted[-1].text) for eg in drawn]
    assert len(places) == n_drawn
    assert places == sorted(places)
    if n_drawn == 10:
        assert np.diff(places).max() <= 5


def test_empty_texts_are_passed_over():
    nlp = Language()
    docs = [nlp.make_doc(""), nlp.make_doc("a b")]
    drawn = draw_examples(lambda: [Example(doc, doc) for doc in docs], 100)
    assert [len(eg.predicted) for eg in drawn] == [2]
    assert draw_examples(lambda: [], 100) == []
