"""The yardstick of answers: `AutoModelForQuestionAnswering` fine-tuned by the recipe of transformers' `run_qa` in a
plain loop: features with a stride, one cross-entropy for starts and one for ends, the best of twenty starts and ends.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import typer
from spacy.tokens import Doc
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from benchmarks.corpus import read_docs
from benchmarks.machine import peak_memory
from benchmarks.plain_loop import Recipe, train
from benchmarks.tables import write_json
from spacy_bertfam.data.pairs import first_length

N_BEST, MAX_PIECES = 20, 30  # starts and ends that are tried, and pieces of an answer: those of `run_qa`
ANSWERS = "answers"


@dataclass(frozen=True)
class AnswerRecipe(Recipe):
    """What else both sides share; the batch is one of questions."""

    bf16: bool = False  # training under torch's autocast
    window: int = 384  # word pieces, special ones among them
    stride: int = 128


class Asked(NamedTuple):
    """A question with its text."""

    question: str
    text: str
    gold: list[tuple[int, int]]  # characters of the text


def asked(pair: Doc) -> Asked:
    """RETURNS (Asked): what a Doc of `bertfam convert-qa` holds."""
    question, text = pair[: first_length(pair)], pair[first_length(pair) :]
    spans = pair.spans[ANSWERS]
    gold = [(span.start_char - text.start_char, span.end_char - text.start_char) for span in spans]
    return Asked(question.text, text.text, gold)


@dataclass
class PlainReader:
    """A network that scores starts and ends of pieces."""

    network: Any
    tokenizer: Any
    recipe: AnswerRecipe
    seconds: float = field(default=0.0, init=False)  # spent in training steps, by the clock
    processor_seconds: float = field(default=0.0, init=False)  # the same of all threads

    @classmethod
    def from_folder(cls, folder: Path, recipe: AnswerRecipe, n_layers: int | None = None) -> "PlainReader":
        """One that ``save`` has written, or a new layer for answers on an encoder's lowest layers."""
        torch.manual_seed(recipe.seed)
        layers = {} if n_layers is None else {"num_hidden_layers": n_layers}
        network = AutoModelForQuestionAnswering.from_pretrained(folder, torch_dtype=torch.float32, **layers)
        return cls(network, AutoTokenizer.from_pretrained(folder), recipe)

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder."""
        self.network.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def features(self, pairs: Sequence[Asked]) -> tuple[Any, list[int]]:
        """RETURNS (tuple): windows over the texts, each with its question, padded; the pair of each window."""
        batch = self.tokenizer(
            [pair.question for pair in pairs],
            [pair.text for pair in pairs],
            truncation="only_second",
            max_length=self.recipe.window,
            stride=self.recipe.stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        return batch, batch.pop("overflow_to_sample_mapping").tolist()

    def step(self, docs: Sequence[Doc], optimizer: torch.optim.Optimizer, clip: float) -> float:
        """One training step. RETURNS (float): the loss."""
        start, processor = time.perf_counter(), time.process_time()
        self.network.train()
        pairs = list(map(asked, docs))
        batch, rows = self.features(pairs)
        offsets = batch.pop("offset_mapping").numpy()
        places = [
            gold_pieces(offsets[i], batch.sequence_ids(i), pairs[row].gold) for i, row in enumerate(rows)
        ]
        starts, ends = torch.tensor(places).T
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bf16):
            loss = self.network(**batch, start_positions=starts, end_positions=ends).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()
        self.seconds += time.perf_counter() - start
        self.processor_seconds += time.process_time() - processor
        return float(loss.detach())

    def answers(self, docs: Sequence[Doc], *, batch_size: int = 16) -> list[str]:
        """RETURNS (list[str]): the best answer to each question."""
        self.network.eval()
        pairs = list(map(asked, docs))
        best = [(-np.inf, "")] * len(pairs)
        order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i].text))
        for first in range(0, len(order), batch_size):
            part = order[first : first + batch_size]
            batch, rows = self.features([pairs[i] for i in part])
            offsets = batch.pop("offset_mapping").numpy()
            with torch.inference_mode():
                scores = self.network(**batch)
            for i, row in enumerate(rows):
                text, logits = pairs[part[row]].text, (scores.start_logits[i], scores.end_logits[i])
                for score, start, end in n_best(*logits, offsets[i], batch.sequence_ids(i)):
                    best[part[row]] = max(best[part[row]], (score, text[start:end]))
        return [text for _, text in best]


def gold_pieces(
    offsets: Any, sequence_ids: Sequence[Any], gold: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """RETURNS (tuple[int, int]): first and last piece of the first answer; 0, the special piece, where a window
    does not have the whole of it."""
    pieces = [i for i, which in enumerate(sequence_ids) if which == 1]
    for start, end in gold[:1]:
        if offsets[pieces[0]][0] <= start and end <= offsets[pieces[-1]][1]:
            return max(i for i in pieces if offsets[i][0] <= start), min(
                i for i in pieces if offsets[i][1] >= end
            )
    return 0, 0


def n_best(
    starts: Any, ends: Any, offsets: Any, sequence_ids: Sequence[Any]
) -> Iterator[tuple[float, int, int]]:
    """YIELDS (tuple[float, int, int]): score and characters of each answer that the best starts and ends make."""
    first, last = (scores.argsort(descending=True)[:N_BEST].tolist() for scores in (starts, ends))
    for i in first:
        for j in last:
            if i <= j < i + MAX_PIECES and sequence_ids[i] == sequence_ids[j] == 1:
                yield float(starts[i] + ends[j]), int(offsets[i][0]), int(offsets[j][1])


def main(
    train_path: Path = typer.Argument(..., metavar="TRAIN.spacy"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder"),
    output: Path = typer.Argument(..., help="Folder for the network"),
    lang: str = typer.Option("fr"),
    epochs: int = typer.Option(2),
    batch_size: int = typer.Option(12, help="Questions a step"),
    learn_rate: float = typer.Option(1e-4),
    seed: int = typer.Option(0),
    bf16: bool = typer.Option(False, "--bf16"),
    n_layers: int | None = typer.Option(None),
) -> None:
    """Fine-tune a plain reader; leave it and ``training.json`` (words, seconds, peak memory) in OUTPUT."""
    recipe = AnswerRecipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate, seed=seed, bf16=bf16)
    reader = PlainReader.from_folder(encoder, recipe, n_layers)
    n_words = train(reader, read_docs(train_path, lang), recipe)
    reader.save(output)
    figures = {
        "words": n_words,
        "seconds": reader.seconds,
        "processor_seconds": reader.processor_seconds,
        "peak_mb": peak_memory(),
    }
    write_json(output / "training.json", figures)


if __name__ == "__main__":
    typer.run(main)
