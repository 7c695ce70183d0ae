"""`bertfam pretrain`: an encoder goes on guessing hidden words, in the texts of a domain."""

import random
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer import Argument, Option
from wasabi.tables import row

from ..errors import UserError
from .arguments import GPU, REVISION
from .explain import say
from .train import stopped

if TYPE_CHECKING:
    from ..training.pretraining.loop import Recipe, Score, Texts
    from ..training.pretraining.network import MaskedLanguageModel
    from ..training.stopping import Stop

MIN_TEXTS = 20  # of which some can be kept apart
LINES = 20  # of a paragraph on average, at most: otherwise each line is a text
PARAGRAPHS = re.compile(r"\n\s*\n")
COLUMNS = {"step": 8, "train loss": 11, "dev loss": 9, "perplexity": 11, "right": 7, "seconds": 8}
LAST_COLUMN = 11  # with --next-sentence


def pretrain_cli(
    encoder: str = Argument(..., help="Folder of an encoder, or its name on the hub"),
    texts: Path = Argument(
        ...,
        help='Texts: .txt (paragraphs, or a text a line), .jsonl with "text", .spacy, or a folder of such',
    ),
    out: Path = Argument(..., help="Folder for the encoder, new; paths.encoder of a config takes it"),
    dev: Path | None = Option(None, help="Texts to measure on; else a twentieth is kept apart"),
    lang: str = Option("xx", help="Language of spaCy's tokenizer: words are hidden as a whole"),
    revision: str | None = REVISION,
    max_epochs: float = Option(3.0, min=0.01, help="Rounds over the texts"),
    max_steps: int = Option(0, min=0, help="Steps at most; 0 for no bound"),
    batch_pieces: int = Option(4096, min=64, help="Pieces a step; memory does not depend on it"),
    window: int = Option(254, min=8, help="Pieces that are read together"),
    learn_rate: float = Option(5e-5, min=0.0, help="The highest rate: it rises, then falls to 0"),
    mask_rate: float = Option(0.15, min=0.01, max=0.9, help="Share of the pieces to guess"),
    eval_frequency: int = Option(100, min=1, help="Steps between two looks at the dev texts"),
    next_sentence: bool = Option(
        False,
        "--next-sentence",
        help="Learn, too, whether one part of a text follows another, as BERT did, for tasks on pairs of texts. Off: "
        "RoBERTa (section 4.2) found no gain by it, and what is read together is half as long.",
    ),
    bf16: bool | None = Option(
        None, "--bf16/--no-bf16", help="Compute in bfloat16; by default on a GPU that has it"
    ),
    use_gpu: int = GPU,
    seed: int = Option(0, help="Of the order of the texts and of what is hidden"),
    force: bool = Option(False, "--force", help="Replace OUT where it is an encoder already"),
) -> None:
    """Adapt an encoder to a domain before it learns a task.

    This is masked-language modeling, on texts without annotation. Words are hidden, and the encoder learns to guess
    them, as it once did. OUT is an encoder like any other, a plain Hugging Face folder: name it as paths.encoder. The
    head that names hidden words is kept in it. What is kept are the weights that guess best on the dev texts. Ctrl-C or
    SIGTERM ends it after its step; to learn on, give OUT as the encoder of another run.
    """
    from ..encoder.runtimes.torch_runtime import has_bf16
    from ..files.saving import require_writable
    from ..training.pretraining.loop import Recipe
    from ..training.stopping import Stop

    recipe = Recipe(
        max_steps, batch_pieces, learn_rate, mask_rate=mask_rate, eval_frequency=eval_frequency, bf16=bool(bf16),
        seed=seed,
    )  # fmt: skip
    was_there = out.exists()
    if was_there and not (force and (out / "config.json").is_file()):
        raise UserError(
            f"{out} exists already; expected a new folder, so that nothing is overwritten, or an encoder that --force "
            "replaces."
        )
    require_writable(out)
    try:
        with Stop().handling_signals() as stop:
            parts = _parts(read_corpus(texts), read_corpus(dev) if dev else None, texts, seed)
            with stop.at_once():
                model = _load(encoder, revision, use_gpu=use_gpu, seed=seed, next_sentence=next_sentence)
                require_writable(out, n_bytes=model.n_bytes)
                for_train = _windows(parts[0], model, lang, window, texts)
                for_dev = _windows(parts[1], model, lang, window, dev or texts)
            if bf16 is None:
                recipe = replace(recipe, bf16=model.device.type == "cuda" and has_bf16(model.device))
            unit = "pairs of parts" if next_sentence else "windows"
            of_train = f"{len(parts[0]):,} texts, {len(for_train.ids):,} pieces in {len(for_train):,} {unit}"
            of_dev = f"{len(parts[1]):,} texts, {len(for_dev.ids):,} pieces"
            typer.echo(f"{of_train}; dev {of_dev}; ", nl=False)
            scores = _train(model, for_train, for_dev, recipe, max_epochs, out, stop)
    except KeyboardInterrupt as error:
        kept = f"{out} is what was saved last." if out.exists() else "Nothing is saved."
        raise stopped(str(error), kept) from error
    _say_result(scores, out, model, was_there=was_there)
    if stop.is_asked_for:
        raise stopped(f"{stop.signal} after step {scores[-1].step}")


