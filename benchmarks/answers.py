"""Answers to questions: `spacy train` with `bertfam_qa` beside the recipe of transformers' `run_qa` in a plain loop."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import spacy
import typer
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Config

from benchmarks.corpus import find_parts, read_docs
from benchmarks.ours import with_recipe
from benchmarks.plain_answers import ANSWERS, AnswerRecipe, PlainReader, asked
from benchmarks.quality import format_range, training_row
from benchmarks.speed import alternate
from benchmarks.tables import Row, report
from benchmarks.trained import Task, Trained, train_plain, train_spacy
from spacy_bertfam.evaluation.answers import make_qa_scorer

CONFIG = Path(__file__).parent.parent / "configs" / "fr_qa.cfg"
PLAIN = "run_qa in a plain loop"


def make_answer_config(
    corpus: dict[str, Path], encoder: Path, recipe: AnswerRecipe, *, n_layers: int | None, **options: Any
) -> Config:
    """The project's config for answers with everything of the recipe in it."""
    config = with_recipe(CONFIG, corpus, encoder, recipe, **options)
    config["components"]["qa"]["model"]["tok2vec"].update(
        n_layers=n_layers,
        mixed_precision="bf16" if recipe.bf16 else "none",
        window=recipe.window - 2,  # without the special pieces
        overlap=recipe.stride,
    )
    return config


def train_ours(task: Task, output: Path) -> Trained:
    """`spacy train`, unless that is done."""
    trained = train_spacy(make_answer_config, task, output, n_layers=task.n_layers)
    return replace(trained, predict=partial(ask_ours, output / "model-last"))


def train_reader(task: Task, output: Path) -> Trained:
    """The plain loop in a process of its own, unless that is done."""
    more = [] if task.n_layers is None else ["--n-layers", task.n_layers]
    more += ["--bf16"] if task.recipe.bf16 else []
    trained = train_plain(task, output, module="benchmarks.plain_answers", more=more)
    return replace(trained, predict=partial(ask_plain, output, task.recipe))


def ask_ours(folder: Path, docs: Sequence[Doc]) -> list[Doc]:
    """RETURNS (list[Doc]): the best answer to each question."""
    pairs = [(pair.question, pair.text) for pair in map(asked, docs)]
    found = spacy.load(folder).get_pipe("qa").ask(pairs)
    return [as_doc(best.text, doc) for [best], doc in zip(found, docs, strict=True)]


def ask_plain(folder: Path, recipe: AnswerRecipe, docs: Sequence[Doc]) -> list[Doc]:
    """The same of the plain reader."""
    found = PlainReader.from_folder(folder, recipe).answers(docs)
    return [as_doc(text, doc) for text, doc in zip(found, docs, strict=True)]


def as_doc(answer: str, like: Doc) -> Doc:
    """RETURNS (Doc): an answer alone, in its own characters, as the scorer finds it."""
    doc = Doc(like.vocab, words=[answer] if answer else [])
    doc.spans[ANSWERS] = [Span(doc, 0, 1)] if answer else []
    return doc


SYSTEMS = {"ours": train_ours, PLAIN: train_reader}


