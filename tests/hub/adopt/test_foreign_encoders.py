"""The entity recognizer on encoders of other packages: frozen, trained, missing."""

import numpy
import pytest
import spacy
from small_corpus import make_examples
from spacy.language import Language
from spacy.training import Example
from standins.generations import BOTH
from test_trf_workflows import encoder_weights, skip_where_the_package_cannot_train
from thinc.api import Adam, set_dropout_rate

from spacy_bertfam.errors import UserError
from spacy_bertfam.listeners.foreign import package_of

both = pytest.mark.parametrize("generation", BOTH)
OPTIMIZER = Adam(0.01)
TEXT = "Marie Vasseur travaille à Rouen ."


def with_ner(folder, *, fit_words: int = 0) -> tuple[Language, list[Example]]:
    """RETURNS (tuple): a stand-in with a recognizer that has its labels, and examples."""
    nlp = spacy.load(folder)
    nlp.config["initialize"]["components"]["ner"] = {"fit_words": fit_words}
    nlp.add_pipe("bertfam_ner", name="ner")
    examples = make_examples(nlp)
    nlp._link_components()
    with nlp.select_pipes(enable=["ner"]):
        nlp.initialize(lambda: examples)
    nlp._link_components()
    return nlp, examples


def step(nlp: Language, examples: list[Example], *, exclude: list[str], **settings) -> float:
    """RETURNS (float): the loss of the recognizer; the others have learned too, as in spaCy's own loop."""
    losses: dict[str, float] = {}
    for eg in examples:
        eg.predicted = nlp.make_doc(eg.reference.text)
    nlp.update(examples, sgd=False, losses=losses, exclude=exclude, **settings)
    for name, pipe in nlp.pipeline:
        if name not in exclude and hasattr(pipe, "finish_update"):
            pipe.finish_update(OPTIMIZER)
    return losses["ner"]


@both
def test_it_learns_over_a_frozen_encoder(generation, standin):
    nlp, examples = with_ner(standin("fr", generation))
    before = encoder_weights(nlp)
    others = [name for name in nlp.pipe_names if name != "ner"]
    found = [step(nlp, examples, exclude=others, annotates=["transformer"]) for _ in range(8)]
    assert found[-1] < 0.8 * found[0]
    assert encoder_weights(nlp) == before


@both
def test_a_new_head_is_fitted_to_the_encoder_of_the_package(generation, standin):
    losses = []
    for fit_words in (0, 1000):
        nlp, examples = with_ner(standin("fr", generation), fit_words=fit_words)
        others = [name for name in nlp.pipe_names if name != "ner"]
        losses.append(step(nlp, examples, exclude=others, annotates=["transformer"]))
    assert losses[1] < 0.9 * losses[0]


@both
def test_a_frozen_encoder_that_does_not_annotate_is_an_error_in_a_sentence(generation, standin):
    nlp, examples = with_ner(standin("fr", generation))
    others = [name for name in nlp.pipe_names if name != "ner"]
    with pytest.raises(UserError, match=r"frozen and has left no vectors .*annotating_components"):
        step(nlp, examples, exclude=others)


@both
def test_it_trains_the_encoder(generation, standin):
    if generation == "curated_transformer":
        skip_where_the_package_cannot_train()
    nlp, examples = with_ner(standin("fr", generation))
    before = encoder_weights(nlp)
    step(nlp, examples, exclude=["morphologizer", "parser", "lemmatizer"])
    assert encoder_weights(nlp) != before


@pytest.mark.trf
def test_vectors_and_gradient_are_those_of_the_packages_own_listener(standin):
    nlp, _ = with_ner(standin("fr", "transformer"))
    encoder = nlp.get_pipe("transformer")
    ours = nlp.get_pipe("ner").model.get_ref("tok2vec")
    theirs = nlp.get_pipe("morphologizer").model.get_ref("tok2vec")
    docs = [nlp.make_doc(TEXT), nlp.make_doc("Il pleut .")]
    set_dropout_rate(encoder.model, 0.0)
    full, _ = encoder.model.begin_update(docs)
    gradients = []
    for listener, inner in ((ours, ours), (theirs, theirs.get_ref("listener"))):
        inner.receive(encoder.listeners[0].get_batch_id(docs), full.doc_data, gradients.append)
        vectors, backprop = listener.begin_update(docs)
        backprop([2 * rows for rows in vectors])
    mine, others = ([d.model_output.last_hidden_state for d in datas] for datas in gradients)
    assert all(numpy.abs(d).max() > 0 for d in mine)
    assert all(numpy.allclose(a, b) for a, b in zip(mine, others, strict=True))


@both
def test_a_saved_pipeline_opens_with_and_without_its_encoder(generation, standin, tmp_path):
    nlp, _ = with_ner(standin("fr", generation))
    expected = nlp(TEXT).ents
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    found = loaded(TEXT).ents
    assert [str(ent) for ent in found] == [str(ent) for ent in expected]
    assert [ent._.score for ent in found] == pytest.approx([ent._.score for ent in expected])
    assert package_of(loaded.get_pipe("transformer")) is not None
    without = spacy.load(tmp_path / "saved", exclude=["transformer"])
    with pytest.raises(UserError, match="has not run on this text"):
        without.get_pipe("ner")(without.make_doc(TEXT))


@both
def test_a_disabled_encoder_is_an_error(generation, standin):
    nlp, _ = with_ner(standin("fr", generation))
    with nlp.select_pipes(enable=["ner"]), pytest.raises(UserError, match="has not run on this text"):
        nlp(TEXT)


@pytest.mark.curated
def test_texts_without_tokens_pass(standin):
    nlp, _ = with_ner(standin("fr", "curated_transformer"))
    assert [doc.text for doc in nlp.pipe(["", TEXT, ""])] == ["", TEXT, ""]


@both
def test_a_head_on_the_first_of_two_encoders_would_read_the_second(generation, standin):
    nlp = spacy.load(standin("fr", generation))
    nlp.add_pipe(
        "transformer", name="second", source=spacy.load(standin("fr", generation)), after="transformer"
    )
    listener = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "transformer"}
    model = {"@architectures": "spacy-bertfam.TokenClassifier.v1", "tok2vec": listener}
    with pytest.raises(
        UserError, match=r"'ner' listens to 'transformer'; 'second', which stands between them"
    ):
        nlp.add_pipe("bertfam_ner", name="ner", config={"model": model})
    listener["upstream"] = "second"
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": model})
