"""Answers to questions: `spacy train` with `bertfam_qa` beside the recipe of transformers' `run_qa` in a plain loop."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import spacy
import typer
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Config

from benchmarks.corpus import find_parts, read_docs
from benchmarks.machine import peak_memory, reset_peak
from benchmarks.ours import with_recipe
from benchmarks.plain_answers import AnswerRecipe, PlainReader, asked
from benchmarks.plain_loop import train
from benchmarks.quality import format_range, training_row
from benchmarks.speed import alternate
from benchmarks.tables import Row, report, write_json
from benchmarks.trained import Task, Trained, train_spacy
from spacy_bertfam.evaluation.answers import make_qa_scorer

CONFIG = Path(__file__).parent.parent / "configs" / "fr_qa.cfg"
PLAIN = "run_qa in a plain loop"


def make_answer_config(*arguments: Any, n_layers: int | None, **options: Any) -> Config:
    """The project's config for answers with everything of the recipe in it; arguments as those of ``with_recipe``."""
    config, recipe = with_recipe(CONFIG, *arguments, **options), arguments[2]
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

    def answers(docs: Sequence[Doc]) -> list[Doc]:
        found = spacy.load(output / "model-last").get_pipe("qa").ask(asked(doc)[:2] for doc in docs)
        return [as_doc(best.text, doc) for [best], doc in zip(found, docs, strict=True)]

    return replace(trained, predict=answers)


def train_reader(task: Task, output: Path) -> Trained:
    """The plain loop, unless that is done."""
    recipe: Any = task.recipe
    layers = {} if task.n_layers is None else {"num_hidden_layers": task.n_layers}
    if not (output / "training.json").is_file():
        reset_peak()
        reader: Any = PlainReader.from_folder(task.encoder, recipe, **layers)
        train(reader, read_docs(task.corpus["train"], task.lang), recipe)
        for part in (reader.network, reader.tokenizer):
            part.save_pretrained(output)
        write_json(output / "training.json", [reader.seconds, reader.processor_seconds, peak_memory()])

    def answers(docs: Sequence[Doc]) -> list[Doc]:
        return list(map(as_doc, PlainReader.from_folder(output, recipe).answers(docs), docs))

    return Trained(output, answers, *json.loads((output / "training.json").read_text(encoding="utf8")))


def as_doc(answer: str, like: Doc) -> Doc:
    """RETURNS (Doc): an answer alone, in its own characters, as the scorer finds it."""
    doc = Doc(like.vocab, words=[answer] if answer else [])
    doc.spans["answers"] = [Span(doc, 0, 1)] if answer else []
    return doc


SYSTEMS = {"ours": train_ours, PLAIN: train_reader}


def main(
    questions: Annotated[
        Path, typer.Argument(help="Folder with train.spacy and dev.spacy of `bertfam convert-qa`")
    ],
    encoder: Annotated[Path, typer.Argument(help="Hugging Face folder of the encoder")],
    output: Annotated[
        Path, typer.Argument(help="Folder for models and figures; what is there is used again")
    ],
    lang: str = "fr",
    seeds: str = "0,1,2",
    epochs: int = 2,
    batch_size: Annotated[int, typer.Option(help="Questions a step")] = 8,
    learn_rate: float = 2e-4,
    bf16: Annotated[bool, typer.Option("--bf16", help="Train under torch's autocast, both")] = False,
    n_layers: Annotated[int | None, typer.Option(help="Only the lowest layers of the encoder, both")] = None,
    n_asked: Annotated[int, typer.Option(help="Questions that are asked for speed; 0 for none")] = 1000,
) -> None:
    """Train the same encoder to answer the same questions, ours and a plain loop, and compare."""
    recipe = AnswerRecipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate, bf16=bf16)
    parts = find_parts(questions, ["train", "dev"])
    gold, train_docs = read_docs(parts["dev"], lang), read_docs(parts["train"], lang)
    trained: dict[str, list[Trained]] = {name: [] for name in SYSTEMS}
    for seed in seeds.split(","):
        task = Task(parts, encoder, replace(recipe, seed=int(seed)), lang, n_layers)
        for name, train_one in SYSTEMS.items():
            trained[name].append(train_one(task, output / name.replace(" ", "_") / f"seed{seed}"))
    n_words = sum(map(len, train_docs)) * epochs
    base = mean(run.processor_seconds for run in trained[PLAIN])
    tables = {
        "Answers, mean (lowest to highest)": [score_row(name, runs, gold) for name, runs in trained.items()],
        f"Training, beside {PLAIN}": [training_row(n, runs, n_words, base) for n, runs in trained.items()],
    }
    if n_asked:
        ours, plain = trained["ours"][0].folder / "model-last", trained[PLAIN][0].folder
        tables["Prediction"] = speed_rows(ours, plain, (gold * -(-n_asked // len(gold)))[:n_asked], recipe)
    settings = {**vars(recipe), "seed": seeds, "layers": n_layers or "all", "questions": len(train_docs)}
    typer.echo(report("Answers", tables, output / "answers.json", **settings, dev=len(gold)))


def score_row(system: str, runs: Sequence[Trained], gold: Sequence[Doc]) -> Row:
    """Exact match and F1 of each training, by the package's own scorer."""
    found = [make_qa_scorer()(map(Example, run.predict(gold), gold)) for run in runs]
    names = {"exact match": "qa_em", "F1": "qa_f1"}
    return {"system": system, **{name: format_range([f[key] for f in found]) for name, key in names.items()}}


def speed_rows(ours: Path, plain: Path, docs: Sequence[Doc], recipe: AnswerRecipe) -> list[Row]:
    """Seconds for the same questions, each with its text, by `ask` and by `pipeline("question-answering")`."""
    from transformers import pipeline

    reader = pipeline("question-answering", model=str(plain))
    lengths = {"max_seq_len": recipe.window, "doc_stride": recipe.stride}

    def ask_pipeline(pairs: Any) -> Any:
        return reader([{"question": question, "context": text} for question, text in pairs], **lengths)

    systems: dict[str, Any] = {
        "ours": spacy.load(ours).get_pipe("qa").ask,
        "transformers' pipeline": ask_pipeline,
    }
    times = alternate(systems, [asked(doc)[:2] for doc in docs], n_rounds=1)  # type: ignore[misc]
    head = ("seconds", "processor seconds")
    return [
        {"system": name, "questions": len(docs), **dict(zip(head, *rounds, strict=True))}
        for name, rounds in times.items()
    ]


if __name__ == "__main__":
    typer.run(main)