def _load(
    encoder: str, revision: str | None, *, use_gpu: int, seed: int, next_sentence: bool
) -> "MaskedLanguageModel":
    import torch

    from ..encoder.checkpoint.source import find_checkpoint
    from ..training.pretraining.network import MaskedLanguageModel
    from .gpu import use_gpu as compute_on

    compute_on(use_gpu, silent=True)
    torch.manual_seed(seed)  # of the weights of a new head
    device = f"cuda:{use_gpu}" if use_gpu >= 0 else "cpu"
    folder = find_checkpoint(encoder, revision)
    return MaskedLanguageModel(folder, device=device, next_sentence=next_sentence)


def _train(
    model: "MaskedLanguageModel",
    texts: "Texts",
    dev: "Texts",
    recipe: "Recipe",
    max_epochs: float,
    out: Path,
    stop: "Stop",
) -> "list[Score]":
    from ..training.pretraining.loop import pretrain

    n_batches = texts.n_batches(recipe.batch_pieces, n_special=model.tokenizer.n_special)
    n_steps = max(1, round(max_epochs * n_batches))
    recipe = replace(recipe, max_steps=min(n_steps, recipe.max_steps or n_steps))
    lacks = "for hidden words" if not model.next_sentence else "for one task or both"
    head = f"; a new head, as the checkpoint has none {lacks}" if model.new_weights else ""
    typer.echo(f"{recipe.max_steps:,} steps{head}")
    _say_row(*COLUMNS, *(["next right"] if model.next_sentence else []))
    return pretrain(model, texts, dev, recipe, out, stop=stop, report=_say_score, progress=True)


def _say_score(score: "Score") -> None:
    train_loss = f"{score.train_loss:.3f}" if score.train_loss is not None else ""
    losses = train_loss, f"{score.loss:.3f}", f"{score.perplexity:.1f}"
    follows = [] if score.next_accuracy is None else [f"{score.next_accuracy:.1%}"]
    _say_row(str(score.step), *losses, f"{score.accuracy:.1%}", f"{score.seconds:.0f}", *follows)


def _say_row(*cells: str) -> None:
    typer.echo(row(cells, widths=[*COLUMNS.values(), LAST_COLUMN][: len(cells)], aligns="r", spacing=1))


