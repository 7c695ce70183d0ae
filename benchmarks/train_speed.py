"""Training steps of ours and of the plain loop, alternating in one process on the same batches."""

import os
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry
from thinc.api import Optimizer

from benchmarks.ours import make_config
from benchmarks.plain_loop import PlainTagger, Recipe, make_optimizer, shuffled_batches
from benchmarks.tables import Row

Step = Callable[[Sequence[Doc]], object]


def compare_steps(
    docs: Sequence[Doc], encoder: Path, recipe: Recipe, *, lang: str, n_rounds: int = 10, n_steps: int = 4
) -> List[Row]:
    """Words a second of both, by the clock and by processor time, as medians over the rounds.

    Processor time counts all threads; it moves less than the clock on a machine that others use too.
    """
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    steps = {"ours": our_step(docs, encoder, recipe, lang), "plain loop": plain_step(encoder, labels, recipe)}
    n_batches = (n_rounds + 1) * n_steps
    endless = replace(recipe, epochs=1 + n_batches * recipe.batch_size // len(docs))
    batches = list(islice(shuffled_batches(docs, endless), n_batches))
    rates: Dict[str, List[Tuple[float, float]]] = {name: [] for name in steps}
    for first in range(0, len(batches), n_steps):
        n_words = sum(len(doc) for batch in batches[first : first + n_steps] for doc in batch)
        for name, step in steps.items():
            wall, processor = time.perf_counter(), time.process_time()
            for batch in batches[first : first + n_steps]:
                step(batch)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            if first:  # the first round warms up
                rates[name].append((n_words / wall, n_words / processor))
    return speed_rows(rates)


def speed_rows(rates: Dict[str, List[Tuple[float, float]]]) -> List[Row]:
    """Medians of (words a second, words a processor second), and the ratio of each to the last system's."""
    base = list(rates.values())[-1]
    rows: List[Row] = []
    for name, pairs in rates.items():
        ratios = [(a / c, b / d) for (a, b), (c, d) in zip(pairs, base, strict=True)]
        rows.append(
            {
                "system": name,
                "words a second": median(a for a, _ in pairs),
                "ratio": float(median(a for a, _ in ratios)),
                "words a processor second": median(b for _, b in pairs),
                "ratio of these": float(median(b for _, b in ratios)),
            }
        )
    return rows


def plain_step(encoder: Path, labels: Sequence[str], recipe: Recipe) -> Step:
    """RETURNS (Callable): takes a batch of Docs through one step of the plain loop."""
    tagger = PlainTagger.from_encoder(encoder, labels, seed=recipe.seed)
    optimizer = make_optimizer(tagger, recipe)
    return lambda batch: tagger.step(batch, optimizer, recipe.grad_clip)


def our_step(docs: Sequence[Doc], encoder: Path, recipe: Recipe, lang: str) -> Step:
    """RETURNS (Callable): takes a batch of Docs through one step, as `spacy train` does it."""
    return training_step(*make_pipeline(docs, encoder, recipe, lang))


def training_step(nlp: Language, optimizer: Optimizer) -> Step:
    """RETURNS (Callable): takes a batch of annotated Docs through one step of a pipeline."""

    def step(batch: Sequence[Doc]) -> None:
        examples = [Example(nlp.make_doc(doc.text), doc) for doc in batch]
        # spacy/training/loop.py: gradients of the whole batch first, then every pipe's weights
        nlp.update(examples, drop=0.1, sgd=False)  # type: ignore[arg-type]
        for _, pipe in nlp.pipeline:
            if hasattr(pipe, "finish_update"):
                pipe.finish_update(optimizer)
        optimizer.step_schedules()

    return step


def make_pipeline(
    docs: Sequence[Doc], encoder: Path, recipe: Recipe, lang: str
) -> Tuple[Language, Optimizer]:
    """The pipeline of the project's config, initialised on the Docs, and its optimiser."""
    nowhere = Path(os.devnull)
    corpus = {"train": nowhere, "dev": nowhere}
    config = make_config(corpus, encoder, recipe, lang=lang, n_units=len(docs), timing=nowhere)
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    sample = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: sample)
    optimizer = nlp.config.interpolate()["training"]["optimizer"]
    return nlp, registry.resolve({"optimizer": optimizer})["optimizer"]
