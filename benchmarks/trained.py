"""The systems of the quality benchmark: each is trained in a process of its own, and then finds entities."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import Doc

from benchmarks.child import run_logged
from benchmarks.corpus import read_docs
from benchmarks.ours import make_config, make_trf_config, run_spacy_train
from benchmarks.plain_loop import PlainTagger, Recipe
from spacy_bertfam.data.bare import bare_copy

# Docs -> the same words with the entities found
Predict = Callable[[Sequence[Doc]], list[Doc]]


@dataclass(frozen=True)
class Task:
    """What every system learns from, and how."""

    corpus: dict[str, Path]  # "train" and "dev" -> `.spacy` file
    encoder: Path  # a Hugging Face folder
    recipe: Recipe
    lang: str
    n_layers: int | None = None  # of the encoder in ours, the lowest; None is all
    teachers: Sequence[Path] = ()  # pipelines that teach ours beside the annotation


@dataclass(frozen=True)
class Trained:
    """A system after its training."""

    folder: Path
    predict: Predict
    seconds: float  # in training steps, by the clock
    processor_seconds: float  # the same of all threads
    peak_mb: float


def train_ours(task: Task, output: Path, *, head: str = "linear") -> Trained:
    """`spacy train` with the project's own config, unless that is done."""
    options: dict[str, Any] = {"n_layers": task.n_layers, "teachers": task.teachers}
    return train_spacy(make_config, task, output, head=head, **options)


def train_spacy(make: Callable[..., Any], task: Task, output: Path, **options: Any) -> Trained:
    """Run `spacy train` with what ``make`` returns, unless that is done."""
    timing = output / "training.json"
    if not timing.is_file():
        n_units = len(read_docs(task.corpus["train"], task.lang))
        config = make(
            task.corpus, task.encoder, task.recipe, lang=task.lang, n_units=n_units, timing=timing, **options
        )
        run_spacy_train(config, output, output.with_suffix(".log"))
        # "best" on the few watched Docs means nothing, and the weights are large
        shutil.rmtree(output / "model-best", ignore_errors=True)
    found = json.loads(timing.read_text(encoding="utf8"))
    seconds = found["steps"] * found["seconds_a_step"]
    processor = found["steps"] * found["processor_seconds_a_step"]
    return Trained(output, spacy_predict(output / "model-last"), seconds, processor, found["peak_mb"])


def spacy_predict(folder: Path) -> Predict:
    """A pipeline that is loaded whenever it is asked, and let go then; it gets the gold's own words."""

    def predict(docs: Sequence[Doc]) -> list[Doc]:
        nlp = spacy.load(folder)
        return list(nlp.pipe(bare_copy(doc, nlp.vocab) for doc in docs))

    return predict


def train_plain(task: Task, output: Path, *, head_factor: float = 1.0) -> Trained:
    """The plain loop in a process of its own, unless that is done."""
    figures = output / "training.json"
    if not figures.is_file():
        recipe = task.recipe
        command: list[Any] = [sys.executable, "-m", "benchmarks.plain_loop"]
        command += [task.corpus["train"], task.encoder, output, "--lang", task.lang]
        command += ["--epochs", recipe.epochs, "--batch-size", recipe.batch_size]
        command += ["--learn-rate", recipe.learn_rate, "--seed", recipe.seed]
        command += ["--head-factor", head_factor]
        output.mkdir(parents=True, exist_ok=True)
        run_logged(command, output.with_suffix(".log"))
    found = json.loads(figures.read_text(encoding="utf8"))
    return Trained(
        output,
        lambda docs: PlainTagger.from_folder(output).predict(docs),
        found["seconds"],
        found["processor_seconds"],
        found["peak_mb"],
    )


SYSTEMS: dict[str, Callable[[Task, Path], Trained]] = {
    "ours": train_ours,
    "ours CRF": partial(train_ours, head="CRF"),
    "spacy-transformers": partial(train_spacy, make_trf_config),
    "plain loop": train_plain,
    "plain loop x10": partial(train_plain, head_factor=10.0),
}
