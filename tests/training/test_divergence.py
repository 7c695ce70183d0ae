"""A training that diverges ends at the step with a sentence that names the rate; nothing that is ruined is saved."""

import math
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from forked import Forked
from small_corpus import CNN, encoder_config, make_examples, own_pipeline, shared_pipeline, train
from spacy.cli._util import app as spacy_app
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry
from thinc.api import Adam, Optimizer
from typer.main import get_command

from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line
from spacy_bertfam.encoder.gradients.loss_scale import LossScale
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.errors import UserError
from spacy_bertfam.training.adamw import build_adamw
from spacy_bertfam.training.distillation.distil import build_distil
from spacy_bertfam.training.resumable.loop import Training

RATE = 1e30  # with which two steps are enough
HIGH = r"diverged at a learning rate of 1e\+30: .* is not a finite number.* a lower rate, as 5e-05"


@pytest.fixture
def nlp(tiny_encoder: Callable[[str], Path]) -> Language:
    torch.set_num_threads(1)
    nlp = shared_pipeline(tiny_encoder("bert"))
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def network(nlp: Language) -> torch.nn.Module:
    return encoder_shim(nlp.get_pipe("encoder").model).loaded.network


def is_finite(nlp: Language) -> bool:
    return all(bool(torch.isfinite(weight).all()) for weight in network(nlp).parameters())


def spoil(nlp: Language) -> None:
    with torch.no_grad():
        next(network(nlp).parameters()).fill_(math.nan)


@pytest.mark.parametrize("optimizer", [build_adamw, Adam])
def test_a_rate_that_is_far_too_high_is_named(nlp: Language, optimizer: Callable[[float], Optimizer]) -> None:
    with np.errstate(all="ignore"), pytest.raises(UserError, match=HIGH):
        train(nlp, make_examples(nlp), optimizer(RATE), n_steps=9)


def test_so_it_is_for_a_head_with_an_encoder_of_another_package() -> None:
    nlp = own_pipeline(CNN)
    nlp.initialize(lambda: make_examples(nlp))
    with (
        np.errstate(all="ignore"),
        pytest.raises(UserError, match=r"1e\+30: the loss of the component 'ner'"),
    ):
        train(nlp, make_examples(nlp), Adam(RATE), n_steps=9)


def test_before_the_first_step_no_rate_is_to_blame(nlp: Language) -> None:
    spoil(nlp)
    with pytest.raises(UserError, match=r"diverged before anything was learned: a vector of the encoder"):
        train(nlp, make_examples(nlp), n_steps=1)


def test_no_loss_that_is_no_number_is_recorded(nlp: Language) -> None:
    nlp.get_pipe("ner").model.get_ref("output_layer").get_param("b")[0] = math.nan
    losses: dict[str, float] = {}
    with pytest.raises(UserError, match="before anything was learned: the loss of the component 'ner'"):
        nlp.update(make_examples(nlp), sgd=False, losses=losses)
    assert all(math.isfinite(loss) for loss in losses.values())
    assert all(weight.grad is None for weight in network(nlp).parameters())


def add_textcat(nlp: Language, model: dict[str, Any]) -> list[Example]:
    nlp.add_pipe("textcat", config={"model": {"exclusive_classes": True, **model}})
    examples = make_examples(nlp)
    for i, eg in enumerate(examples):
        eg.reference.cats = {"X": float(i % 2), "Y": float(i % 2 == 0)}
    nlp.get_pipe("textcat").initialize(lambda: examples, nlp=nlp)
    return examples


@pytest.mark.parametrize("architecture", ["spacy-bertfam.TextCatClassifier.v1", "spacy.TextCatReduce.v1"])
def test_what_another_head_sends_back_is_looked_at(nlp: Language, architecture: str) -> None:
    nlp.remove_pipe("ner")
    reduce = {f"use_reduce_{name}": name == "mean" for name in ("first", "last", "max", "mean")}
    model = {
        "@architectures": architecture,
        "tok2vec": {"@architectures": "spacy-bertfam.EncoderListener.v1"},
    }
    examples = add_textcat(nlp, {**model, **(reduce if architecture.startswith("spacy.") else {})})
    train(nlp, examples, Adam(0.003), n_steps=1)
    for node in nlp.get_pipe("textcat").model.walk():
        if "W" in node.param_names:
            node.get_param("W")[:] = math.nan
    message = r"at a learning rate of 0\.003: the gradient that the heads send to the encoder"
    if not architecture.startswith("spacy."):
        message = "The scores of the labels are not finite numbers"
    with pytest.raises(UserError, match=message):
        train(nlp, examples, Adam(0.003), n_steps=1)
    assert is_finite(nlp)


