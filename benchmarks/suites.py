"""The suites of `python -m benchmarks run`: what each needs, and the tables and charts that it leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import quality
from benchmarks.apart import compare_apart
from benchmarks.chain import chain_rows
from benchmarks.corpus import convert_parts, find_parts, read_docs
from benchmarks.growth import charts, growth_rows
from benchmarks.limit import bare_loop, limit_rows, load_shim, multiplication_rows, runtime_name, verdict
from benchmarks.loading import load_rows
from benchmarks.parity import parity_rows
from benchmarks.peers import ours
from benchmarks.plain_loop import Recipe
from benchmarks.speed import alternate
from benchmarks.tables import Row, report
from benchmarks.texts import long_text
from benchmarks.untrained import find_or_make


@dataclass(frozen=True)
class Inputs:
    """What the user gave; a suite asks for what it needs."""

    output: Path
    model: Path | None = None  # a pipeline with "encoder" and "ner"
    corpus: Path | None = None  # a folder with train.jsonl, dev.jsonl, test.jsonl
    encoder: Path | None = None  # a Hugging Face folder
    lang: str = "fr"
    n_rounds: int = 5
    sizes: tuple = (1_000, 10_000, 100_000, 1_000_000)
    n_docs: int | None = None  # of the corpus' dev part; None is all
    unit: str = "doc"  # of the suites that read the corpus for speed
    also: tuple = ()  # the same pipeline made for other runtimes: folders
    peers: tuple = ()  # the other systems of the suite speed; none is all
    corpora: tuple = ()  # of the suite pipelines
    labels: tuple = ()  # of the suite pipelines, OLD=NEW
    n_labels: int = 7  # of the pipeline that has learned nothing

    def need(self, *names: str) -> None:
        """Raises a ValueError that names the options which a suite lacks, or the paths that are not there."""
        for name in names:
            value = getattr(self, name)
            if value is None or not value.exists():
                found = "nothing" if value is None else f"{value}, which is not there"
                raise ValueError(f"--{name}: found {found}; expected a {name} for this suite.")

    def pipeline(self) -> Path:
        """The model, or one that has learned nothing around the encoder."""
        if self.model is not None or self.encoder is None:
            self.need("model")
            return self.model or Path()
        self.need("encoder")
        folder = self.output / "untrained" / f"{self.encoder.name}-{self.n_labels}"
        return find_or_make(self.encoder, folder, lang=self.lang, n_labels=self.n_labels)

    def texts(self) -> list[str]:
        """The documents of the dev part, or drawn words where no corpus is given."""
        if self.corpus is None:
            return [long_text(250, seed=seed) for seed in range(self.n_docs or 160)]
        self.need("corpus")
        parts = find_parts(self.corpus, ["dev"])  # type: ignore[arg-type]
        path = convert_parts(parts, self.output / "corpus", lang=self.lang, unit=self.unit)["dev"]
        return [doc.text for doc in read_docs(path, self.lang)][: self.n_docs]


def run_chain(inputs: Inputs) -> str:
    """Words a processor second with the network silenced."""
    rows = chain_rows(inputs.pipeline(), inputs.texts(), n_rounds=inputs.n_rounds)
    return leave(inputs, "chain", {"Words a processor second": rows}, {})


def run_limit(inputs: Inputs) -> str:
    """The pipeline beside its bare network."""
    trained, texts = inputs.pipeline(), inputs.texts()
    nlp, shim = load_shim(trained)
    n_words = sum(len(doc) for doc in map(nlp.make_doc, texts))
    systems = {"nlp.pipe": ours(trained), "bare network": bare_loop(trained, texts)}
    rows = limit_rows(alternate(systems, texts, n_rounds=inputs.n_rounds), n_words)
    share = verdict(rows, runtime_name(shim))
    products = multiplication_rows()
    tables = {"Beside the bare network": rows, "Matrix product in float32": products}
    return leave(inputs, "limit", tables, {}, words=n_words, rounds=inputs.n_rounds, share=share)


def run_memory(inputs: Inputs) -> str:
    """Time and memory as texts grow."""
    rows = growth_rows(inputs.pipeline(), inputs.sizes, n_threads=torch.get_num_threads())
    return leave(inputs, "memory", {"Growth": rows}, charts(rows))


def run_load(inputs: Inputs) -> str:
    """Time and memory of `spacy.load`."""
    rows = load_rows(inputs.pipeline(), n_rounds=inputs.n_rounds)
    return leave(inputs, "load", {"Loading": rows}, {})


def run_speed(inputs: Inputs) -> str:
    """Beside other systems, each in an environment of its own."""
    inputs.need("model", "corpus")
    tables, n_words = compare_apart(inputs)
    return leave(inputs, "speed", tables, {}, words=n_words, rounds=inputs.n_rounds)


def run_quality(inputs: Inputs) -> str:
    """F1 and training speed beside a plain loop."""
    inputs.need("corpus", "encoder")
    parts = find_parts(inputs.corpus, ("train", "dev", "test"))  # type: ignore[arg-type]
    output = inputs.output / "quality"
    return quality.main(parts, inputs.encoder, output, Recipe(), lang=inputs.lang, unit="sentence")  # type: ignore[arg-type]


def run_parity(inputs: Inputs) -> str:
    """Entities beside those of `transformers.pipeline`."""
    inputs.need("model", "corpus")
    rows = parity_rows(inputs.model, [inputs.corpus / "dev.jsonl"], lang=inputs.lang)  # type: ignore[arg-type,operator]
    return leave(inputs, "parity", {"Entities": rows}, {})


def run_pipelines(inputs: Inputs) -> str:
    """Scores, calibration, speed and size of whole pipelines."""
    from benchmarks.beside import pipeline_rows
    from spacy_bertfam.data.labels import parse_map

    if not inputs.corpora:
        inputs.need("corpus")
    inputs.need("model")
    scores, speed = pipeline_rows(
        [inputs.model, *inputs.also],  # type: ignore[list-item]
        inputs.corpora,
        lang=inputs.lang,
        labels=parse_map(inputs.labels),
        n_rounds=inputs.n_rounds,
    )
    return leave(inputs, "pipelines", {"Scores": scores, "Speed and size": speed}, {})


SUITES: dict[str, Callable[[Inputs], str]] = {
    "chain": run_chain,
    "limit": run_limit,
    "load": run_load,
    "memory": run_memory,
    "speed": run_speed,
    "parity": run_parity,
    "quality": run_quality,
    "pipelines": run_pipelines,
}


def leave(
    inputs: Inputs, name: str, tables: dict[str, list[Row]], charts: dict[str, str], **more: Any
) -> str:
    """Write ``NAME.json``, ``NAME.md`` and ``NAME[-PART].svg``. RETURNS (str): the Markdown."""
    text = report(name.capitalize(), tables, inputs.output / f"{name}.json", **more)
    for part, svg in charts.items():
        place = inputs.output / (f"{name}-{part}.svg" if part else f"{name}.svg")
        place.write_text(svg, encoding="utf8")
    return text
