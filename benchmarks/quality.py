"""F1 and training speed of `spacy train` with spacy-bertfam, beside spacy-transformers and a plain loop."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

import typer
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example

from benchmarks.corpus import convert_parts, draw_docs, find_parts, read_docs
from benchmarks.plain_loop import Recipe
from benchmarks.tables import Row, report
from benchmarks.trained import SYSTEMS, Task, Trained

WHOLE = "whole documents"


def training_row(system: str, trained: Sequence[Trained], n_words: int, reference: float) -> Row:
    """Speed and memory of one system's trainings, evaluations not counted.

    n_words (int): that one training has seen.
    reference (float): processor seconds of the system that the ratio is to.
    """
    processor = mean(t.processor_seconds for t in trained)
    return {
        "system": system,
        "words a second": n_words / mean(t.seconds for t in trained),
        "words a processor second": n_words / processor,
        "faster by": reference / processor,
        "peak MB": float(mean(t.peak_mb for t in trained)),
    }


def train_all(
    task: Task, output: Path, systems: Sequence[str], seeds: Sequence[int]
) -> dict[str, list[Trained]]:
    """Train what has not been trained yet, all systems with one seed before the next seed."""
    found: dict[str, list[Trained]] = {name: [] for name in systems}
    for seed in seeds:
        for name in systems:
            typer.echo(f"seed {seed}: {name}", err=True)
            place = output / name.replace(" ", "_") / f"seed{seed}"
            found[name].append(SYSTEMS[name](replace(task, recipe=replace(task.recipe, seed=seed)), place))
    return found


def evaluate(
    trained: dict[str, list[Trained]], units: dict[str, Path], docs: dict[str, Path], *, lang: str
) -> list[Row]:
    """P, R and F1 of each training on the kind of unit that was learned from, and on whole documents.

    units (Dict): part -> its `.spacy` file.
    docs (Dict): the same as documents, for which a plain loop is too short; only ours and spaCy's read them.
    """
    rows: list[Row] = []
    for name, runs in trained.items():
        for run in runs:
            for part, path in units.items():
                gold = read_docs(path, lang)
                rows += score_rows(run.predict(gold), gold, part=part, system=name, run=run.folder.name)
            for part, path in () if name.startswith("plain loop") else docs.items():
                gold = read_docs(path, lang)
                found = run.predict(gold)
                rows += score_rows(found, gold, part=f"{part}, {WHOLE}", system=name, run=run.folder.name)
            typer.echo(f"{name}, {run.folder.name}: scored", err=True)
    return rows


def main(
    parts: dict[str, Path],
    encoder: Path,
    output: Path,
    recipe: Recipe,
    *,
    lang: str,
    unit: str,
    systems: Sequence[str] = ("ours", "plain loop"),
    seeds: Sequence[int] = (0,),
    limit: int | None = None,
    dev_limit: int | None = None,
    whole: bool = False,
    n_layers: int | None = None,
    teachers: Sequence[Path] = (),
) -> str:
    """Run what has not run yet.

    parts (dict[str, Path]): "train" and the parts to score, as ``find_parts`` returns them.
    RETURNS (str): the tables as Markdown.
    """
    units = convert_parts(parts, output / "corpus", lang=lang, unit=unit)
    docs = convert_parts(parts, output / "corpus", lang=lang, unit="doc") if whole else {}
    units["train"] = draw_docs(units["train"], limit, lang=lang)
    docs.pop("train", None)
    scored = {name: draw_docs(units[name], dev_limit, lang=lang) for name in units if name != "train"}
    corpus = {"train": units["train"], "dev": next(iter(scored.values()))}
    trained = train_all(Task(corpus, encoder, recipe, lang, n_layers, teachers), output, systems, seeds)
    train_docs = read_docs(units["train"], lang)
    n_words = sum(map(len, train_docs)) * recipe.epochs
    base = "spacy-transformers" if "spacy-transformers" in trained else list(trained)[-1]
    reference = mean(t.processor_seconds for t in trained[base])
    rows = evaluate(trained, scored, docs, lang=lang)
    tables = {
        "F1, mean (lowest to highest)": spread(rows, "system", over="run"),
        f"Training, beside {base}": [
            training_row(name, runs, n_words, reference) for name, runs in trained.items()
        ],
        "Precision, recall, F1": rows,
    }
    settings = {
        **vars(recipe),
        "seed": list(seeds),
        "layers": "all" if n_layers is None else n_layers,
        "teachers": [path.as_posix() for path in teachers],
        "unit": unit,
        "units": len(train_docs),
        "words an epoch": n_words // recipe.epochs,
        **{f"{name} units": len(read_docs(path, lang)) for name, path in scored.items()},
    }
    return report("Quality and training speed", tables, output / "quality.json", **settings)


def main_cli(
    corpus: Path = typer.Argument(
        ...,
        help="Folder with train.jsonl, dev.jsonl and test.jsonl; .iob, .spacy or a folder of .spacy do too",
    ),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(
        ..., help="Folder for corpora, models and figures; what is there is used again"
    ),
    lang: str = typer.Option("fr", help="Language of spaCy's tokenizer"),
    unit: str = typer.Option("sentence", help="What all are trained on: sentence or paragraph"),
    systems: str = typer.Option("ours,plain loop", help=f"Some of {', '.join(SYSTEMS)}"),
    seeds: str = typer.Option("0", help="As 0,1,2"),
    scored: str = typer.Option("dev,test", help="Parts that are scored"),
    epochs: int = typer.Option(3),
    batch_size: int = typer.Option(16, help="Units a step"),
    learn_rate: float = typer.Option(1e-4),
    limit: int | None = typer.Option(None, help="Only so many units of the training part, drawn at random"),
    dev_limit: int | None = typer.Option(None, help="Only so many units of each scored part"),
    n_layers: int | None = typer.Option(
        None, min=1, help="Ours: only so many layers of the encoder, the lowest; beside all of the others"
    ),
    teacher: list[Path] = typer.Option(
        [], help="Ours: a trained pipeline that teaches beside the annotation; may be given several times"
    ),
    whole: bool = typer.Option(False, "--whole", help="Score whole documents too"),
) -> None:
    """Train the same encoder on the same data with several systems and seeds, and compare."""
    names = [name.strip() for name in systems.split(",")]
    try:
        unknown = [name for name in names if name not in SYSTEMS]
        if unknown:
            raise ValueError(f"--systems: found {', '.join(unknown)}; expected some of {', '.join(SYSTEMS)}.")
        if not encoder.exists():
            raise ValueError(f"{encoder}: not found; expected a Hugging Face folder.")
        parts = find_parts(corpus, ["train", *(part.strip() for part in scored.split(","))])
        numbers = [int(seed) for seed in seeds.split(",")]
    except ValueError as err:
        typer.echo(f"Error: {err}", err=True)
        raise typer.Exit(1) from None
    recipe = Recipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate)
    text = main(
        parts,
        encoder,
        output,
        recipe,
        lang=lang,
        unit=unit,
        systems=names,
        seeds=numbers,
        limit=limit,
        dev_limit=dev_limit,
        whole=whole,
        n_layers=n_layers,
        teachers=teacher,
    )
    typer.echo(text)


def score_rows(predicted: Sequence[Doc], gold: Sequence[Doc], **columns: str) -> list[Row]:
    """One row for all labels together, then one for each.

    columns (str): stand in front of every row, as system="ours".
    """
    examples = [Example(guess, reference) for guess, reference in zip(predicted, gold, strict=True)]
    scores = get_ner_prf(examples)
    by_label = scores["ents_per_type"] or {}
    parts = {"all": {k: scores[f"ents_{k}"] or 0.0 for k in "prf"}, **dict(sorted(by_label.items()))}
    return [
        {**columns, "label": label, **{k.upper(): part[k] for k in "prf"}} for label, part in parts.items()
    ]


def spread(rows: Sequence[Row], key: str, *, over: str) -> list[Row]:
    """F1 of each value of the column ``key`` beside each other, as mean and range over the column ``over``.

    The other columns make the rows.
    """
    found: dict[tuple, dict[str, list[float]]] = {}
    for row in rows:
        rest = tuple((k, v) for k, v in row.items() if k not in (key, over, "P", "R", "F"))
        found.setdefault(rest, {}).setdefault(row[key], []).append(row["F"])
    names = list(dict.fromkeys(row[key] for row in rows))
    return [
        {**dict(rest), **{name: format_range(scores[name]) if name in scores else "" for name in names}}
        for rest, scores in found.items()
    ]


def format_range(scores: Sequence[float]) -> str:
    """RETURNS (str): the mean, and the lowest and the highest where there are several."""
    if len(scores) == 1:
        return f"{scores[0]:.3f}"
    return f"{mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})"


if __name__ == "__main__":
    typer.run(main_cli)
