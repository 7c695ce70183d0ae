"""The training of a masked language model: steps, evaluations, the best weights on disk."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from math import exp, inf, isfinite
from pathlib import Path
from timeit import default_timer as timer
from typing import Any

import numpy as np
import torch
from thinc.api import warmup_linear
from tqdm import tqdm

from ...encoder.pieces.batch import PieceBatch
from ...encoder.runtimes.torch_runtime import torch_calls
from ...errors import UserError, lower_than
from ..adamw import AdamW
from ..stopping import Stop
from .keeping import Keeper
from .masking import Masked, mask_words
from .network import MaskedLanguageModel
from .new_head import begin_with_frequencies
from .new_pooler import begin_apart
from .pairs import PairBatch, PairTexts
from .texts import WindowTexts

Texts = WindowTexts | PairTexts
MAX_EXPONENT = 700  # of e, as far as a float reaches
HEAD_LR_FACTOR = 10.0  # as in the optimizer of pipelines
# Of the next sentence beside hidden words, whose gradient is two to three times as long: E5-small told 64.0% of pairs
# right after 300 steps, and 58.4% with 1.0, as BERT has it; the perplexity of hidden words was 165 and 122
NEXT_SENTENCE_WEIGHT = 4.0


@dataclass(frozen=True)
class Recipe:
    """How it learns."""

    max_steps: int
    batch_pieces: int = 4096  # of a step, special pieces counted
    learn_rate: float = 5e-5
    warmup: float = 0.06  # share of the steps in which the rate rises; then it falls to 0
    weight_decay: float = 0.01
    mask_rate: float = 0.15
    eval_frequency: int = 100
    bf16: bool = False  # autocast to bfloat16
    seed: int = 0


@dataclass(frozen=True)
class Score:
    """Guesses on texts that are not learned from, always the same pieces hidden."""

    step: int
    loss: float  # mean cross-entropy of a masked piece, in nats
    accuracy: float  # share of them that is guessed
    train_loss: float | None  # of the steps since the last one
    seconds: float
    next_loss: float | None = None  # of pairs: mean cross-entropy of whether the second part follows, in nats
    next_accuracy: float | None = None  # share of them that is guessed; half of them do

    @property
    def total(self) -> float:
        """What is trained, and what the best weights have least of."""
        return self.loss + NEXT_SENTENCE_WEIGHT * (self.next_loss or 0.0)

    @property
    def perplexity(self) -> float:
        """Among how many equally likely pieces the guess is, so to say."""
        return exp(self.loss) if self.loss < MAX_EXPONENT else inf


def pretrain(
    model: MaskedLanguageModel,
    train: Texts,
    dev: Texts,
    recipe: Recipe,
    out: Path,
    *,
    stop: Stop | None = None,
    report: Callable[[Score], None] = lambda score: None,
    progress: bool = False,
) -> list[Score]:
    """Train ``model`` in place; of the weights at the evaluations those with the lowest loss on ``dev`` are written to
    ``out``, which is replaced, if it is there, only by better ones than the model came with.

    stop (Stop | None): asked between two steps whether to end.
    report (Callable[[Score], None]): called after each evaluation.
    RETURNS (list[Score]): all evaluations, the first one before anything was learned.
    RAISES (UserError): when the loss is no number any more. RAISES (WriteError): at the end, when ``out`` could not be
        written; the weights are elsewhere then, and it says where.
    """
    torch.manual_seed(recipe.seed)
    if model.new_weights:
        _begin(model, train, recipe)
    rng = np.random.default_rng(recipe.seed)
    stop = stop or Stop()
    optimizers = optimizers_of(model, recipe)
    began, losses = timer(), []
    scores = [evaluate(model, dev, recipe, step=0)]
    report(scores[0])
    to_beat, keeper = scores[0].total if out.exists() else inf, Keeper(model.save, out)
    bar = tqdm(total=recipe.max_steps, desc="pretrain", unit="step", disable=None if progress else True)
    for step, batch in enumerate(_batches(train, model, recipe, rng), 1):
        losses.append(_update(model, batch, optimizers, recipe, rng))
        bar.update()
        is_last = step == recipe.max_steps or stop.is_asked_for
        if step % recipe.eval_frequency == 0 or is_last:
            score = evaluate(model, dev, recipe, step=step, train_loss=float(np.mean(losses)), began=began)
            if score.total < to_beat and keeper.keep():
                to_beat = score.total
            scores.append(score)
            losses.clear()
            with bar.external_write_mode():
                report(score)
        if is_last:
            break
    bar.close()
    keeper.require_in_place()
    return scores


def optimizers_of(model: MaskedLanguageModel, recipe: Recipe) -> list[tuple[AdamW, torch.nn.Module]]:
    """RETURNS (list[tuple[AdamW, Module]]): one for the weights that have learned before, one for those of a new head,
    which learn faster."""
    parameters = dict(model.network.named_parameters())
    new = [parameters.pop(name) for name in model.new_weights if name in parameters]
    groups = [(1.0, list(parameters.values())), (HEAD_LR_FACTOR, new)]
    optimizers = []
    for factor, group in groups:
        n_warmup = max(1, int(recipe.warmup * recipe.max_steps))
        rates = warmup_linear(factor * recipe.learn_rate, n_warmup, recipe.max_steps + 1)
        optimizer = AdamW(rates, L2=recipe.weight_decay)
        optimizer.step_schedules()  # type: ignore[no-untyped-call]  # its first rate is 0
        optimizers.append((optimizer, torch.nn.ParameterList(group)))
    return [pair for pair in optimizers if len(pair[1])]


def evaluate(
    model: MaskedLanguageModel,
    texts: Texts,
    recipe: Recipe,
    *,
    step: int,
    train_loss: float | None = None,
    began: float | None = None,
) -> Score:
    """Guess on texts, without learning anything."""
    rng = np.random.default_rng(0)  # always the same pieces are hidden
    model.network.eval()
    words, follows = np.zeros(3), np.zeros(3)  # loss, guesses that are right, guesses
    with torch.inference_mode(), _precision(model, recipe):
        for batch in texts.draw(recipe.batch_pieces, n_special=model.tokenizer.n_special):
            for masked in _masked(model, batch, recipe, rng):
                of_words, of_follows = model.loss(masked)
                words += (float(of_words.loss), float(of_words.n_right), len(masked.cells))
                if of_follows is not None:
                    follows += (float(of_follows.loss), float(of_follows.n_right), len(masked.lengths))
    seconds = timer() - began if began is not None else 0.0
    loss, accuracy = (words[:2] / max(words[2], 1.0)).tolist()
    of_pairs = (follows[:2] / follows[2]).tolist() if follows[2] else (None, None)
    return Score(step, loss, accuracy, train_loss, seconds, *of_pairs)


def _begin(model: MaskedLanguageModel, train: Texts, recipe: Recipe) -> None:
    """Set what is new in the network to what the texts are like."""
    begin_with_frequencies(model.network, model.new_weights, train.ids)
    if not isinstance(train, PairTexts):
        return
    rng = np.random.default_rng(recipe.seed)
    model.network.eval()
    with torch.no_grad(), _precision(model, recipe):
        batches = train.draw(recipe.batch_pieces, n_special=model.tokenizer.n_special, rng=rng)
        calls = (masked for batch in batches for masked in _masked(model, batch, recipe, rng))
        begin_apart(model.network, model.new_weights, map(model.first_vectors, calls))


def _update(
    model: MaskedLanguageModel,
    batch: PieceBatch,
    optimizers: Sequence[tuple[AdamW, torch.nn.Module]],
    recipe: Recipe,
    rng: np.random.Generator,
) -> float:
    """One step. RETURNS (float): the mean loss of a masked piece."""
    model.network.train()
    chunks = list(_masked(model, batch, recipe, rng))
    n_masked = max(1, sum(len(masked.cells) for masked in chunks))
    n_windows = max(1, sum(len(masked.lengths) for masked in chunks))
    losses = []  # read together: a GPU is waited for once
    for masked in chunks:  # call by call, whose gradients add up to that of the whole batch
        with _precision(model, recipe):
            words, follows = model.loss(masked)
        loss = words.loss / n_masked
        if follows is not None:
            loss = loss + NEXT_SENTENCE_WEIGHT * follows.loss / n_windows
        loss.backward()
        losses.append(torch.stack([loss.detach(), words.loss.detach()]))
    rows = torch.stack(losses).tolist() if losses else []
    if not isfinite(sum(row[0] for row in rows)):
        raise UserError(
            f"The loss of a step is no number any more, at a learning rate of {recipe.learn_rate:g}: the weights are "
            f"ruined; expected a lower --learn-rate, as {lower_than(recipe.learn_rate):.2g}. What was saved before "
            "stays."
        )
    for optimizer, weights in optimizers:
        optimizer.step_module(0, weights)
        optimizer.step_schedules()  # type: ignore[no-untyped-call]
    return float(sum(row[1] / n_masked for row in rows))


def _batches(
    texts: Texts, model: MaskedLanguageModel, recipe: Recipe, rng: np.random.Generator
) -> Iterator[PieceBatch]:
    """Round after round over the texts, each in another order."""
    while True:
        yield from texts.draw(recipe.batch_pieces, n_special=model.tokenizer.n_special, rng=rng)


def _masked(
    model: MaskedLanguageModel, batch: PieceBatch, recipe: Recipe, rng: np.random.Generator
) -> Iterator[Masked]:
    calls = torch_calls(model.device, torch.bfloat16 if recipe.bf16 else torch.float32)
    for chunk in batch.chunks(model.tokenizer, calls=calls._replace(padded=not model.reads_padding)):
        masked = mask_words(chunk, model.vocabulary, rng, rate=recipe.mask_rate)
        if isinstance(batch, PairBatch):
            masked = replace(masked, follows=batch.follows[chunk.windows])
        if len(masked.cells):
            yield masked


def _precision(model: MaskedLanguageModel, recipe: Recipe) -> AbstractContextManager[Any]:
    return torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=recipe.bf16)
