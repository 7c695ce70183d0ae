"""The yardstick: `BertForTokenClassification` fine-tuned by a plain loop of transformers and torch."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import typer
from spacy.tokens import Doc, Span
from transformers import AutoModelForTokenClassification, AutoTokenizer

from benchmarks.corpus import read_docs
from benchmarks.machine import peak_memory
from benchmarks.tables import write_json
from spacy_bertfam.data.bare import bare_copy

IGNORED = -100


@dataclass(frozen=True)
class Recipe:
    """How both sides of the comparison are trained."""

    epochs: int = 3
    batch_size: int = 16
    learn_rate: float = 1e-4
    warmup: float = 0.1  # share of the steps; the rest decays linearly to zero
    weight_decay: float = 0.01
    grad_clip: float = 1.0
    seed: int = 0

    def rate(self, step: int, n_steps: int) -> float:
        """RETURNS (float): the learning rate of a step, counted from 0."""
        n_warmup = max(1, int(self.warmup * n_steps))
        if step < n_warmup:
            return self.learn_rate * step / n_warmup
        return self.learn_rate * max(0.0, (n_steps - step) / max(1, n_steps - n_warmup))


@dataclass
class PlainNetwork:
    """A network of transformers that learns step by step."""

    network: Any
    tokenizer: Any
    seconds: float = field(default=0.0, init=False)  # spent in training steps, by the clock
    processor_seconds: float = field(default=0.0, init=False)  # the same of all threads

    def loss(self, docs: Sequence[Doc]) -> torch.Tensor:
        """RETURNS (Tensor): what a step makes smaller."""
        raise NotImplementedError

    def step(self, docs: Sequence[Doc], optimizer: torch.optim.Optimizer, clip: float) -> float:
        """One training step. RETURNS (float): the loss."""
        start, processor = time.perf_counter(), time.process_time()
        self.network.train()
        loss = self.loss(docs)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()
        self.seconds += time.perf_counter() - start
        self.processor_seconds += time.process_time() - processor
        return float(loss.detach())


@dataclass
class PlainTagger(PlainNetwork):
    """A token classifier that scores a word by its first piece, and reads IOB2 tags off the best scores."""

    tags: list[str]

    @classmethod
    def from_encoder(cls, folder: Path, labels: Sequence[str], *, seed: int = 0) -> "PlainTagger":
        """A new classification layer on the encoder in ``folder``."""
        torch.manual_seed(seed)
        tags = ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]
        network = AutoModelForTokenClassification.from_pretrained(
            folder,
            num_labels=len(tags),
            id2label=dict(enumerate(tags)),
            label2id={tag: i for i, tag in enumerate(tags)},
            torch_dtype=torch.float32,
        )
        return cls(network, AutoTokenizer.from_pretrained(folder), tags)

    @classmethod
    def from_folder(cls, folder: Path) -> "PlainTagger":
        """One that ``save`` has written."""
        network = AutoModelForTokenClassification.from_pretrained(folder)
        tags = [network.config.id2label[i] for i in range(network.config.num_labels)]
        return cls(network, AutoTokenizer.from_pretrained(folder), tags)

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder."""
        self.network.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def encode(self, docs: Sequence[Doc]) -> tuple[Any, list[list[int]]]:
        """RETURNS (Tuple): the padded batch; for each Doc the column of each word's first piece, or -1."""
        batch = self.tokenizer(
            [[token.text for token in doc] for doc in docs],
            is_split_into_words=True,
            truncation=True,
            max_length=min(512, self.network.config.max_position_embeddings),
            padding=True,
            return_tensors="pt",
        )
        columns = []
        for i, doc in enumerate(docs):
            firsts = [-1] * len(doc)
            for column, word in enumerate(batch.word_ids(i)):
                if word is not None and firsts[word] < 0:
                    firsts[word] = column
            columns.append(firsts)
        return batch, columns

    def loss(self, docs: Sequence[Doc]) -> torch.Tensor:
        """RETURNS (Tensor): cross-entropy of the tags of first pieces."""
        batch, columns = self.encode(docs)
        logits = self.network(**batch).logits
        gold = self._gold(docs, columns, logits.shape[1])
        return F.cross_entropy(logits.reshape(-1, len(self.tags)), gold.reshape(-1))

    def _gold(self, docs: Sequence[Doc], columns: Sequence[Sequence[int]], width: int) -> torch.Tensor:
        gold = torch.full((len(docs), width), IGNORED)
        tag_to_id = {tag: i for i, tag in enumerate(self.tags)}
        for row, (doc, firsts) in enumerate(zip(docs, columns, strict=True)):
            for token, column in zip(doc, firsts, strict=True):
                if column >= 0 and token.ent_iob_:  # "" is missing annotation
                    name = token.ent_iob_ + ("-" + token.ent_type_ if token.ent_type_ else "")
                    gold[row, column] = tag_to_id[name]
        return gold

    def predict(self, docs: Sequence[Doc], *, batch_size: int = 32) -> list[Doc]:
        """RETURNS (list[Doc]): new Docs of the same words, with the entities found."""
        self.network.eval()
        found: dict[int, Doc] = {}
        order = sorted(range(len(docs)), key=lambda i: -len(docs[i]))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch, columns = self.encode([docs[i] for i in rows])
            with torch.inference_mode():
                best = self.network(**batch).logits.argmax(-1).tolist()
            for i, ids, firsts in zip(rows, best, columns, strict=True):
                tags = [self.tags[ids[column]] if column >= 0 else "O" for column in firsts]
                found[i] = with_entities(docs[i], tags)
        return [found[i] for i in range(len(docs))]


