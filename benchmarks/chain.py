"""All but the network: words a processor second of tokenizer, encoder path, head, decoder and cleaner."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import numpy as np
import spacy
import torch
from spacy.language import Language

from benchmarks.tables import Row
from spacy_bertfam.encoder.model import encoder_shim

SPREAD = 0.1  # of the head's weights: tags differ from token to token
OUTSIDE_BIAS = 6.0  # in favor of O: of 29 tags about one entity for each fourteen words, as in Wikinews


def silence(nlp: Language) -> None:
    """Replace the network by canned vectors, and the head's weights by random ones.

    No number is computed for a vector: each call hands out a view of the same random rows, so that the
    decoder finds entities as it would.
    """
    network: Any = encoder_shim(nlp.get_pipe("encoder").model).loaded.network  # type: ignore[attr-defined]
    width = network.config.hidden_size
    canned = torch.randn((16384, width), generator=torch.Generator().manual_seed(0))

    def forward(input_ids: torch.Tensor, attention_mask: torch.Tensor, **options: Any) -> SimpleNamespace:
        n, length = input_ids.shape
        return SimpleNamespace(last_hidden_state=canned[: n * length].view(n, length, width))

    network.forward = forward
    head = nlp.get_pipe("ner").model.get_ref("output_layer")  # type: ignore[attr-defined]
    weights = np.random.default_rng(0).normal(size=head.get_param("W").shape) * SPREAD * (384 / width) ** 0.5
    head.set_param("W", weights.astype("float32"))
    bias = np.zeros_like(head.get_param("b"))
    # the highest of many normal scores grows by the root of the logarithm of their number
    bias[0] = OUTSIDE_BIAS * max(1.0, np.sqrt(np.log(len(bias)) / np.log(29)))
    head.set_param("b", bias)


def steps(nlp: Language, texts: Sequence[str]) -> dict[str, Callable[[list[Any]], Any]]:
    """What is measured, each on the Docs that the tokenizer makes of ``texts``."""
    names = ("encoder", "ner", "cleaner")
    found: dict[str, Callable[[list[Any]], Any]] = {
        "spaCy's tokenizer": lambda docs: [nlp.make_doc(text) for text in texts]
    }
    for name in names:  # in the order of the pipeline: each finds what the one before left
        pipe: Any = nlp.get_pipe(name)
        found[f"bertfam_{name}"] = (
            (lambda docs, pipe=pipe: list(pipe.pipe(docs, batch_size=nlp.batch_size)))
            if hasattr(pipe, "pipe")
            else (lambda docs, pipe=pipe: [pipe(doc) for doc in docs])
        )
    found["nlp.pipe of Docs"] = lambda docs: list(nlp.pipe(docs))
    found["nlp.pipe of texts"] = lambda docs: list(nlp.pipe(texts))
    return found


def chain_rows(trained: Path, texts: Sequence[str], *, n_rounds: int = 5) -> list[Row]:
    """Words a processor second of each step, the best of the rounds, and the median; one thread."""
    torch.set_num_threads(1)
    nlp = spacy.load(trained)
    silence(nlp)
    docs = list(nlp.pipe(texts))
    n_words, n_ents = sum(map(len, docs)), sum(len(doc.ents) for doc in docs)
    seconds: dict[str, list[float]] = {}
    for _ in range(n_rounds):
        fresh = [nlp.make_doc(text) for text in texts]
        for name, step in steps(nlp, texts).items():
            docs = [nlp.make_doc(text) for text in texts] if name.startswith("nlp.pipe") else fresh
            start = time.process_time()
            step(docs)
            seconds.setdefault(name, []).append(max(time.process_time() - start, 1e-6))
    return [
        {
            "step": name,
            "words a processor second": n_words / min(times),
            "median": n_words / median(times),
            "words": n_words,
            "entities": n_ents,
        }
        for name, times in seconds.items()
    ]
