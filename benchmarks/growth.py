"""Time and peak memory of `nlp.pipe` as texts grow: many short ones, and one long one."""

import gc
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from benchmarks.chart import Series, line_chart
from benchmarks.child import run_module
from benchmarks.machine import peak_memory, reset_peak, resident_memory
from benchmarks.tables import Row

SHAPES = ("short", "long")
NAMES = {"short": "single sentences", "long": "one text"}


def growth_rows(trained: Path, sizes: Sequence[int], *, n_threads: int) -> list[Row]:
    """One row for each number of words and shape, each from a process of its own."""
    found = []
    for shape in SHAPES:
        for n_words in sizes:
            figures = run_module("benchmarks.growth", trained, shape, n_words, n_threads)
            found.append({"texts": NAMES[shape], **figures})
            typer.echo(f"{shape} {n_words}: {figures}", err=True)
    return found


def charts(rows: Sequence[Row]) -> dict[str, str]:
    """RETURNS (dict[str, str]): the SVG of time and that of memory, by the end of the file's name."""

    def lines(column: str) -> Series:
        return {
            name: [(row["words"], max(row[column], 0.1)) for row in rows if row["texts"] == name]
            for name in NAMES.values()
        }

    return {
        "time": line_chart("Time of nlp.pipe", lines("seconds"), x_label="words", y_label="seconds"),
        "memory": line_chart(
            "Peak memory over that of the loaded pipeline", lines("peak MB"), x_label="words", y_label="MB"
        ),
    }


def measure(trained: Path, shape: str, n_words: int) -> dict[str, Any]:
    """Run the pipeline over so many words. RETURNS (Dict): words, seconds, and the megabytes that came on top."""
    import spacy

    from benchmarks.texts import long_text, sentences

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


def main(trained: Path, shape: str, n_words: int, n_threads: int) -> None:
    """Print the figures of one run as JSON."""
    import torch

    torch.set_num_threads(n_threads)
    typer.echo(json.dumps(measure(trained, shape, n_words)))


if __name__ == "__main__":
    typer.run(main)
