"""Time and peak memory of `nlp.pipe` as texts grow: many short ones, and one long one."""

import gc
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import typer

from benchmarks.child import call_apart
from benchmarks.machine import peak_memory, reset_peak, resident_memory
from benchmarks.tables import Row

NAMES = {"short": "single sentences", "long": "one text"}


def growth_rows(trained: Path, sizes: Sequence[int]) -> list[Row]:
    """One row for each number of words and shape, each from a process of its own."""
    found = []
    for shape, name in NAMES.items():
        for n_words in sizes:
            figures = call_apart("benchmarks.growth", trained, shape, n_words, torch.get_num_threads())
            found.append({"texts": name, **figures})
            typer.echo(f"{shape} {n_words}: {figures}", err=True)
    return found


def measure(trained: str, shape: str, n_words: int, n_threads: int) -> dict[str, Any]:
    """Run the pipeline over so many words. RETURNS (dict): words, seconds, and the megabytes that came on top."""
    import spacy

    from benchmarks.texts import long_text, sentences

    torch.set_num_threads(n_threads)
    nlp = spacy.load(trained)
    list(nlp.pipe(sentences(2000, seed=1)))
    nlp.max_length = 20 * n_words + 1000
    texts: Any = sentences(n_words) if shape == "short" else iter([long_text(n_words)])
    gc.collect()
    before = resident_memory()
    reset_peak()
    start, processor = time.perf_counter(), time.process_time()
    n_tokens = sum(len(doc) for doc in nlp.pipe(texts))
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    return {
        "words": n_tokens,
        "seconds": seconds,
        "words a second": n_tokens / seconds,
        "processor seconds": processor,
        "peak MB": peak_memory() - before,
    }