def with_entities(doc: Doc, tags: Sequence[str]) -> Doc:
    """A copy of the words, entities read as `conlleval` does: an I- that continues nothing begins one."""
    copy = bare_copy(doc, doc.vocab)
    spans: list[list[Any]] = []
    for i, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if prefix == "I" and spans and spans[-1][1] == i and spans[-1][2] == label:
            spans[-1][1] = i + 1
        elif prefix in ("B", "I"):
            spans.append([i, i + 1, label])
    copy.ents = [Span(copy, start, end, label=label) for start, end, label in spans]
    return copy


def make_optimizer(tagger: PlainTagger, recipe: Recipe, head_factor: float = 1.0) -> torch.optim.Optimizer:
    """AdamW, with no decay on biases and layer norms (vectors).

    head_factor (float): how many times as fast as the encoder the classification layer learns.
    """
    parts: dict[tuple[bool, bool], list[Any]] = {}
    for name, weight in tagger.network.named_parameters():
        parts.setdefault((name.startswith("classifier."), weight.ndim > 1), []).append(weight)
    groups = [
        {
            "params": weights,
            "weight_decay": recipe.weight_decay if is_matrix else 0.0,
            "factor": head_factor if is_head else 1.0,
        }
        for (is_head, is_matrix), weights in parts.items()
    ]
    return torch.optim.AdamW(groups, lr=recipe.learn_rate, fused=True)


def shuffled_batches(docs: Sequence[Doc], recipe: Recipe) -> Iterator[list[Doc]]:
    """All Docs in a new order for each epoch."""
    rng = random.Random(recipe.seed)
    for _ in range(recipe.epochs):
        order = list(docs)
        rng.shuffle(order)
        for start in range(0, len(order), recipe.batch_size):
            yield order[start : start + recipe.batch_size]


def train(tagger: PlainTagger, docs: Sequence[Doc], recipe: Recipe, head_factor: float = 1.0) -> int:
    """Fine-tune in place. RETURNS (int): the words seen."""
    n_steps = recipe.epochs * -(-len(docs) // recipe.batch_size)
    optimizer = make_optimizer(tagger, recipe, head_factor)
    n_words = 0
    for step, batch in enumerate(shuffled_batches(docs, recipe)):
        for group in optimizer.param_groups:
            group["lr"] = group["factor"] * recipe.rate(step, n_steps)
        loss = tagger.step(batch, optimizer, recipe.grad_clip)
        n_words += sum(map(len, batch))
        if step % 50 == 0:
            print(f"step {step}/{n_steps} loss {loss:.4f} words/s {n_words / tagger.seconds:.0f}", flush=True)
    return n_words


def main(
    train_path: Path = typer.Argument(..., metavar="TRAIN.spacy"),
    encoder: Path = typer.Argument(..., help="Hugging Face folder"),
    output: Path = typer.Argument(..., help="Folder for the network"),
    lang: str = typer.Option("fr"),
    epochs: int = typer.Option(3),
    batch_size: int = typer.Option(16, help="Units a step"),
    learn_rate: float = typer.Option(1e-4),
    seed: int = typer.Option(0),
    head_factor: float = typer.Option(1.0, help="Times the learning rate, of the classification layer"),
) -> None:
    """Fine-tune a plain token classifier; leave it and ``training.json`` (words, seconds, peak memory) in OUTPUT."""
    recipe = Recipe(epochs=epochs, batch_size=batch_size, learn_rate=learn_rate, seed=seed)
    docs = read_docs(train_path, lang)
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    tagger = PlainTagger.from_encoder(encoder, labels, seed=recipe.seed)
    n_words = train(tagger, docs, recipe, head_factor)
    tagger.save(output)
    figures = {
        "words": n_words,
        "seconds": tagger.seconds,
        "processor_seconds": tagger.processor_seconds,
        "peak_mb": peak_memory(),
    }
    write_json(output / "training.json", figures)


if __name__ == "__main__":
    typer.run(main)