def test_a_gradient_that_is_no_number_does_not_reach_the_weights(nlp: Language) -> None:
    optimizer, before = build_adamw(0.002), [w.detach().clone() for w in network(nlp).parameters()]
    for weight in network(nlp).parameters():
        weight.grad = torch.full_like(weight, math.inf)
    with pytest.raises(UserError, match=r"at a learning rate of 0\.002: the gradient of the encoder"):
        optimizer.step_module(1, network(nlp))
    assert all(torch.equal(old, new) for old, new in zip(before, network(nlp).parameters(), strict=True))


def gradient(value: float) -> list[torch.Tensor]:
    return [torch.full((3,), value)]


def test_in_fp16_steps_that_overflow_are_skipped_as_long_as_the_scale_can_fall() -> None:
    scale = LossScale(True)
    for _ in range(15):
        assert not scale.unscale(gradient(math.inf)) and not scale.is_exhausted
    assert scale.scale == 1.0
    assert not scale.unscale(gradient(math.inf)) and not scale.is_exhausted
    assert scale.unscale(gradient(1.0)) and not scale.is_exhausted
    for _ in range(2):
        assert not scale.unscale(gradient(math.nan))
    assert scale.is_exhausted


def test_in_fp16_what_overflows_for_ever_is_said(tiny_encoder: Callable[[str], Path]) -> None:
    nlp = spacy.blank("fr")
    model = encoder_config(tiny_encoder("bert"), mixed_precision="fp16")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": model})
    nlp.initialize()
    encoder, optimizer, n_steps = nlp.get_pipe("encoder"), build_adamw(0.004), 0
    with pytest.raises(
        UserError, match=r"at a learning rate of 0\.004: the gradient of the encoder, in fp16"
    ):
        while n_steps < 30:
            for weight in network(nlp).parameters():
                weight.grad = torch.full_like(weight, math.inf)
            encoder.finish_update(optimizer)
            n_steps += 1
    assert n_steps == 16
    assert is_finite(nlp)


def test_a_teacher_is_no_excuse(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path)
    build_distil(str(tmp_path))(nlp, {})
    with np.errstate(all="ignore"), pytest.raises(UserError, match="diverged at a learning rate of"):
        train(nlp, make_examples(nlp), Adam(RATE), n_steps=9)


# -- as users run it

OPTIONS = (
    "--nlp.pipeline", '["encoder","ner"]', "--training.optimizer.learn_rate", "1e30", "--training.dropout", "0.0",
    "--training.optimizer.unfreeze_every", "0", "--training.eval_frequency", "1",
)  # fmt: skip


@pytest.mark.parametrize("run", [["train"], ["bertfam", "train"]])
def test_both_commands_say_it(folder: Path, run: list[str]) -> None:
    process = Forked(
        get_command(spacy_app), [*run, "config.cfg", "--output", "out", *OPTIONS], folder / "log"
    )
    said = process.wait()
    assert process.returncode == 1, said
    last = said.strip().splitlines()[-1]
    assert last.startswith("Error: ") and "at a learning rate of 1e+30" in last
    assert "Traceback" not in said and "OverflowError" not in said


def test_what_was_saved_before_stays(folder: Path) -> None:
    @registry.schedules("test_explodes.v1")
    def explodes() -> Iterator[float]:
        yield from (1e-3, 1e-3, 1e-3, 1e-3)
        yield from repeat(RATE)

    config = load_config("config.cfg")
    config["nlp"]["pipeline"] = ["encoder", "ner"]
    config["training"].update(eval_frequency=2, dropout=0.0)
    config["training"]["optimizer"] = {
        "@optimizers": "spacy-bertfam.AdamW.v1",
        "learn_rate": {"@schedules": "test_explodes.v1"},
    }
    training = Training(init_nlp(config), folder / "out")
    with np.errstate(all="ignore"), pytest.raises(UserError, match=HIGH):
        training.run()
    for name in ("model-best", "model-last"):
        nlp = spacy.load(folder / "out" / name)
        assert is_finite(nlp) and nlp.meta["performance"]["ner_loss"] > 0


def test_a_loss_of_a_component_of_spacy_is_looked_at_too(folder: Path) -> None:
    @Language.factory("test_diverges")
    def make(nlp: Language, name: str) -> "Diverges":
        return Diverges()

    config = load_config("config.cfg")
    config["nlp"]["pipeline"] = ["encoder", "ner", "odd"]
    config["components"]["odd"] = {"factory": "test_diverges"}
    with pytest.raises(UserError, match=r"before anything was learned: the loss of the component 'odd'"):
        Training(init_nlp(config), folder / "out").run()


class Diverges:
    """A component whose loss is no number."""

    def __call__(self, doc: Doc) -> Doc:
        return doc

    def update(self, examples: list[Example], *, losses: dict[str, float], **options: Any) -> None:
        losses["odd"] = math.nan


def test_a_high_rate_that_leaves_numbers_finite_goes_on(folder: Path) -> None:
    config = load_config("config.cfg")
    config["training"]["optimizer"]["learn_rate"] = 0.3
    assert Training(init_nlp(config), folder / "out").run()
