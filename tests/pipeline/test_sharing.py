"""One encoder for several heads, ours and spaCy's: it learns from all of them, and from each the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from small_corpus import (
    SENTENCES,
    TEXTS,
    all_scores,
    encoder_config,
    head_config,
    make_examples,
    own_pipeline,
    shared_pipeline,
    train,
)
from spacy.language import Language
from spacy.training import Example

from spacy_bertfam.training.adamw import build_adamw

OUR_LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "encoder"}
SPACY_LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "encoder"}
LISTENERS = pytest.mark.parametrize("listener", [SPACY_LISTENER, OUR_LISTENER], ids=["spacy", "ours"])


def add_tagger(nlp: Language, listener: dict[str, Any]) -> None:
    model = {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}
    nlp.add_pipe("tagger", config={"model": model})


def add_textcat(nlp: Language, listener: dict[str, Any]) -> None:
    model = {
        "@architectures": "spacy.TextCatReduce.v1",
        "tok2vec": listener,
        "exclusive_classes": True,
        "use_reduce_first": False,
        "use_reduce_last": False,
        "use_reduce_max": False,
        "use_reduce_mean": True,
    }
    nlp.add_pipe("textcat", config={"model": model})


def rich_examples(nlp: Language) -> list[Example]:
    """With entities, tags (is the word capitalised?) and categories (does the text have a person?)."""
    examples = make_examples(nlp)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "CAP" if token.is_title else "LOW"
        has_person = any(ent.label_ == "PER" for ent in eg.reference.ents)
        eg.reference.cats = {"PERSON": float(has_person), "NONE": float(not has_person)}
    return examples


def disturb_tagger(nlp: Language) -> None:
    """spaCy's tagger begins with zeros, and zeros give the encoder no gradient."""
    softmax = nlp.get_pipe("tagger").model.get_ref("softmax")
    shape = softmax.get_param("W").shape
    softmax.set_param("W", np.random.RandomState(0).normal(size=shape).astype("float32"))


def network(nlp: Language, name: str = "encoder") -> torch.nn.Module:
    """The torch network of the encoder in a component."""
    [node] = [node for node in nlp.get_pipe(name).model.walk() if node.name == "bertfam-encoder"]
    return node.shims[0]._model


def encoder_gradients(nlp: Language, name: str = "encoder") -> dict[str, torch.Tensor]:
    found = {n: p.grad.clone() for n, p in network(nlp, name).named_parameters() if p.grad is not None}
    network(nlp, name).zero_grad()
    return found


def weights(nlp: Language, name: str = "encoder") -> list[np.ndarray]:
    return [parameter.detach().clone().numpy() for parameter in network(nlp, name).parameters()]


@LISTENERS
def test_ner_tagger_and_textcat_on_one_encoder_learn_and_round_trip(
    folder: Path, tmp_path: Path, listener: dict[str, Any]
) -> None:
    nlp = shared_pipeline(folder, model=head_config(OUR_LISTENER))
    add_tagger(nlp, listener)
    add_textcat(nlp, listener)
    examples = rich_examples(nlp)
    nlp.initialize(lambda: examples)
    before = weights(nlp)
    train(nlp, examples, build_adamw(0.003, head_lr_factor=5.0), n_steps=30)
    assert any((old != new).any() for old, new in zip(before, weights(nlp), strict=True))
    scores = nlp.evaluate(examples)
    assert scores["ents_f"] == 1.0
    assert scores["tag_acc"] > 0.9
    assert scores["cats_macro_f"] > 0.9
    nlp.to_disk(tmp_path)
    for doc, again in zip(nlp.pipe(TEXTS), spacy.load(tmp_path).pipe(TEXTS), strict=True):
        assert [token.tag_ for token in again] == [token.tag_ for token in doc]
        assert again.cats == doc.cats
        assert [(e.text, e._.score) for e in again.ents] == [(e.text, e._.score) for e in doc.ents]


