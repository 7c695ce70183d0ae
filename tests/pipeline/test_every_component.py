"""Every trainable component of spaCy on one shared encoder: trained, run, saved and loaded."""

import catalogue
import numpy as np
import pytest
import spacy
from small_corpus import TEXTS, encoder_config
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bertfam.training.adamw import build_adamw

LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "encoder"}
WIDTH = 16  # of the knowledge base's vectors, not that of the encoder
# What other components are trained with
NOT_HEADS = {"nn_labeller"}
FACTORIES = (
    "tagger", "morphologizer", "senter", "trainable_lemmatizer", "parser", "beam_parser", "ner", "beam_ner", "spancat",
    "spancat_singlelabel", "span_finder", "textcat", "textcat_multilabel", "entity_linker",
)  # fmt: skip


def gold(nlp, text):
    """A Doc with something to learn for each of them."""
    doc = nlp.make_doc(text)
    n = len(doc)
    tags = ["DET" if i % 2 else "NOUN" for i in range(n)]
    found = Doc(
        nlp.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc], tags=tags,
        pos=tags, morphs=["Number=Sing" if i % 2 else "" for i in range(n)], lemmas=[token.lower_ for token in doc],
        heads=[1] * n, deps=["nsubj", "ROOT", *["dep"] * (n - 2)], sent_starts=[True, *[False] * (n - 1)],
    )  # fmt: skip
    found.ents = [Span(found, 0, 1, label="PER", kb_id="Q1")]
    found.spans["sc"] = [Span(found, 0, 2, label="NP")]
    found.cats = {"a": float(n % 2), "b": float(1 - n % 2)}
    return found


def tok2vec_places(config, place=()):
    """Where a default config has a tok2vec that is no listener."""
    for name, value in config.items():
        if name == "tok2vec" and value is not None:
            yield (*place, name)
        elif isinstance(value, dict):
            yield from tok2vec_places(value, (*place, name))


def with_every_component(folder):
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    for factory in FACTORIES:
        config = nlp.get_factory_meta(factory).default_config
        model = spacy.util.copy_config({"model": config["model"]})["model"]
        for *outer, last in tok2vec_places({"model": model}):
            block = {"model": model}
            for name in outer:
                block = block[name]
            block[last] = dict(LISTENER)
        rare = {"min_action_freq": 1} if factory.endswith("parser") else {}
        nlp.add_pipe(factory, config={"model": model, **rare})
    linker = nlp.get_pipe("entity_linker")
    kb = InMemoryLookupKB(nlp.vocab, entity_vector_length=WIDTH)
    for i, entity in enumerate(("Q1", "Q2")):
        kb.add_entity(entity=entity, freq=1, entity_vector=np.eye(WIDTH)[i].tolist())
    for word in {nlp.make_doc(text)[0].text for text in TEXTS}:
        kb.add_alias(alias=word, entities=["Q1", "Q2"], probabilities=[0.5, 0.5])
    linker.set_kb(lambda vocab: kb)
    return nlp


def test_none_is_left_out():
    nlp = spacy.blank("fr")
    nlp.get_factory_meta("tagger")  # with one of them spaCy registers all
    names = {key[-1] for key in catalogue.REGISTRY if key[:-1] == ("spacy", "internal_factories")}
    ours = {name for name in names if name.startswith("bertfam") or "." in name}
    configs = {name: nlp.get_factory_meta(name).default_config for name in names - ours}
    found = {name for name, config in configs.items() if any(tok2vec_places(config))}
    assert found - NOT_HEADS == set(FACTORIES)


@pytest.mark.filterwarnings("ignore:.*W036.*")
def test_each_trains_runs_and_is_what_it_was_when_it_is_loaded(folder, tmp_path):
    nlp = with_every_component(folder)
    examples = [Example(nlp.make_doc(text), gold(nlp, text)) for text in TEXTS]
    nlp.initialize(lambda: examples)
    losses = {}
    nlp.update(examples, sgd=build_adamw(1e-3), losses=losses)
    assert losses.keys() == {"encoder", *FACTORIES} and all(map(np.isfinite, losses.values()))
    assert losses["encoder"] > 0
    for name in FACTORIES:
        assert nlp.get_pipe("encoder").listener_map[name], name
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    for doc, again in zip(nlp.pipe(TEXTS), loaded.pipe(TEXTS), strict=True):
        assert doc.to_json() == again.to_json()
