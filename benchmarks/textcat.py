"""Macro F1 of text categories by what stands for a text: the mean of its tokens, their maximum, or [CLS]."""

import json
from pathlib import Path
from typing import Dict, List

import spacy
import typer
from spacy.scorer import Scorer
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from benchmarks.corpus import read_docs
from benchmarks.short_run import ShortRun, short_config, train
from benchmarks.tables import Row, report
from spacy_bertfam.data.cats import convert_cats

CONFIG = "fr_textcat_multilabel"


def cut_texts(path: Path, n_words: int, *, lang: str) -> Path:
    """The first words of each Doc, with its categories, as a file beside it; the file itself for 0."""
    if not n_words:
        return path
    short = path.with_name(f"{path.stem}.words{n_words}.spacy")
    docs = []
    for doc in read_docs(path, lang):
        part = doc[:n_words].as_doc()
        part.cats = dict(doc.cats)
        docs.append(part)
    DocBin(docs=docs).to_disk(short)
    return short


def best_threshold(found: List[Doc], gold: List[Doc]) -> float:
    """RETURNS (float): the threshold, one for all labels, with the best macro F1."""
    thresholds = [n / 20 for n in range(1, 20)]
    return max(thresholds, key=lambda value: macro_f(found, gold, value))


def macro_f(found: List[Doc], gold: List[Doc], threshold: float) -> float:
    """RETURNS (float): the mean over the labels of F1 at a threshold."""
    return cat_scores(found, gold, threshold)["cats_macro_f"]


def cat_scores(found: List[Doc], gold: List[Doc], threshold: float) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): spaCy's own scores for labels that do not exclude each other."""
    examples = [Example(guess, reference) for guess, reference in zip(found, gold, strict=True)]
    labels = sorted(gold[0].cats)
    return Scorer.score_cats(examples, "cats", labels=labels, multi_label=True, threshold=threshold)


def textcat_row(pooling: str, found: List[Doc], gold: List[Doc], *, seconds: float) -> Row:
    """RETURNS (Row): the figures of one pooling. The best threshold is chosen on the data that it is scored on."""
    scores, best = cat_scores(found, gold, 0.5), best_threshold(found, gold)
    return {
        "pooling": pooling,
        "macro F1": scores["cats_macro_f"],
        "micro F1": scores["cats_micro_f"],
        "macro AUC": scores["cats_macro_auc"],
        "best threshold": f"{best:.2f}",
        "macro F1 there": macro_f(found, gold, best),
        "seconds a step": seconds,
    }


def main(parts: Dict[str, Path], output: Path, run: ShortRun, poolings: List[str], *, lang: str) -> str:
    """Train what has not been trained yet. RETURNS (str): the table as Markdown."""
    gold = read_docs(parts["dev"], lang)
    rows: List[Row] = []
    for pooling in poolings:
        folder = output / pooling
        overrides = {
            "paths.train": str(parts["train"]),
            "paths.dev": str(parts["dev"]),
            "nlp.lang": lang,
            "components.textcat.model.pooling": pooling,
            "corpora.dev.limit": 20,
        }
        config = short_config(CONFIG, run, folder / "training.json", **overrides)
        nlp = spacy.load(train(config, folder))
        timing = json.loads((folder / "training.json").read_text(encoding="utf8"))
        found = list(nlp.pipe(doc.text for doc in gold))
        rows.append(textcat_row(pooling, found, gold, seconds=timing["seconds_a_step"]))
    settings = {**vars(run), "train": len(read_docs(parts["train"], lang)), "dev": len(gold)}
    return report("Text categories", {"Scores on dev": rows}, output / "textcat.json", **settings)


def main_cli(
    corpus: Path = typer.Argument(
        ..., help="Folder with train.tsv and dev.tsv, their first lines names of columns"
    ),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(
        ..., help="Folder for corpora, models and figures; what is there is used again"
    ),
    text: str = typer.Option("abstract", help="Column of the text"),
    labels: str = typer.Option("specialities", help="Column of the labels"),
    lang: str = typer.Option("fr"),
    poolings: str = typer.Option("mean,cls", help="Some of mean, max, cls"),
    steps: int = typer.Option(200),
    words: int = typer.Option(600, help="Words a step"),
    max_words: int = typer.Option(0, help="Only so many words of each text; 0 is all"),
    learn_rate: float = typer.Option(1e-4),
    frozen_layers: int = typer.Option(0),
    seed: int = typer.Option(0),
) -> None:
    """Train a text categoriser for several labels with each pooling, and score it on the dev part."""
    sources = {name: corpus / f"{name}.tsv" for name in ("train", "dev")}
    missing = [str(path) for path in [*sources.values(), encoder] if not path.exists()]
    if missing:
        typer.echo(f"Error: not found: {', '.join(missing)}; expected two tables and an encoder.", err=True)
        raise typer.Exit(1)
    parts = {name: output / "corpus" / f"{name}.spacy" for name in sources}
    for name, source in sources.items():
        convert_cats(source, parts[name], lang=lang, text=text, labels=labels)
        parts[name] = cut_texts(parts[name], max_words, lang=lang)
    run = ShortRun(encoder, steps, words, learn_rate, frozen_layers, seed)
    typer.echo(main(parts, output, run, [name.strip() for name in poolings.split(",")], lang=lang))


if __name__ == "__main__":
    typer.run(main_cli)