def main(
    parts: dict[str, Path],
    encoder: Path,
    output: Path,
    recipe: AnswerRecipe,
    *,
    lang: str,
    seeds: Sequence[int] = (0,),
    n_layers: int | None = None,
    n_asked: int = 1000,
    n_rounds: int = 1,
) -> str:
    """Train what has not been trained yet, score it, ask it for speed.

    parts (dict[str, Path]): "train" and "dev", as `bertfam convert-qa` writes them.
    n_asked (int): questions of the dev part that are asked for speed, each as often as it takes; 0 for none.
    RETURNS (str): the tables as Markdown.
    """
    gold, train_docs = read_docs(parts["dev"], lang), read_docs(parts["train"], lang)
    trained: dict[str, list[Trained]] = {name: [] for name in SYSTEMS}
    for seed in seeds:
        for name, train in SYSTEMS.items():
            typer.echo(f"seed {seed}: {name}", err=True)
            task = Task(parts, encoder, replace(recipe, seed=seed), lang, n_layers)
            trained[name].append(train(task, output / name.replace(" ", "_") / f"seed{seed}"))
    n_words = sum(map(len, train_docs)) * recipe.epochs
    reference = mean(run.processor_seconds for run in trained[PLAIN])
    tables = {
        "Answers, mean (lowest to highest)": [score_row(name, runs, gold) for name, runs in trained.items()],
        f"Training, beside {PLAIN}": [
            training_row(name, runs, n_words, reference) for name, runs in trained.items()
        ],
    }
    if n_asked:
        pairs = (gold * -(-n_asked // len(gold)))[:n_asked]
        ours, plain = trained["ours"][0].folder / "model-last", trained[PLAIN][0].folder
        tables["Prediction"] = speed_rows(ours, plain, pairs, recipe, n_rounds)
    settings = {
        **vars(recipe),
        "seed": list(seeds),
        "layers": n_layers or "all",
        "questions": len(train_docs),
    }
    return report("Answers", tables, output / "answers.json", **settings, dev=len(gold))


def score_row(system: str, runs: Sequence[Trained], gold: Sequence[Doc]) -> Row:
    """Exact match and F1 of each training, by the package's own scorer."""
    score = make_qa_scorer(ANSWERS)
    found = [score(map(Example, run.predict(gold), gold)) for run in runs]
    names = {"exact match": "qa_em", "F1": "qa_f1"}
    return {"system": system, **{name: format_range([f[key] for f in found]) for name, key in names.items()}}


def speed_rows(
    ours: Path, plain: Path, docs: Sequence[Doc], recipe: AnswerRecipe, n_rounds: int
) -> list[Row]:
    """Seconds for the same questions, each with its text, by `ask` and by `pipeline("question-answering")`."""
    from transformers import pipeline

    qa, pairs = spacy.load(ours).get_pipe("qa"), list(map(asked, docs))
    reader = pipeline("question-answering", model=str(plain))
    lengths = {"max_seq_len": recipe.window, "doc_stride": recipe.stride}

    def ask_pipeline(batch_size: int, pairs: Sequence[Any]) -> Any:
        entries = [{"question": pair.question, "context": pair.text} for pair in pairs]
        return reader(entries, batch_size=batch_size, **lengths)

    systems: dict[str, Any] = {"ours": lambda pairs: qa.ask((pair.question, pair.text) for pair in pairs)}
    for size in (1, 16):
        systems[f'pipeline("question-answering"), batches of {size}'] = partial(ask_pipeline, size)
    times = alternate(systems, pairs, n_rounds=n_rounds)  # type: ignore[arg-type]
    return [
        {
            "system": name,
            "questions": len(pairs),
            "seconds": mean(wall for wall, _ in rounds),
            "processor seconds": mean(processor for _, processor in rounds),
        }
        for name, rounds in times.items()
    ]


def main_cli(
    corpus: Path = typer.Argument(..., help="Folder with train.spacy and dev.spacy of `bertfam convert-qa`"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(..., help="Folder for models and figures; what is there is used again"),
    lang: str = typer.Option("fr", help="Language of spaCy's tokenizer"),
    seeds: str = typer.Option("0", help="As 0,1,2"),
    epochs: int = typer.Option(2),
    batch_size: int = typer.Option(12, help="Questions a step"),
    learn_rate: float = typer.Option(1e-4),
    bf16: bool = typer.Option(False, "--bf16", help="Train under torch's autocast, both"),
    n_layers: int | None = typer.Option(None, min=1, help="Only the lowest layers of the encoder, both"),
    n_asked: int = typer.Option(1000, help="Questions that are asked for speed; 0 for none"),
) -> None:
    """Train the same encoder to answer the same questions, ours and a plain loop, and compare."""
    recipe = AnswerRecipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate, bf16=bf16)
    parts, numbers = find_parts(corpus, ["train", "dev"]), [int(seed) for seed in seeds.split(",")]
    options: dict[str, Any] = {"lang": lang, "seeds": numbers, "n_layers": n_layers, "n_asked": n_asked}
    typer.echo(main(parts, encoder, output, recipe, **options))


if __name__ == "__main__":
    typer.run(main_cli)
