"""spaCy's taggers are fitted to the encoder, by a callback of the config."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from small_corpus import encoder_config, make_examples
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_bertfam.errors import UserError
from spacy_bertfam.head_fit.taggers import fit_taggers, tags_of

WORDS = (
    (("Les", "DET", "le"), ("chats", "NOUN", "chat"), ("dorment", "VERB", "dormir")),
    (("Marie", "PROPN", "Marie"), ("lit", "VERB", "lire"), ("les", "DET", "le"), ("livres", "NOUN", "livre")),
    (("Les", "DET", "le"), ("chiens", "NOUN", "chien"), ("courent", "VERB", "courir")),
)
TAGGERS = {"tagger": "tagger", "morphologizer": "morphologizer", "lemmatizer": "trainable_lemmatizer"}


@pytest.fixture
def folder(tiny_encoder):
    return tiny_encoder("bert")


def tagged(nlp: Language) -> list[Example]:
    """RETURNS (list): sentences with tags, parts of speech and lemmas, their predicted side bare."""
    found = []
    for sentence in WORDS:
        words, pos, lemmas = zip(*sentence, strict=True)
        gold = Doc(nlp.vocab, words=words, tags=pos, pos=pos, lemmas=lemmas, morphs=[""] * len(words))
        found.append(Example(Doc(nlp.vocab, words=words), gold))
    return found


def pipeline(folder: Path, *, shared: bool = True) -> Language:
    """RETURNS (Language): the three taggers, initialized."""
    nlp = spacy.blank("fr")
    if shared:
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    listener = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"}
    model = {
        "@architectures": "spacy.Tagger.v2",
        "tok2vec": listener if shared else encoder_config(folder),
    }
    for name, factory in TAGGERS.items():
        settings = {"min_tree_freq": 1} if name == "lemmatizer" else {}
        nlp.add_pipe(factory, name=name, config={"model": model, **settings})
    nlp.initialize(lambda: tagged(nlp))
    return nlp


def accuracies(nlp: Language) -> dict[str, float]:
    scores = nlp.evaluate(tagged(nlp))
    return {name: scores[name] for name in ("tag_acc", "pos_acc", "lemma_acc")}


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
def test_fitted_taggers_know_the_words_that_they_were_fitted_to(folder, shared):
    nlp = pipeline(folder, shared=shared)
    assert max(accuracies(nlp).values()) < 0.6
    assert fit_taggers(nlp, list(TAGGERS), lambda: tagged(nlp), n_words=1000) == list(TAGGERS)
    assert min(accuracies(nlp).values()) > 0.8


def test_tags_are_those_of_the_components_own_loss(folder):
    nlp = pipeline(folder)
    tagger: Any = nlp.get_pipe("tagger")
    examples = tagged(nlp)
    examples[0].reference[1].tag_ = ""
    tags = tags_of(tagger, examples)
    names = [tagger.labels[tag] if tag >= 0 else None for tag in tags]
    assert names == ["DET", None, "VERB", "PROPN", "VERB", "DET", "NOUN", "DET", "NOUN", "VERB"]


def test_label_smoothing_leaves_the_right_tag_the_right_one(folder):
    nlp = pipeline(folder)
    tagger: Any = nlp.get_pipe("tagger")
    plain = tags_of(tagger, tagged(nlp))
    tagger.cfg["label_smoothing"] = 0.2
    np.testing.assert_array_equal(tags_of(tagger, tagged(nlp)), plain)


def test_a_corpus_of_entities_teaches_no_tags(folder):
    nlp = pipeline(folder)
    layer = nlp.get_pipe("tagger").model.get_ref("output_layer")
    assert fit_taggers(nlp, list(TAGGERS), lambda: make_examples(nlp), n_words=1000) == []
    assert not np.any(layer.get_param("W"))


def test_sentences_without_tags_are_passed_over(folder):
    fits = []
    for others in (False, True):
        nlp = pipeline(folder)
        examples = [*make_examples(nlp), *tagged(nlp)] if others else tagged(nlp)
        fit_taggers(nlp, ["tagger"], lambda examples=examples: examples, n_words=1000)
        fits.append(nlp.get_pipe("tagger").model.get_ref("output_layer").get_param("W"))
    np.testing.assert_allclose(*fits, atol=1e-5)


@pytest.mark.parametrize(("fit_words", "is_fitted"), [(1000, True), (0, False)])
def test_the_callback_reads_the_training_corpus(folder, tmp_path, fit_words, is_fitted):
    nlp = pipeline(folder)
    DocBin(docs=[eg.reference for eg in tagged(nlp)]).to_disk(tmp_path / "train.spacy")
    callback = {
        "@callbacks": "spacy-bertfam.fit_taggers.v1",
        "components": ["tagger"],
        "fit_words": fit_words,
    }
    paths = {"train": str(tmp_path / "train.spacy"), "dev": str(tmp_path / "train.spacy")}
    nlp.config = nlp.config.merge({"paths": paths, "initialize": {"after_init": callback}})
    nlp.initialize(lambda: tagged(nlp))
    assert np.any(nlp.get_pipe("tagger").model.get_ref("output_layer").get_param("W")) == is_fitted
    assert not np.any(nlp.get_pipe("lemmatizer").model.get_ref("output_layer").get_param("W"))


def test_a_component_of_another_kind_is_named(folder):
    nlp = pipeline(folder)
    nlp.add_pipe("bertfam_ner", name="ner")
    with pytest.raises(UserError, match=r"the component 'ner', whose model is .* expected a spacy.Tagger.v2"):
        fit_taggers(nlp, ["ner"], lambda: tagged(nlp), n_words=10)