def test_shared_and_own_give_the_encoder_the_same_gradient(folder: Path) -> None:
    shared = shared_pipeline(folder, model=head_config(OUR_LISTENER))
    own = own_pipeline(encoder_config(folder))
    for nlp in (shared, own):
        nlp.initialize(lambda nlp=nlp: make_examples(nlp))
    ours, theirs = (nlp.get_pipe("ner").model.get_ref("output_layer") for nlp in (shared, own))
    for name in ("W", "b"):
        theirs.set_param(name, ours.get_param(name))
    losses = [nlp.update(make_examples(nlp), sgd=False)["ner"] for nlp in (shared, own)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    first, second = encoder_gradients(shared), encoder_gradients(own, "ner")
    assert first.keys() == second.keys()
    assert max(float(gradient.abs().max()) for gradient in first.values()) > 1e-3
    for name, gradient in first.items():
        torch.testing.assert_close(gradient, second[name], rtol=0, atol=1e-6)
    for name in ("W", "b"):
        np.testing.assert_allclose(ours.get_grad(name), theirs.get_grad(name), atol=1e-6)


def test_the_encoder_gets_the_sum_of_its_heads_gradients(folder: Path) -> None:
    found = []
    for heads in (("ner",), ("tagger",), ("ner", "tagger")):
        nlp = shared_pipeline(folder, model=head_config(OUR_LISTENER))
        add_tagger(nlp, OUR_LISTENER)
        examples = rich_examples(nlp)
        nlp.initialize(lambda examples=examples: examples)
        disturb_tagger(nlp)
        output = nlp.get_pipe("ner").model.get_ref("output_layer")
        output.set_param("W", np.full_like(output.get_param("W"), 0.1) * np.arange(13, dtype="f")[:, None])
        output.set_param("b", np.zeros(13, "f"))
        for head in {"ner", "tagger"} - {*heads}:
            nlp.remove_pipe(head)
        nlp.update(examples, sgd=False)
        found.append(encoder_gradients(nlp))
    assert all(max(float(gradient.abs().max()) for gradient in part.values()) > 0.01 for part in found)
    for name, both in found[2].items():
        torch.testing.assert_close(both, found[0][name] + found[1][name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("order", [("tagger", "ner"), ("ner", "tagger")])
def test_the_encoder_learns_from_other_heads_where_no_entity_is_annotated(
    folder: Path, order: tuple[str, str]
) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    for name in order:
        if name == "tagger":
            add_tagger(nlp, OUR_LISTENER)
        else:
            nlp.add_pipe("bertfam_ner", name="ner")
    examples = rich_examples(nlp)
    nlp.initialize(lambda: examples)
    disturb_tagger(nlp)
    for eg in examples:
        eg.reference.set_ents([], default="missing")
    losses = nlp.update(examples, sgd=False)
    assert losses["ner"] == 0.0
    assert losses["tagger"] > 0
    assert max(float(gradient.abs().max()) for gradient in encoder_gradients(nlp).values()) > 0


def test_the_encoder_sees_the_whole_batch_where_one_doc_is_annotated(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    nlp.update(examples[:1], sgd=False)
    alone = encoder_gradients(nlp)
    for eg in examples[1:]:
        eg.reference.set_ents([], default="missing")
    nlp.update(examples, sgd=False)
    for name, gradient in encoder_gradients(nlp).items():
        torch.testing.assert_close(gradient, alone[name], rtol=1e-4, atol=1e-5)


def test_a_frozen_encoder_that_annotates_stays_while_the_head_learns(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = weights(nlp)
    losses = train(nlp, examples, n_steps=10, exclude=["encoder"], annotates=["encoder"])
    assert losses[-1] < losses[0]
    for old, new in zip(before, weights(nlp), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_frozen_recognizer_stays_while_the_tagger_after_it_learns(trained: Language) -> None:
    add_tagger(trained, OUR_LISTENER)
    examples = rich_examples(trained)
    with trained.select_pipes(enable=["tagger", "encoder"]):
        trained.get_pipe("tagger").initialize(lambda: examples, nlp=trained)
    before = trained.get_pipe("ner").model.to_bytes()
    train(trained, examples, n_steps=2, exclude=["ner"])
    assert trained.get_pipe("ner").model.to_bytes() == before


def test_an_annotating_recognizer_gives_later_components_its_entities(trained: Language) -> None:
    seen = []

    @Language.component("test_reads_entities")
    def reads_entities(doc):
        seen.append([ent.text for ent in doc.ents])
        return doc

    trained.add_pipe("test_reads_entities")
    trained.update(make_examples(trained), annotates=["encoder", "ner", "test_reads_entities"], sgd=False)
    assert seen == [[entity for entity, _ in entities] for _, entities in SENTENCES]


def test_an_annotating_recognizer_needs_an_annotating_encoder(trained: Language) -> None:
    with pytest.raises(ValueError, match="'ner' listens to an encoder that has not run"):
        trained.update(make_examples(trained), annotates=["ner"], sgd=False)


def test_replace_listeners_gives_the_head_an_encoder_of_its_own(trained: Language) -> None:
    expected = all_scores(trained)
    trained.replace_listeners("encoder", "ner", ["model.tok2vec"])
    assert all_scores(trained) == expected
    assert network(trained, "ner") is not network(trained)
    before = weights(trained)
    train(trained, make_examples(trained), n_steps=2, exclude=["encoder"])
    assert any((a != b).any() for a, b in zip(before, weights(trained, "ner"), strict=True))
    for old, new in zip(before, weights(trained), strict=True):
        np.testing.assert_array_equal(old, new)


def test_sourced_by_a_config_with_its_listener_replaced(trained_folder: Path, trained: Language) -> None:
    config = {
        "nlp": {"lang": "fr", "pipeline": ["ner"]},
        "components": {"ner": {"source": str(trained_folder), "replace_listeners": ["model.tok2vec"]}},
    }
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    assert nlp.pipe_names == ["ner"]
    assert all_scores(nlp) == all_scores(trained)


def test_two_encoders_are_told_apart_by_name(folder: Path) -> None:
    nlp = spacy.blank("fr")
    for name in ("first", "second"):
        nlp.add_pipe("bertfam_encoder", name=name, config={"model": encoder_config(folder)})
        listener = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": name}
        nlp.add_pipe("bertfam_ner", name=f"ner_{name}", config={"model": head_config(listener)})
    nlp.initialize(lambda: make_examples(nlp))
    assert nlp.get_pipe("first").listening_components == ["ner_first"]
    assert nlp.get_pipe("second").listening_components == ["ner_second"]