def _say_result(
    scores: "Sequence[Score]", out: Path, model: "MaskedLanguageModel", *, was_there: bool
) -> None:
    """RAISES (Exit): when an encoder that was there stays, as none is better."""
    before, best = scores[0], min(scores[1:], key=lambda score: score.total)
    if not best.total < before.total:
        advice = "give more texts, or a lower --learn-rate."
        say("Warning", f"it guesses no better than before: {advice}")
        if was_there:
            typer.echo(f"{out} stays as it was.", err=True)
            raise typer.Exit(1)
    follows = ""
    if best.next_accuracy is not None and before.next_accuracy is not None:
        follows = f" Of pairs {best.next_accuracy:.1%} are told right, before {before.next_accuracy:.1%}; half follow."
    typer.echo(
        f"{out}: written, the weights of step {best.step}; a hidden piece is guessed among {best.perplexity:.1f} "
        f"(perplexity), before among {before.perplexity:.1f}; {best.accuracy:.1%} are guessed right, before "
        f"{before.accuracy:.1%}.{follows}"
    )
    size, of_head = (f"{n_bytes / 1e6:,.1f} MB" for n_bytes in (model.n_bytes, model.n_head_bytes))
    typer.echo(f"{out} has {size}, {of_head} of them the head for hidden words, which `bertfam fill` asks.")


def _windows(
    texts: Sequence[str], model: "MaskedLanguageModel", lang: str, window: int, path: Path
) -> "Texts":
    import spacy
    from tqdm import tqdm

    from ..training.pretraining.pairs import PairTexts
    from ..training.pretraining.texts import WindowTexts

    nlp = spacy.blank(lang)
    nlp.max_length = sys.maxsize  # spaCy's bound is for its parser
    docs = map(nlp.make_doc, tqdm(texts, desc="texts", disable=None, leave=False))
    window = min(window, model.max_pieces - model.tokenizer.n_special)
    if model.next_sentence:
        window = (window - len(model.tokenizer.pair.between)) // 2
    found = WindowTexts.from_docs(docs, model.tokenizer, window)
    if not len(found):
        raise UserError(f"{path} has no word that the encoder reads; expected texts.")
    if not model.next_sentence:
        return found
    pairs = PairTexts.from_parts(found, model.tokenizer.pair)
    if pairs.n_alone:
        say("Note", f"{pairs.n_alone:,} texts of {path} have a single part, and are in no pair.")
    return pairs


def read_corpus(path: Path) -> list[str]:
    """Read the texts of a file, or of all files in a folder, at least one. RAISES (UserError): when there are none."""

    from ..data.folders import chosen_files
    from ..data.json_values import JSON_SUFFIXES
    from ..data.text_file import suffix_of
    from ..data.texts import SUFFIXES, read_texts

    if not path.exists():
        raise UserError(f"No file or folder {path}; expected texts in {', '.join(SUFFIXES)}.")
    files = [path] if path.is_file() else chosen_files(path, SUFFIXES)
    if not files:
        raise UserError(f"{path} has no file with texts; expected {', '.join(SUFFIXES)}.")
    texts = []
    for file in files:
        for text in read_texts(file):
            texts += _paragraphs(text) if suffix_of(file) not in (*JSON_SUFFIXES, ".spacy") else [text]
    return texts


def _paragraphs(text: str) -> list[str]:
    """A text file: what stands between blank lines; where these are rare, line by line."""
    parts, lines = PARAGRAPHS.split(text.strip()), text.splitlines()
    has_paragraphs = len(parts) > 1 and len(parts) * LINES >= len(lines)
    return [part for part in (parts if has_paragraphs else lines) if part.strip()]


def _parts(texts: list[str], dev: list[str] | None, path: Path, seed: int) -> tuple[list[str], list[str]]:
    if dev is not None:
        return texts, dev
    if len(texts) < MIN_TEXTS:
        raise UserError(
            f"{path} has {len(texts)} texts, too few to keep some apart; expected {MIN_TEXTS} or more, or other texts "
            "to measure on: --dev TEXTS."
        )
    order = random.Random(seed).sample(range(len(texts)), len(texts))
    n_dev = max(1, len(texts) // MIN_TEXTS)
    return [texts[i] for i in sorted(order[n_dev:])], [texts[i] for i in sorted(order[:n_dev])]
