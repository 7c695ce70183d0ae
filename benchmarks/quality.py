"""F1 and training speed of `spacy train` with spacy-bertfam, beside a plain transformers loop."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import spacy
import typer

from benchmarks.child import environment
from benchmarks.corpus import convert_parts, limit_docs, read_docs
from benchmarks.ours import make_config, run_spacy_train
from benchmarks.plain_loop import PlainTagger, Recipe
from benchmarks.scores import score_rows, side_by_side
from benchmarks.tables import Row, report
from benchmarks.train_speed import compare_steps


def train_ours(
    corpus: Dict[str, Path], encoder: Path, recipe: Recipe, output: Path, **options: Any
) -> Dict[str, Any]:
    """Train by `spacy train`, unless that is done. RETURNS (Dict): what the step timer found."""
    timing = output / "training.json"
    if not timing.is_file():
        docs = read_docs(corpus["train"], options["lang"])
        config = make_config(corpus, encoder, recipe, n_units=len(docs), timing=timing, **options)
        run_spacy_train(config, output, output.with_suffix(".log"))
    figures = json.loads(timing.read_text(encoding="utf8"))
    return {"seconds": figures["steps"] * figures["seconds_a_step"], "peak_mb": figures["peak_mb"]}


def train_plain(
    corpus: Dict[str, Path], encoder: Path, recipe: Recipe, output: Path, *, lang: str
) -> Dict[str, Any]:
    """Train by the plain loop in a process of its own, unless that is done. RETURNS (Dict): its figures."""
    figures = output / "training.json"
    if not figures.is_file():
        command: List[Any] = [sys.executable, "-m", "benchmarks.plain_loop", corpus["train"], encoder, output]
        command += ["--lang", lang]
        command += ["--epochs", recipe.epochs, "--batch-size", recipe.batch_size]
        command += ["--learn-rate", recipe.learn_rate, "--seed", recipe.seed]
        output.mkdir(parents=True, exist_ok=True)
        with output.with_suffix(".log").open("w", encoding="utf8") as stream:
            subprocess.run(
                [str(c) for c in command],
                check=True,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment(),
            )
    return json.loads(figures.read_text(encoding="utf8"))


def training_row(system: str, n_words: int, *, seconds: float, peak_mb: float, **rest: Any) -> Row:
    """RETURNS (Row): speed and memory of one training, evaluations not counted."""
    return {
        "system": system,
        "words a second": n_words / seconds,
        "minutes": seconds / 60,
        "peak MB": peak_mb,
    }


def evaluate(
    ours: Path, plain: Path, units: Dict[str, Path], docs: Dict[str, Path], *, lang: str
) -> List[Row]:
    """P, R and F1 on the training's kind of unit, and ours on whole documents as well."""
    nlp = spacy.load(ours)
    tagger = PlainTagger.from_folder(plain)
    rows: List[Row] = []
    for part in ("dev", "test"):
        gold = read_docs(units[part], lang)
        found = list(nlp.pipe(doc.text for doc in gold))
        rows += score_rows(found, gold, part=part, system="ours")
        rows += score_rows(tagger.predict(gold), gold, part=part, system="plain loop")
        gold = read_docs(docs[part], lang)
        found = list(nlp.pipe(doc.text for doc in gold))
        rows += score_rows(found, gold, part=part, system="ours, whole documents")
    return rows


def main(
    parts: Dict[str, Path],
    encoder: Path,
    output: Path,
    recipe: Recipe,
    *,
    lang: str,
    unit: str,
    limit: Optional[int] = None,
    n_rounds: int = 10,
) -> str:
    """Run what has not run yet. RETURNS (str): the tables as Markdown."""
    units = convert_parts(parts, output / "corpus", lang=lang, unit=unit)
    docs = convert_parts(parts, output / "corpus", lang=lang, unit="doc")
    units["train"] = limit_docs(units["train"], limit, lang=lang)
    figures = {
        "ours": train_ours(units, encoder, recipe, output / "ours", lang=lang),
        "plain loop": train_plain(units, encoder, recipe, output / "plain", lang=lang),
    }
    train_docs = read_docs(units["train"], lang)
    n_words = sum(map(len, train_docs)) * recipe.epochs
    training = [training_row(name, n_words, **found) for name, found in figures.items()]
    rows = evaluate(output / "ours" / "model-last", output / "plain", units, docs, lang=lang)
    tables = {
        "F1 side by side": side_by_side(rows, "system"),
        "Training, one after the other": training,
        "Training, alternating": compare_steps(train_docs, encoder, recipe, lang=lang, n_rounds=n_rounds),
        "Precision, recall, F1": rows,
    }
    settings = {
        **vars(recipe),
        "unit": unit,
        "units": len(train_docs),
        "words an epoch": n_words // recipe.epochs,
    }
    return report("Quality and training speed", tables, output / "quality.json", **settings)


def main_cli(
    corpus: Path = typer.Argument(..., help="Folder with train.jsonl, dev.jsonl and test.jsonl"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(
        ..., help="Folder for corpora, models and figures; what is there is used again"
    ),
    lang: str = typer.Option("fr", help="Language of spaCy's tokeniser"),
    unit: str = typer.Option("sentence", help="What both are trained on: sentence or paragraph"),
    epochs: int = typer.Option(3),
    batch_size: int = typer.Option(16, help="Units a step"),
    learn_rate: float = typer.Option(1e-4),
    seed: int = typer.Option(0),
    limit: Optional[int] = typer.Option(None, help="Only the first units of the training part"),
    n_rounds: int = typer.Option(10, help="Rounds of the alternating comparison of training speed"),
) -> None:
    """Train the same encoder on the same data by `spacy train` and by a plain loop, and compare."""
    parts = {name: corpus / f"{name}.jsonl" for name in ("train", "dev", "test")}
    missing = [str(path) for path in [*parts.values(), encoder] if not path.exists()]
    if missing:
        typer.echo(
            f"Error: not found: {', '.join(missing)}; expected a corpus of three files and an encoder.",
            err=True,
        )
        raise typer.Exit(1)
    recipe = Recipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate, seed=seed)
    typer.echo(main(parts, encoder, output, recipe, lang=lang, unit=unit, limit=limit, n_rounds=n_rounds))


if __name__ == "__main__":
    typer.run(main_cli)
