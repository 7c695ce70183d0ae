"""Cells that the network computes, counted: what windows, padding and calls cost on any machine."""

import random
from itertools import product
from pathlib import Path
from typing import List, Sequence

import typer
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.batchers import configure_minibatch_by_words

from benchmarks.corpus import convert_parts, read_docs
from benchmarks.speed import require
from benchmarks.tables import Row, report
from benchmarks.windows import parse_pairs
from spacy_bertfam.encoder.batch import PieceBatch, WindowSize
from spacy_bertfam.encoder.chunking import CALL_COST_CPU, CALL_COST_GPU, Calls
from spacy_bertfam.encoder.tokenizer import PieceTokenizer
from spacy_bertfam.training.batch_by_pieces import build_batch_by_pieces


def count_cells(
    docs: Sequence[Doc],
    tokenizer: PieceTokenizer,
    size: WindowSize,
    *,
    batch_size: int,
    max_cells: int,
    call_cost: int,
) -> Row:
    """RETURNS (Row): pieces in windows, padded cells and calls of the network, over all batches."""
    n_pieces, n_cells, n_calls = 0, 0, 0
    for start in range(0, len(docs), batch_size):
        batch = PieceBatch.from_docs(docs[start : start + batch_size], tokenizer, size)
        for chunk in batch.chunks(tokenizer, max_cells, calls=Calls(call_cost)):
            n_pieces += int(chunk.lengths.sum())
            n_cells += chunk.ids.size
            n_calls += 1
    weight = n_cells + CALL_COST_CPU * n_calls
    return {"pieces": n_pieces, "cells": n_cells, "calls": n_calls, "cells and calls": weight}


def training_rows(docs: Sequence[Doc], tokenizer: PieceTokenizer, *, batch_size: int) -> List[Row]:
    """One row for each weight of a call, on shuffled batches as in training."""
    shuffled = list(docs)
    random.Random(0).shuffle(shuffled)
    settings = {"batch_size": batch_size, "max_cells": 4096}
    return [
        {"call cost": n, **count_cells(shuffled, tokenizer, WindowSize(254, 64), call_cost=n, **settings)}
        for n in (CALL_COST_GPU, 256, 128, CALL_COST_CPU, 16, 0)
    ]


def batcher_rows(docs: Sequence[Doc], tokenizer: PieceTokenizer, encoder: Path, *, n_words: int) -> List[Row]:
    """What a round through the data costs by spaCy's batches of words and by batches of as many pieces on average:
    steps, cells and calls as above, and the padded pieces of the largest step, which its memory follows."""
    random.seed(0)
    n_pieces_of = {id(doc): len(pieces) for doc, pieces in zip(docs, tokenizer.cut(docs), strict=True)}
    n_pieces = n_words * sum(n_pieces_of.values()) // sum(map(len, docs))
    shuffled = [Example(doc, doc) for doc in docs]
    random.shuffle(shuffled)
    batchers = {
        f"spacy.batch_by_words.v1, {n_words}": configure_minibatch_by_words(
            size=n_words, tolerance=0.2, discard_oversize=False
        ),
        f"spacy-bertfam.batch_by_pieces.v1, {n_pieces}": build_batch_by_pieces(
            n_pieces, encoder=str(encoder)
        ),
    }
    rows = []
    for name, batcher in batchers.items():
        steps = [[eg.reference for eg in batch] for batch in batcher(shuffled)]
        counts = [
            count_cells(
                step,
                tokenizer,
                WindowSize(254, 32),
                batch_size=len(step),
                max_cells=4096,
                call_cost=CALL_COST_CPU,
            )
            for step in steps
        ]
        totals = {key: sum(int(count[key]) for count in counts) for key in counts[0]}
        padded = [max(n_pieces_of[id(doc)] for doc in step) * len(step) for step in steps]
        rows.append({"batcher": name, "steps": len(steps), **totals, "largest step, padded": max(padded)})
    return rows


def main_cli(
    corpus: Path = typer.Argument(..., help="Folder with train.jsonl and dev.jsonl"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder of the encoder"),
    output: Path = typer.Argument(..., help="Folder for the figures"),
    pairs: str = typer.Option("510/128,510/0,254/64,254/32,254/0,126/32,126/0", help="WINDOW/OVERLAP,..."),
    lang: str = typer.Option("fr"),
) -> None:
    """Count the cells of training on batches of 16 sentences, and of prediction on documents."""
    require(encoder / "tokenizer.json", corpus / "train.jsonl", corpus / "dev.jsonl")
    tokenizer = PieceTokenizer.from_folder(encoder)
    sentences = convert_parts({"train": corpus / "train.jsonl"}, output, lang=lang, unit="sentence")["train"]
    docs = read_docs(convert_parts({"dev": corpus / "dev.jsonl"}, output, lang=lang, unit="doc")["dev"], lang)
    prediction = [
        {
            "window/overlap": f"{size[0]}/{size[1]}",
            "max_batch_pieces": max_cells,
            **count_cells(
                docs,
                tokenizer,
                WindowSize(*size),
                batch_size=64,
                max_cells=max_cells,
                call_cost=CALL_COST_CPU,
            ),
        }
        for size, max_cells in product(parse_pairs(pairs), (1024, 4096))
    ]
    learned = read_docs(sentences, lang)
    training = training_rows(learned, tokenizer, batch_size=16)
    batchers = batcher_rows(learned, tokenizer, encoder, n_words=600)
    tables = {
        "Training, batches of 16 sentences": training,
        "Training, by batcher": batchers,
        "Prediction, batches of 64 documents": prediction,
    }
    typer.echo(report("Cells", tables, output / "padding.json"))


if __name__ == "__main__":
    typer.run(main_cli)
