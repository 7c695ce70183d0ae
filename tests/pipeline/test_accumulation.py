"""A batch that comes in parts gives the gradient of the whole batch, whatever each part holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from small_corpus import encoder_config, make_examples
from spacy.language import Language
from spacy.training import Example
from spacy.training.loop import subdivide_batch

from spacy_bertfam.encoder.gradients.step import StepMean
from spacy_bertfam.training.adamw import build_adamw

LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1"}
HEADS = ("spacy-bertfam.TokenClassifier.v1", "spacy-bertfam.CRFTokenClassifier.v1")


class Recorder:
    """An optimizer that keeps the gradients that it is given, and moves nothing."""

    def __init__(self) -> None:
        self.gradients: dict[Any, np.ndarray] = {}

    def __call__(self, key: tuple[int, str], weights: Any, gradient: Any, **_: Any) -> tuple[Any, Any]:
        self.gradients[key] = gradient.copy()
        gradient *= 0  # in place, as Thinc's own do
        return weights, gradient

    def step_module(self, key: int, module: torch.nn.Module) -> None:
        for name, parameter in module.named_parameters():
            if parameter.grad is not None:
                self.gradients[name] = parameter.grad.numpy().copy()
                parameter.grad = None


def pipeline(folder: Path, head: str, *, tagger: bool = False, own: bool = False) -> Language:
    nlp = spacy.blank("fr")
    encoder = encoder_config(folder)
    if not own:
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder})
    tok2vec = encoder if own else LISTENER
    model = {"@architectures": head, "dropout": 0.0, "tok2vec": tok2vec}
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": model})
    if tagger:
        model = {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}
        nlp.add_pipe("tagger", config={"model": model})
    return nlp


def unevenly_annotated(nlp: Language) -> list[Example]:
    """Texts of different length; two have no annotation of entities, one has it in part."""
    examples = make_examples(nlp)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "UP" if token.text.istitle() else "LOW"
    examples[0].reference.set_ents([], default="missing")
    examples[4].reference.set_ents([], default="missing")
    reference = examples[2].reference
    reference.set_ents(list(reference.ents), missing=[reference[:2]], default="outside")
    return examples


def set_weights(nlp: Language) -> None:
    """Weights that are not 0, or the encoder would be taught nothing at first."""
    rng = np.random.default_rng(0)
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            for name in node.param_names:
                node.set_param(name, rng.normal(scale=0.1, size=node.get_param(name).shape).astype("float32"))


def gradients(nlp: Language, examples: list[Example], n_parts: int) -> dict[Any, np.ndarray]:
    """What spaCy's loop hands to the optimizer for one step."""
    for part in subdivide_batch(examples, n_parts):
        nlp.update(part, sgd=False)
    recorder = Recorder()
    for _, pipe in nlp.pipeline:
        pipe.finish_update(recorder)
    return recorder.gradients


def assert_equal_gradients(whole: dict[Any, np.ndarray], parts: dict[Any, np.ndarray]) -> None:
    assert whole.keys() == parts.keys()
    assert max(float(np.abs(gradient).max()) for gradient in whole.values()) > 1e-2
    for name, gradient in whole.items():
        size = max(1.0, float(np.abs(gradient).max()))  # a CRF's transitions are counted a hundredfold
        np.testing.assert_allclose(parts[name], gradient, rtol=0, atol=1e-6 * size, err_msg=str(name))


@pytest.mark.parametrize("n_parts", [2, 3, 4])
@pytest.mark.parametrize("head", HEADS)
def test_parts_of_a_batch_give_a_shared_encoder_and_the_head_the_gradient_of_the_whole(
    folder: Path, head: str, n_parts: int
) -> None:
    nlp = pipeline(folder, head)
    examples = unevenly_annotated(nlp)
    nlp.initialize(lambda: examples)
    set_weights(nlp)
    assert_equal_gradients(gradients(nlp, examples, 1), gradients(nlp, examples, n_parts))


