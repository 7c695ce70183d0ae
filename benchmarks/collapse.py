"""A learning rate that is too high: what it does to a plain loop, to ours, and to ours as `bertfam check` advises."""

from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Callable, Dict, Iterable, List, Sequence

import typer
from spacy.tokens import Doc
from thinc.api import fix_random_seed

from benchmarks.corpus import convert_parts, limit_docs, read_docs
from benchmarks.plain_loop import PlainTagger, Recipe, shuffled_batches
from benchmarks.plain_loop import train as train_plain
from benchmarks.scores import score_rows
from benchmarks.tables import Row, report
from benchmarks.train_speed import make_pipeline, training_step
from spacy_bertfam.checks.encoders import read_facts
from spacy_bertfam.checks.rates import good_rate

# Docs -> the same with the entities found
Predict = Callable[[Sequence[Doc]], List[Doc]]
Trainer = Callable[[Sequence[Doc], Path, Recipe, str], Predict]
COLLAPSED = 0.5  # of the best F1 of the same seed: below it a training has gone wrong


def plain(docs: Sequence[Doc], encoder: Path, recipe: Recipe, lang: str) -> Predict:
    """Train the plain loop: warm-up, linear decay and clipping are those of the recipe."""
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    tagger = PlainTagger.from_encoder(encoder, labels, seed=recipe.seed)
    train_plain(tagger, docs, recipe)
    return tagger.predict


def ours(docs: Sequence[Doc], encoder: Path, recipe: Recipe, lang: str) -> Predict:
    """Train the project's own config as spaCy's loop does."""
    fix_random_seed(recipe.seed)
    nlp, optimizer = make_pipeline(docs, encoder, recipe, lang)
    step = training_step(nlp, optimizer)
    for batch in shuffled_batches(docs, recipe):
        step(batch)
    return lambda gold: list(nlp.pipe(doc.text for doc in gold))


def compare(
    systems: Dict[str, Callable[[int], Predict]], seeds: Iterable[int], dev: Sequence[Doc]
) -> List[Row]:
    """F1 of each system and seed.

    systems (Dict[str, Callable]): name -> a function that trains with a seed.
    """
    rows: List[Row] = []
    for seed in seeds:
        for name, train in systems.items():
            found = score_rows(train(seed)(dev), dev)[0]["F"]
            rows.append({"system": name, "seed": seed, "F1": found})
            print(f"seed {seed}: {name} {found:.3f}", flush=True)
    return rows


def summarise(rows: Sequence[Row]) -> List[Row]:
    """Mean, lowest and highest F1 of each system, and how many of its trainings collapsed."""
    best = {seed: max(row["F1"] for row in rows if row["seed"] == seed) for seed in {r["seed"] for r in rows}}
    summary: List[Row] = []
    for name in dict.fromkeys(row["system"] for row in rows):
        own = [row for row in rows if row["system"] == name]
        scores = [row["F1"] for row in own]
        n_collapsed = sum(row["F1"] < COLLAPSED * best[row["seed"]] for row in own)
        summary.append(
            {
                "system": name,
                "F1": float(mean(scores)),
                "lowest": min(scores),
                "highest": max(scores),
                "collapsed": f"{n_collapsed} of {len(own)}",
            }
        )
    return summary


def advised_rate(encoder: Path) -> float:
    """RETURNS (float): the rate that `bertfam check` calls safe for an encoder."""
    facts = read_facts("encoder", encoder, {})
    return good_rate(facts.width, facts.n_layers)


def main_cli(
    corpus: Path = typer.Argument(..., help="Folder with train.jsonl and dev.jsonl"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(..., help="Folder for corpora and figures"),
    lang: str = typer.Option("fr", help="Language of spaCy's tokeniser"),
    learn_rate: float = typer.Option(4e-4, help="The rate that is too high"),
    seeds: str = typer.Option("0,1,2"),
    only: str = typer.Option("", help="Systems to run whose name begins so, as ours; all of them by default"),
    epochs: int = typer.Option(1),
    batch_size: int = typer.Option(16, help="Sentences a step"),
    limit: int = typer.Option(1600, help="Sentences of train"),
    dev_limit: int = typer.Option(300, help="Sentences of dev"),
) -> None:
    """Train with a rate that is too high, and with the one that `bertfam check` advises."""
    units = convert_parts(
        {part: corpus / f"{part}.jsonl" for part in ("train", "dev")}, output, lang=lang, unit="sentence"
    )
    train = read_docs(limit_docs(units["train"], limit, lang=lang), lang)
    dev = read_docs(limit_docs(units["dev"], dev_limit, lang=lang), lang)
    recipe = Recipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate)
    advised = advised_rate(encoder)

    def system(trainer: Trainer, rate: float) -> Callable[[int], Predict]:
        return lambda seed: trainer(train, encoder, replace(recipe, learn_rate=rate, seed=seed), lang)

    systems = {
        f"plain loop, {learn_rate:g}": system(plain, learn_rate),
        f"ours, {learn_rate:g}": system(ours, learn_rate),
        f"ours, {advised:g} as check advises": system(ours, advised),
    }
    systems = {name: train for name, train in systems.items() if name.startswith(only)}
    rows = compare(systems, [int(seed) for seed in seeds.split(",")], dev)
    tables = {"F1 over the seeds": summarise(rows), "Each seed": rows}
    settings = {"units": len(train), "dev units": len(dev), **vars(recipe)}
    typer.echo(report("A learning rate that is too high", tables, output / "collapse.json", **settings))


if __name__ == "__main__":
    typer.run(main_cli)
