"""Text categorisers of spaCy over the encoder: every pooling, single and multi label, shared and own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from small_corpus import CNN, SENTENCES, TEXTS, encoder_config, make_examples, shared_pipeline, train
from spacy.language import Language
from spacy.training import Example

from spacy_bertfam.errors import UserError
from spacy_bertfam.training.adamw import build_adamw

LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "encoder"}
POOLINGS = ["mean", "max", "cls"]


def model_config(tok2vec: dict[str, Any], pooling: str, *, exclusive: bool) -> dict[str, Any]:
    return {
        "@architectures": "spacy-bertfam.TextCatClassifier.v1",
        "exclusive_classes": exclusive,
        "pooling": pooling,
        "tok2vec": tok2vec,
    }


def pipeline(folder: Path, pooling: str, *, exclusive: bool = True, shared: bool = True) -> Language:
    nlp = spacy.blank("fr")
    if shared:
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    tok2vec = LISTENER if shared else encoder_config(folder)
    factory = "textcat" if exclusive else "textcat_multilabel"
    nlp.add_pipe(factory, name="cats", config={"model": model_config(tok2vec, pooling, exclusive=exclusive)})
    return nlp


def with_cats(examples: list[Example], *, exclusive: bool = True) -> list[Example]:
    """A person? A place? With exclusive labels only the first question is asked."""
    for eg in examples:
        labels = {ent.label_ for ent in eg.reference.ents}
        person = float("PER" in labels)
        other = {"NOBODY": 1 - person} if exclusive else {"PLACE": float("LOC" in labels)}
        eg.reference.cats = {"PERSON": person, **other}
    return examples


def network(nlp: Language) -> torch.nn.Module:
    nodes = [n for _, pipe in nlp.pipeline if hasattr(pipe, "model") for n in pipe.model.walk()]
    return next(node for node in nodes if node.name == "bertfam-encoder").shims[0]._model


@pytest.mark.parametrize(
    ("pooling", "exclusive", "shared"),
    [
        ("mean", True, True),
        ("max", False, True),
        ("cls", True, False),
        pytest.param("cls", False, True, marks=pytest.mark.slow),
        pytest.param("mean", False, False, marks=pytest.mark.slow),
    ],
)
def test_learns_moves_the_encoder_and_round_trips(
    folder: Path, tmp_path: Path, pooling: str, exclusive: bool, shared: bool
) -> None:
    nlp = pipeline(folder, pooling, exclusive=exclusive, shared=shared)
    examples = with_cats(make_examples(nlp), exclusive=exclusive)
    nlp.initialize(lambda: examples)
    before = [p.detach().clone() for p in network(nlp).parameters()]
    train(nlp, examples, build_adamw(0.003, head_lr_factor=5.0), n_steps=25)
    assert any(not torch.equal(old, new) for old, new in zip(before, network(nlp).parameters(), strict=True))
    assert nlp.evaluate(examples)["cats_macro_f"] > 0.9
    nlp.to_disk(tmp_path)
    for doc, again in zip(nlp.pipe(TEXTS), spacy.load(tmp_path).pipe(TEXTS), strict=True):
        assert again.cats == doc.cats
        if exclusive:
            assert sum(doc.cats.values()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_shared_and_own_give_the_encoder_the_same_gradient(folder: Path, pooling: str) -> None:
    found = []
    weights = None
    for shared in (True, False):
        nlp = pipeline(folder, pooling, shared=shared)
        nlp.initialize(lambda nlp=nlp: with_cats(make_examples(nlp)))
        output = nlp.get_pipe("cats").model.get_ref("output_layer")
        weights = output.get_param("W") if weights is None else weights
        output.set_param("W", weights)
        nlp.update(with_cats(make_examples(nlp)), sgd=False)
        found.append({n: p.grad.clone() for n, p in network(nlp).named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    assert max(float(gradient.abs().max()) for gradient in found[0].values()) > 1e-3
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], rtol=0, atol=1e-5)


def with_both(nlp: Language) -> list[Example]:
    return with_cats(make_examples(nlp))


@pytest.mark.parametrize("first", ["ner", "cats"])
def test_a_reader_of_documents_and_one_of_tokens_share_an_encoder(
    folder: Path, tmp_path: Path, first: str
) -> None:
    nlp = shared_pipeline(folder)
    where = {"after": "ner"} if first == "ner" else {"before": "ner"}
    nlp.add_pipe(
        "textcat", name="cats", config={"model": model_config(LISTENER, "cls", exclusive=True)}, **where
    )
    nlp.add_pipe("bertfam_cleaner", name="cleaner")
    examples = with_both(nlp)
    nlp.initialize(lambda: examples)
    train(nlp, examples, build_adamw(0.003, head_lr_factor=5.0), n_steps=30)
    scores = nlp.evaluate(examples)
    assert scores["ents_f"] > 0.9 and scores["cats_macro_f"] > 0.9
    doc = nlp(TEXTS[0])
    assert doc._.bertfam_document is None and doc.tensor.size == 0
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)(TEXTS[0])
    assert again.cats == doc.cats and [e.text for e in again.ents] == [e.text for e in doc.ents]


def test_gradients_of_both_kinds_of_readers_add_up(folder: Path) -> None:
    """Together as each alone, since gradients are sums; the heads have the same weights throughout."""
    both = shared_pipeline(folder)
    both.add_pipe("textcat", name="cats", config={"model": model_config(LISTENER, "cls", exclusive=True)})
    both.initialize(lambda: with_both(both))
    found = {}
    for name, excluded in {"both": [], "ner": ["cats"], "cats": ["ner"]}.items():
        listeners = dict(both.get_pipe("encoder").listener_map)
        for other in excluded:
            both.get_pipe("encoder").listener_map.pop(other)
        both.update(with_both(both), sgd=False, exclude=excluded)
        both.get_pipe("encoder").listener_map = listeners
        found[name] = {n: p.grad.clone() for n, p in network(both).named_parameters() if p.grad is not None}
        network(both).zero_grad(set_to_none=True)
    for name, gradient in found["both"].items():
        expected = found["ner"][name] + found["cats"].get(name, 0)
        torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-5)


def test_long_texts_are_read_whole(folder: Path) -> None:
    nlp = pipeline(folder, "cls")
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    long = " ".join(TEXTS * 3)  # more than the 62 pieces that this encoder takes at once
    changed = long.removesuffix("rachète Alpina .") + "a signé ."
    docs = [nlp.make_doc(long), nlp.make_doc(changed)]
    first, second = nlp.get_pipe("encoder").predict(docs).documents
    assert not np.allclose(first, second, atol=1e-3)
    assert nlp(long).cats != nlp(changed).cats


@pytest.mark.parametrize("pooling", POOLINGS)
def test_empty_texts_cost_their_neighbors_nothing(folder: Path, pooling: str) -> None:
    nlp = pipeline(folder, pooling)
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    texts = ["", TEXTS[0], "\n \n", ""]
    found = [doc.cats for doc in nlp.pipe(texts)]
    assert found[1] == pytest.approx(nlp(TEXTS[0]).cats, abs=1e-5)
    assert all(np.isfinite(list(cats.values())).all() for cats in found)
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": {"PERSON": 1.0, "NOBODY": 0.0}}) for text in texts
    ]
    assert np.isfinite(nlp.update(examples)["cats"])


@pytest.mark.parametrize(("pooling", "exclusive"), [("mean", True), ("cls", False)])
def test_a_new_label_leaves_the_others_as_they_are_and_can_be_learned(
    folder: Path, pooling: str, exclusive: bool
) -> None:
    nlp = pipeline(folder, pooling, exclusive=exclusive)
    examples = with_cats(make_examples(nlp), exclusive=exclusive)
    nlp.initialize(lambda: examples)
    train(nlp, examples, build_adamw(0.003, head_lr_factor=5.0), n_steps=10)
    before = nlp(TEXTS[0]).cats
    nlp.get_pipe("cats").add_label("NEW")
    after = nlp(TEXTS[0]).cats
    assert after["NEW"] < 0.1
    for label, value in before.items():
        assert after[label] == pytest.approx(value, abs=0.05)
    for eg in examples[:2]:
        eg.reference.cats = {**dict.fromkeys(eg.reference.cats, 0.0), "NEW": 1.0}
    train(nlp, examples, build_adamw(0.003, head_lr_factor=5.0), n_steps=25)
    assert nlp(TEXTS[0]).cats["NEW"] > 0.5


def test_replacing_the_listener_by_the_encoder_changes_no_score(folder: Path, tmp_path: Path) -> None:
    nlp = pipeline(folder, "cls")
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    before = [doc.cats for doc in nlp.pipe(TEXTS)]
    nlp.replace_listeners("encoder", "cats", ["model.tok2vec"])
    nlp.remove_pipe("encoder")
    nlp.to_disk(tmp_path)
    for pipe in (nlp, spacy.load(tmp_path)):
        for doc, cats in zip(pipe.pipe(TEXTS), before, strict=True):
            assert doc.cats == pytest.approx(cats, abs=1e-5)


def test_a_disabled_encoder_is_an_error_not_a_guess(folder: Path) -> None:
    nlp = pipeline(folder, "cls")
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    with nlp.select_pipes(disable="encoder"), pytest.raises(UserError, match="has not run on this Doc"):
        nlp(TEXTS[0])


def test_a_head_that_was_disabled_when_it_was_loaded_and_is_enabled_later(
    folder: Path, tmp_path: Path
) -> None:
    nlp = pipeline(folder, "cls")
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    nlp.to_disk(tmp_path)
    later = spacy.load(tmp_path, disable=["cats"])
    later.enable_pipe("cats")
    assert later(TEXTS[0]).cats == pytest.approx(nlp(TEXTS[0]).cats)


def test_a_frozen_encoder_that_annotates_still_feeds_the_head(folder: Path) -> None:
    nlp = pipeline(folder, "cls")
    examples = with_cats(make_examples(nlp))
    nlp.initialize(lambda: examples)
    before = [p.detach().clone() for p in network(nlp).parameters()]
    optimizer = build_adamw(0.01)
    losses = []
    for _ in range(20):
        fresh = with_cats(make_examples(nlp))
        losses.append(nlp.update(fresh, sgd=optimizer, exclude=["encoder"], annotates=["encoder"])["cats"])
    assert losses[-1] < losses[0]
    assert all(torch.equal(old, new) for old, new in zip(before, network(nlp).parameters(), strict=True))


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_any_tok2vec_will_do_for_poolings_of_tokens(pooling: str) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("textcat", name="cats", config={"model": model_config(CNN, pooling, exclusive=True)})
    examples = with_cats(make_examples(nlp))
    nlp.initialize(lambda: examples)
    assert set(nlp(SENTENCES[0][0]).cats) == {"PERSON", "NOBODY"}


def test_what_cannot_be_pooled_is_one_sentence(folder: Path) -> None:
    nlp = spacy.blank("fr")
    with pytest.raises(UserError, match="pooling is 'sum'; expected one of mean, max, cls"):
        nlp.add_pipe("textcat", config={"model": model_config(CNN, "sum", exclusive=True)})
    with pytest.raises(UserError, match="no vector for a whole document"):
        nlp.add_pipe("textcat", config={"model": model_config(CNN, "cls", exclusive=True)})
