"""The yardstick of answers: `AutoModelForQuestionAnswering` fine-tuned by the recipe of transformers' `run_qa` in a
plain loop: features with a stride, one cross-entropy for starts and one for ends, the best of twenty starts and ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from spacy.tokens import Doc
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from benchmarks.plain_loop import PlainNetwork, Recipe
from spacy_bertfam.data.pairs import first_length

N_BEST, MAX_PIECES = 20, 30  # starts and ends that are tried, and pieces of an answer: those of `run_qa`
Span = tuple[int, int]


@dataclass(frozen=True)
class AnswerRecipe(Recipe):
    """What else both sides share; a batch is one of questions."""

    bf16: bool = False  # training under torch's autocast
    window: int = 384  # word pieces, special ones among them
    stride: int = 128


def asked(pair: Doc) -> tuple[str, str, list[Span]]:
    """RETURNS (tuple[str, str, list]): question, text, and answers in characters of the text."""
    question, text = pair[: first_length(pair)], pair[first_length(pair) :]
    first = text.start_char
    return (
        question.text,
        text.text,
        [(s.start_char - first, s.end_char - first) for s in pair.spans["answers"]],
    )


@dataclass
class PlainReader(PlainNetwork):
    """A network that scores starts and ends of pieces."""

    recipe: AnswerRecipe

    @classmethod
    def from_folder(cls, folder: Path, recipe: AnswerRecipe, **config: Any) -> "PlainReader":
        """A trained one, or a new layer for answers on an encoder."""
        torch.manual_seed(recipe.seed)
        network = AutoModelForQuestionAnswering.from_pretrained(folder, torch_dtype=torch.float32, **config)
        return cls(network, AutoTokenizer.from_pretrained(folder), recipe)

    def features(self, docs: Sequence[Doc]) -> tuple[Any, list[Any], list[int]]:
        """RETURNS (tuple): the windows, each with its question, padded; of each the characters of its pieces, None
        outside of the text; of each the index of its Doc."""
        questions, texts, _ = zip(*map(asked, docs), strict=True)
        batch = self.tokenizer(
            list(questions),
            list(texts),
            truncation="only_second",
            max_length=self.recipe.window,
            stride=self.recipe.stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        offsets = [
            [
                tuple(pair) if which == 1 else None
                for pair, which in zip(of_one, batch.sequence_ids(i), strict=True)
            ]
            for i, of_one in enumerate(batch.pop("offset_mapping").tolist())
        ]
        return batch, offsets, batch.pop("overflow_to_sample_mapping").tolist()

    def loss(self, docs: Sequence[Doc]) -> torch.Tensor:
        """RETURNS (Tensor): the mean of the cross-entropies of starts and of ends."""
        batch, offsets, rows = self.features(docs)
        gold = [gold_pieces(of_one, asked(docs[i])[2]) for of_one, i in zip(offsets, rows, strict=True)]
        starts, ends = torch.tensor(gold).T
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bf16):
            loss: torch.Tensor = self.network(**batch, start_positions=starts, end_positions=ends).loss
        return loss

    def answers(self, docs: Sequence[Doc], *, batch_size: int = 16) -> list[str]:
        """RETURNS (list[str]): the best answer to each question."""
        self.network.eval()
        best: list[tuple[float, str]] = [(float("-inf"), "")] * len(docs)
        for first in range(0, len(docs), batch_size):
            part = docs[first : first + batch_size]
            batch, offsets, rows = self.features(part)
            with torch.inference_mode():
                scores = self.network(**batch)
            for of_one, row, *logits in zip(
                offsets, rows, scores.start_logits, scores.end_logits, strict=True
            ):
                text = asked(part[row])[1]
                for score, (start, end) in n_best(*logits, of_one):
                    best[first + row] = max(best[first + row], (score, text[start:end]))
        return [text for _, text in best]


def gold_pieces(offsets: Sequence[Any], gold: Sequence[Span]) -> Span:
    """RETURNS (tuple[int, int]): first and last piece of the first answer; 0, the special piece, where a window does
    not have the whole of it."""
    pieces = [i for i, place in enumerate(offsets) if place]
    for start, end in gold[:1]:
        if offsets[pieces[0]][0] <= start and end <= offsets[pieces[-1]][1]:
            return max(i for i in pieces if offsets[i][0] <= start), min(
                i for i in pieces if offsets[i][1] >= end
            )
    return 0, 0


def n_best(starts: torch.Tensor, ends: torch.Tensor, offsets: Sequence[Any]) -> Iterator[tuple[float, Span]]:
    """YIELDS (tuple[float, tuple]): score and characters of each answer that the best starts and ends make."""
    first, last = (scores.argsort(descending=True)[:N_BEST].tolist() for scores in (starts, ends))
    for i in first:
        for j in last:
            if i <= j < i + MAX_PIECES and offsets[i] and offsets[j]:
                yield float(starts[i] + ends[j]), (offsets[i][0], offsets[j][1])