@pytest.mark.parametrize("head", HEADS)
def test_parts_are_exact_for_an_encoder_of_the_heads_own(folder: Path, head: str) -> None:
    nlp = pipeline(folder, head, own=True)
    examples = unevenly_annotated(nlp)
    nlp.initialize(lambda: examples)
    set_weights(nlp)
    assert_equal_gradients(gradients(nlp, examples, 1), gradients(nlp, examples, 4))


def test_parts_are_exact_for_the_encoder_where_a_tagger_of_spacy_listens_too(folder: Path) -> None:
    nlp = pipeline(folder, HEADS[0], tagger=True)
    examples = unevenly_annotated(nlp)
    nlp.initialize(lambda: examples)
    set_weights(nlp)
    whole, parts = gradients(nlp, examples, 1), gradients(nlp, examples, 4)
    tagger = {(node.id, name) for node in nlp.get_pipe("tagger").model.walk() for name in node.param_names}
    for name in whole.keys() - tagger:
        np.testing.assert_allclose(parts[name], whole[name], rtol=0, atol=1e-6, err_msg=str(name))
    for name in tagger & whole.keys():  # spaCy's own head leaves its sum as it is
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-4, atol=1e-5)


def test_a_step_is_the_mean_over_the_annotated_tokens(folder: Path) -> None:
    nlp = pipeline(folder, HEADS[0])
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    set_weights(nlp)
    ner = nlp.get_pipe("ner")
    bias = (ner.model.get_ref("output_layer").id, "b")
    nlp.update(examples, sgd=False)
    summed = ner.model.get_ref("output_layer").get_grad("b").copy()
    recorder = Recorder()
    ner.finish_update(recorder)
    n_tokens = sum(len(eg.predicted) for eg in examples)
    np.testing.assert_allclose(recorder.gradients[bias], summed / n_tokens, rtol=1e-5)


def test_weights_after_a_step_in_parts_are_those_after_a_step_at_once(folder: Path, tmp_path: Path) -> None:
    nlp = pipeline(folder, HEADS[0])
    examples = unevenly_annotated(nlp)
    nlp.initialize(lambda: examples)
    nlp.to_disk(tmp_path)
    found = []
    for n_parts in (1, 4):
        again = spacy.load(tmp_path)
        optimizer = build_adamw(
            1e-3, eps=1e-3
        )  # a larger eps: Adam divides by noise where a gradient is near 0
        for part in subdivide_batch(unevenly_annotated(again), n_parts):
            again.update(part, sgd=False)
        for _, pipe in again.pipeline:
            pipe.finish_update(optimizer)
        found.append(all_weights(again))
    for whole, parts in zip(*found, strict=True):
        np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-6)


def all_weights(nlp: Language) -> list[np.ndarray]:
    network = nlp.get_pipe("encoder").model.shims[0].loaded.network
    output = nlp.get_pipe("ner").model.get_ref("output_layer")
    return [*(p.detach().numpy() for p in network.parameters()), output.get_param("W"), output.get_param("b")]


@pytest.mark.parametrize("parts", [(3, 5), (0, 4, 2), (7,), (0, 0), ()])
def test_factors_of_a_step_make_the_mean(parts: tuple[int, ...]) -> None:
    step = StepMean()
    for _ in range(2):  # the second step knows nothing of the first
        summed = sum(n * step.add_part(n) for n in parts)
        assert summed * step.finish() == pytest.approx(1.0 if any(parts) else 0.0)


def test_half_precision_parts_give_the_mean_too(folder: Path, make_pipeline: Callable) -> None:
    nlp = make_pipeline(mixed_precision="bf16")
    examples = unevenly_annotated(nlp)
    nlp.initialize(lambda: examples)
    set_weights(nlp)
    whole, parts = gradients(nlp, examples, 1), gradients(nlp, examples, 3)
    norms = [sum(float((g**2).sum()) for g in found.values()) ** 0.5 for found in (whole, parts)]
    assert norms[1] == pytest.approx(norms[0], rel=0.05)


@pytest.fixture
def make_pipeline(folder: Path) -> Callable[..., Language]:
    def make(**settings: Any) -> Language:
        nlp = spacy.blank("fr")
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder, **settings)})
        nlp.add_pipe("bertfam_ner", name="ner")
        return nlp

    return make
