"""The suites of `python -m benchmarks run`: what each needs, and the tables that it leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import quality
from benchmarks.apart import compare_apart
from benchmarks.chain import chain_rows
from benchmarks.corpus import convert_parts, find_parts, read_docs
from benchmarks.growth import growth_rows
from benchmarks.limit import (
    BARE,
    bare_loop,
    limit_rows,
    load_shim,
    multiplication_rows,
    runtime_name,
    verdict,
)
from benchmarks.loading import load_rows
from benchmarks.parity import parity_rows
from benchmarks.peers import ours
from benchmarks.plain_loop import Recipe
from benchmarks.speed import alternate
from benchmarks.tables import Row, report
from benchmarks.texts import long_text
from benchmarks.untrained import find_or_make

SIZES = (1_000, 10_000, 100_000, 1_000_000)
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Inputs:
    """What the user gave; a suite asks for what it needs. The options of the command say what each is."""

    output: Path
    model: Path | None = None
    corpora: tuple[Path, ...] = ()
    encoder: Path | None = None
    lang: str = "fr"
    n_rounds: int = 5
    n_docs: int | None = None
    unit: str = "doc"
    also: tuple[Path, ...] = ()
    peers: tuple[str, ...] = ()  # none is all
    labels: tuple[str, ...] = ()
    n_labels: int = 7
    max_words: int = SIZES[-1]

    def need(self, name: str) -> Path:
        """RETURNS (Path): what the option gives; of several corpora the first.

        RAISES (ValueError): when it is missing, or not there.
        """
        value = next(iter(self.corpora), None) if name == "corpus" else getattr(self, name)
        if value is None or not value.exists():
            found = "nothing" if value is None else f"{value}, which is not there"
            raise ValueError(f"--{name}: found {found}; expected a {name} for this suite.")
        return value

    def pipeline(self) -> Path:
        """The model, or one that has learned nothing around the encoder."""
        if self.model is not None or self.encoder is None:
            return self.need("model")
        encoder = self.need("encoder")
        folder = self.output / "untrained" / f"{encoder.name}-{self.n_labels}"
        return find_or_make(encoder, folder, lang=self.lang, n_labels=self.n_labels)

    def texts(self) -> list[str]:
        """The documents of the dev part, or drawn words where no corpus is given."""
        if not self.corpora:
            return [long_text(250, seed=seed) for seed in range(self.n_docs or 160)]
        parts = find_parts(self.need("corpus"), ["dev"])
        path = convert_parts(parts, self.output / "corpus", lang=self.lang, unit=self.unit)["dev"]
        return [doc.text for doc in read_docs(path, self.lang)][: self.n_docs]


def run_chain(inputs: Inputs) -> Tables:
    """Words a processor second with the network silenced."""
    rows = chain_rows(inputs.pipeline(), inputs.texts(), n_rounds=inputs.n_rounds)
    return {"Words a processor second": rows}


def run_limit(inputs: Inputs) -> tuple[Tables, dict[str, Any]]:
    """The pipeline beside its bare network."""
    trained, texts = inputs.pipeline(), inputs.texts()
    nlp, shim = load_shim(trained)
    n_words = sum(len(doc) for doc in map(nlp.make_doc, texts))
    systems = {"nlp.pipe": ours(trained), BARE: bare_loop(trained, texts)}
    rows = limit_rows(alternate(systems, texts, n_rounds=inputs.n_rounds), n_words)
    tables = {"Beside the bare network": rows, "Matrix product in float32": multiplication_rows()}
    return tables, {"words": n_words, "share": verdict(rows, runtime_name(shim))}


def run_memory(inputs: Inputs) -> Tables:
    """Time and memory as texts grow."""
    return {"Growth": growth_rows(inputs.pipeline(), [n for n in SIZES if n <= inputs.max_words])}


def run_load(inputs: Inputs) -> Tables:
    """Time and memory of `spacy.load`."""
    return {"Loading": load_rows(inputs.pipeline(), n_rounds=inputs.n_rounds)}


def run_speed(inputs: Inputs) -> tuple[Tables, dict[str, Any]]:
    """Beside other systems, each in an environment of its own."""
    tables, n_words = compare_apart(inputs)
    return tables, {"words": n_words}


def run_quality(inputs: Inputs) -> str:
    """F1 and training speed beside a plain loop."""
    parts = find_parts(inputs.need("corpus"), ("train", "dev", "test"))
    encoder, output = inputs.need("encoder"), inputs.output / "quality"
    return quality.main(parts, encoder, output, Recipe(), lang=inputs.lang, unit="sentence")


def run_parity(inputs: Inputs) -> Tables:
    """Entities beside those of `transformers.pipeline`."""
    model, corpus = inputs.need("model"), inputs.need("corpus")
    return {"Entities": parity_rows(model, corpus / "dev.jsonl", lang=inputs.lang)}


def run_pipelines(inputs: Inputs) -> Tables:
    """Scores, calibration, speed and size of whole pipelines."""
    from benchmarks.beside import pipeline_rows
    from spacy_bertfam.data.labels import parse_map

    inputs.need("corpus")
    return pipeline_rows(
        [inputs.need("model"), *inputs.also], inputs.corpora,
        lang=inputs.lang, labels=parse_map(inputs.labels), n_rounds=inputs.n_rounds,
    )  # fmt: skip


# what a suite returns: its tables, with settings to be told beside them; or the Markdown of what it has left itself
SUITES: dict[str, Callable[[Inputs], Tables | tuple[Tables, dict[str, Any]] | str]] = {
    "chain": run_chain,
    "limit": run_limit,
    "load": run_load,
    "memory": run_memory,
    "speed": run_speed,
    "parity": run_parity,
    "quality": run_quality,
    "pipelines": run_pipelines,
}


def run_suite(name: str, inputs: Inputs) -> str:
    """Run a suite, and write ``NAME.json`` and ``NAME.md``. RETURNS (str): the Markdown."""
    found = SUITES[name](inputs)
    if isinstance(found, str):
        return found
    tables, more = found if isinstance(found, tuple) else (found, {})
    rounds = {} if name in ("memory", "parity") else {"rounds": inputs.n_rounds}  # these measure once
    return report(name.capitalize(), tables, inputs.output / f"{name}.json", **rounds, **more)
