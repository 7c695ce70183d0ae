"""One pipeline for tags, syntax, lemmas and entities: its scores, and size and speed beside separate ones."""

import json
import time
from pathlib import Path
from statistics import median
from typing import Dict, List, Sequence, Tuple

import spacy
import typer
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.training.converters import conllu_to_docs

from benchmarks.corpus import convert_parts, read_docs
from benchmarks.ours import N_WATCHED
from benchmarks.short_run import ShortRun, short_config, train
from benchmarks.tables import Row, report

HEADS = ("tagger", "morphologizer", "parser", "lemmatizer", "ner")
# What spaCy's scorer calls it, by the name in the table
SCORES = {
    "UPOS": "pos_acc",
    "morphology": "morph_acc",
    "lemma": "lemma_acc",
    "UAS": "dep_uas",
    "LAS": "dep_las",
    "NER F1": "ents_f",
}
N_SENTS = 10


def convert_treebank(source: Path, output: Path) -> Path:
    """CoNLL-U to `.spacy`, ten sentences a Doc and contracted words whole, as `spacy convert` does it."""
    docs = conllu_to_docs(
        source.read_text(encoding="utf8"), n_sents=N_SENTS, merge_subtokens=True, no_print=True
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(output)
    return output


def score(nlp: Language, parts: Sequence[Path]) -> Row:
    """RETURNS (Row): the scores on all Docs of some files; each counts for what it has annotation of."""
    examples = [
        Example(nlp.make_doc(doc.text), doc)
        for path in parts
        for doc in DocBin().from_disk(path).get_docs(nlp.vocab)
    ]
    scores = nlp.evaluate(examples)
    return {name: scores[key] for name, key in SCORES.items()}


def folder_mb(folder: Path) -> float:
    """RETURNS (float): the size of all files in it, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def load_alone(trained: Path, head: str) -> Language:
    """RETURNS (Language): the encoder and one head."""
    return spacy.load(trained, exclude=[name for name in HEADS if name != head])


def seconds_of(systems: Dict[str, List[Language]], texts: List[str], *, n_rounds: int) -> Dict[str, float]:
    """Each system in turn over the texts, all of its pipelines one after the other.

    RETURNS (Dict[str, float]): for each the median of its processor seconds.
    """
    times: Dict[str, List[float]] = {name: [] for name in systems}
    for _ in range(n_rounds):
        for name, pipelines in systems.items():
            start = time.process_time()
            for nlp in pipelines:
                for _ in nlp.pipe(texts):
                    pass
            times[name].append(time.process_time() - start)
    return {name: median(found) for name, found in times.items()}


def cost_rows(trained: Path, work: Path, texts: List[str], *, n_rounds: int) -> List[Row]:
    """Size and speed of the pipeline, and of one pipeline for each of its heads with the same weights."""
    work.mkdir(parents=True, exist_ok=True)
    alone = {head: load_alone(trained, head) for head in HEADS}
    for head, nlp in alone.items():
        nlp.to_disk(work / head)
    sizes = {
        "one pipeline": folder_mb(trained),
        f"{len(HEADS)} pipelines": sum(folder_mb(work / h) for h in HEADS),
    }
    systems: Dict[str, List[Language]] = dict(
        zip(sizes, [[spacy.load(trained)], list(alone.values())], strict=True)
    )
    seconds = seconds_of(systems, texts, n_rounds=n_rounds)
    nlp = spacy.blank("fr")
    n_words = sum(len(nlp.make_doc(text)) for text in texts)
    return [
        {
            "system": name,
            "MB on disk": sizes[name],
            "words a processor second": n_words / seconds[name],
            "times the first": seconds["one pipeline"] / seconds[name],
        }
        for name in systems
    ]


def main(
    treebank: Dict[str, Path],
    entities: Dict[str, Path],
    output: Path,
    run: ShortRun,
    *,
    n_texts: int,
    n_rounds: int,
) -> str:
    """Train unless that is done. RETURNS (str): the tables as Markdown."""
    overrides = {
        "paths.treebank_train": str(treebank["train"]),
        "paths.treebank_dev": str(treebank["test"]),
        "paths.train": str(entities["train"]),
        "paths.dev": str(entities["test"]),
        "corpora.dev.parts.treebank.limit": N_WATCHED // N_SENTS,
        "corpora.dev.parts.entities.limit": N_WATCHED,
        "corpora.train.repeat.treebank": 2,
    }
    config = short_config("fr_full", run, output / "full" / "training.json", **overrides)
    trained = train(config, output / "full")
    nlp = spacy.load(trained)
    timing = json.loads((output / "full" / "training.json").read_text(encoding="utf8"))
    scores = score(nlp, [treebank["test"], entities["test"]])
    texts = [doc.text for doc in read_docs(entities["test"], "fr")[:n_texts]]
    tables = {
        "Scores on test": [{**scores, "seconds a step": timing["seconds_a_step"]}],
        "One pipeline beside one for each head": cost_rows(
            trained, output / "alone", texts, n_rounds=n_rounds
        ),
    }
    settings = {**vars(run), "texts": len(texts), "rounds": n_rounds}
    return report("All of French on one encoder", tables, output / "full.json", **settings)


def find_treebank(folder: Path) -> Tuple[Path, Path]:
    """The file to learn from and the test file: the train part of a UD treebank, its dev part where it has none.

    Raises a FileNotFoundError where one is not there.
    """
    found = {
        part: next(iter(sorted(folder.glob(f"*-ud-{part}.conllu"))), None)
        for part in ("train", "dev", "test")
    }
    learned, test = found["train"] or found["dev"], found["test"]
    if learned is None or test is None:
        raise FileNotFoundError(f"{folder} has no *-ud-train.conllu (or dev) and *-ud-test.conllu")
    return learned, test


def main_cli(
    treebank: Path = typer.Argument(..., help="Folder of a UD treebank"),
    corpus: Path = typer.Argument(..., help="Folder with train.jsonl and test.jsonl of entities"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(
        ..., help="Folder for corpora, models and figures; what is there is used again"
    ),
    steps: int = typer.Option(200),
    words: int = typer.Option(600, help="Words a step"),
    learn_rate: float = typer.Option(1e-4),
    frozen_layers: int = typer.Option(0),
    seed: int = typer.Option(0),
    n_texts: int = typer.Option(200, help="Texts that the speed is measured on"),
    n_rounds: int = typer.Option(3),
) -> None:
    """Train configs/fr_full.cfg, score it, and set its size and speed beside separate pipelines."""
    parts = {name: corpus / f"{name}.jsonl" for name in ("train", "test")}
    try:
        learned, test = find_treebank(treebank)
        missing = [str(path) for path in [*parts.values(), encoder] if not path.exists()]
        if missing:
            raise FileNotFoundError(f"not found: {', '.join(missing)}")
    except FileNotFoundError as error:
        typer.echo(f"Error: {error}; expected a treebank, a corpus and an encoder.", err=True)
        raise typer.Exit(1) from error
    entities = convert_parts(parts, output / "corpus", lang="fr", unit="sentence")
    files = {
        "train": convert_treebank(learned, output / "corpus" / "treebank.train.spacy"),
        "test": convert_treebank(test, output / "corpus" / "treebank.test.spacy"),
    }
    run = ShortRun(encoder, steps, words, learn_rate, frozen_layers, seed)
    typer.echo(main(files, entities, output, run, n_texts=n_texts, n_rounds=n_rounds))


if __name__ == "__main__":
    typer.run(main_cli)
