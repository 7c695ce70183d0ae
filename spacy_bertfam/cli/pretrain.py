"""`bertfam pretrain`: an encoder goes on guessing hidden words, in the texts of a domain."""

import random
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Tuple

import typer

from ..errors import UserError
from .train import STOPPED

if TYPE_CHECKING:
    from ..training.pretraining.loop import Recipe, Score
    from ..training.pretraining.network import MaskedLanguageModel
    from ..training.pretraining.texts import WindowTexts
    from ..training.stopping import Stop

MIN_TEXTS = 20  # of which some can be kept apart
LINES = 20  # of a paragraph on average, at most: otherwise each line is a text
PARAGRAPHS = re.compile(r"\n\s*\n")


def pretrain_cli(
    encoder: str = typer.Argument(..., help="Folder of an encoder, or its name on the hub"),
    texts: Path = typer.Argument(
        ...,
        help="Texts of the domain: .txt (paragraphs between blank lines, or else a text a line), .jsonl with "
        '"text", .spacy, or a folder of such files',
    ),
    out: Path = typer.Argument(..., help="Folder for the encoder, new; paths.encoder of a config takes it"),
    dev: Optional[Path] = typer.Option(
        None, help="Texts to measure on; without them a twentieth is kept apart"
    ),
    lang: str = typer.Option("xx", help="Language of spaCy's tokeniser: words are hidden as a whole"),
    revision: Optional[str] = typer.Option(None, help="Branch, tag or commit of a repository on the hub"),
    max_epochs: float = typer.Option(3.0, min=0.01, help="Rounds over the texts"),
    max_steps: int = typer.Option(0, min=0, help="Steps at most; 0 for no bound"),
    batch_pieces: int = typer.Option(4096, min=64, help="Pieces a step; memory does not depend on it"),
    window: int = typer.Option(254, min=8, help="Pieces that are read together"),
    learn_rate: float = typer.Option(5e-5, min=0.0, help="The highest rate: it rises, then falls to 0"),
    mask_rate: float = typer.Option(0.15, min=0.01, max=0.9, help="Share of the pieces to guess"),
    eval_frequency: int = typer.Option(100, min=1, help="Steps between two looks at the dev texts"),
    bf16: bool = typer.Option(False, "--bf16", help="Compute in bfloat16 where the hardware is faster in it"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU, or -1 for the CPU"),
    seed: int = typer.Option(0, help="Of the order of the texts and of what is hidden"),
    force: bool = typer.Option(False, "--force", help="Replace OUT where it is an encoder already"),
) -> None:
    """Adapt an encoder to a domain before it learns a task: masked-language modelling on texts without annotation.

    Words are hidden, and the encoder learns to guess them, as it once did. OUT is an encoder like any other, a plain
    Hugging Face folder: name it as paths.encoder. What is kept are the weights that guess best on the dev texts.
    Ctrl-C or SIGTERM ends it after its step; to learn on, give OUT as the encoder of another run.
    """
    from ..training.pretraining.loop import Recipe
    from ..training.stopping import Stop

    recipe = Recipe(
        max_steps,
        batch_pieces,
        learn_rate,
        mask_rate=mask_rate,
        eval_frequency=eval_frequency,
        bf16=bf16,
        seed=seed,
    )
    was_there = out.exists()
    try:
        with Stop().handling_signals() as stop:
            scores = run(
                encoder,
                texts,
                out,
                recipe,
                dev=dev,
                lang=lang,
                revision=revision,
                max_epochs=max_epochs,
                window=window,
                use_gpu=use_gpu,
                force=force,
                stop=stop,
            )
    except KeyboardInterrupt as error:
        kept = f"{out} is what was saved last." if out.exists() else "Nothing is saved."
        typer.echo(f"Stopped by {error}. {kept}", err=True)
        raise typer.Exit(STOPPED) from error
    best = min(scores[1:], key=lambda score: score.loss)
    if not best.loss < scores[0].loss:
        typer.echo(
            "Warning: it guesses no better than before: give more texts, or a lower --learn-rate.", err=True
        )
        if was_there:
            typer.echo(f"{out} stays as it was.", err=True)
            raise typer.Exit(1)
    typer.echo(
        f"{out}: written, the weights of step {best.step}; a hidden piece is guessed among {best.perplexity:.1f} "
        f"(perplexity), before among {scores[0].perplexity:.1f}; {best.accuracy:.1%} are guessed right, before "
        f"{scores[0].accuracy:.1%}."
    )
    if stop.is_asked_for:
        typer.echo(f"Stopped by {stop.signal} after step {scores[-1].step}.", err=True)
        raise typer.Exit(STOPPED)


def run(
    encoder: str,
    texts: Path,
    out: Path,
    recipe: "Recipe",
    *,
    dev: Optional[Path],
    lang: str,
    revision: Optional[str],
    max_epochs: float,
    window: int,
    use_gpu: int,
    force: bool,
    stop: "Stop",
) -> "List[Score]":
    """The command without its printing of errors. RETURNS (List[Score]): of the dev texts."""
    from dataclasses import replace

    import torch

    from ..encoder.checkpoint.source import find_checkpoint
    from ..files.saving import require_writable
    from ..training.pretraining.loop import pretrain
    from ..training.pretraining.network import MaskedLanguageModel
    from .gpu import use_gpu as compute_on

    if out.exists() and not (force and (out / "config.json").is_file()):
        raise UserError(
            f"{out} exists already; expected a new folder, so that nothing is overwritten, or an encoder that --force "
            "replaces."
        )
    require_writable(out)
    for_train, for_dev = _parts(read_corpus(texts), read_corpus(dev) if dev else None, texts, recipe.seed)
    with stop.at_once():
        compute_on(use_gpu, silent=True)
        device = f"cuda:{use_gpu}" if use_gpu >= 0 else "cpu"
        torch.manual_seed(recipe.seed)  # of the weights of a new head
        model = MaskedLanguageModel(find_checkpoint(encoder, revision), device=device)
        require_writable(out, n_bytes=model.n_bytes)
        train_texts = _windows(for_train, model, lang, window, texts)
        dev_texts = _windows(for_dev, model, lang, window, dev or texts)
    n_batches = train_texts.n_batches(recipe.batch_pieces, n_special=model.tokenizer.n_special)
    n_steps = max(1, round(max_epochs * n_batches))
    n_steps = min(n_steps, recipe.max_steps or n_steps)
    head = "; a new head, as the checkpoint has none for hidden words" if model.new_weights else ""
    typer.echo(
        f"{len(for_train):,} texts, {len(train_texts.ids):,} pieces in {len(train_texts):,} windows; dev "
        f"{len(for_dev):,} texts, {len(dev_texts.ids):,} pieces; {n_steps:,} steps{head}"
    )
    typer.echo(
        f"{'step':>8} {'train loss':>11} {'dev loss':>9} {'perplexity':>11} {'right':>7} {'seconds':>8}"
    )
    return pretrain(
        model,
        train_texts,
        dev_texts,
        replace(recipe, max_steps=n_steps),
        out,
        stop=stop,
        report=_say,
        progress=True,
    )


def _windows(
    texts: List[str], model: "MaskedLanguageModel", lang: str, window: int, path: Path
) -> "WindowTexts":
    import spacy
    from tqdm import tqdm

    from ..training.pretraining.texts import WindowTexts

    nlp = spacy.blank(lang)
    nlp.max_length = sys.maxsize  # spaCy's bound is for its parser
    docs = map(nlp.make_doc, tqdm(texts, desc="texts", disable=None, leave=False))
    window = min(window, model.max_pieces - model.tokenizer.n_special)
    found = WindowTexts.from_docs(docs, model.tokenizer, window)
    if not len(found):
        raise UserError(f"{path} has no word that the encoder reads; expected texts.")
    return found


def read_corpus(path: Path) -> List[str]:
    """RETURNS (List[str]): the texts of a file, or of all files in a folder, at least one.

    RAISES (UserError): when there are none.
    """
    from ..data.texts import SUFFIXES, read_texts

    if not path.exists():
        raise UserError(f"No file or folder {path}; expected texts in {', '.join(SUFFIXES)}.")
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES)
    if not files:
        raise UserError(f"{path} has no file with texts; expected {', '.join(SUFFIXES)}.")
    texts = []
    for file in files:
        for text in read_texts(file):
            texts += _paragraphs(text) if file.suffix not in (".jsonl", ".spacy") else [text]
    return texts


def _paragraphs(text: str) -> List[str]:
    """A text file: what stands between blank lines; where these are rare, line by line."""
    parts, lines = PARAGRAPHS.split(text.strip()), text.splitlines()
    return [
        part
        for part in (parts if len(parts) * LINES >= len(lines) and len(parts) > 1 else lines)
        if part.strip()
    ]


def _parts(texts: List[str], dev: Optional[List[str]], path: Path, seed: int) -> Tuple[List[str], List[str]]:
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


def _say(score: "Score") -> None:
    train = f"{score.train_loss:.3f}" if score.train_loss is not None else ""
    typer.echo(
        f"{score.step:>8} {train:>11} {score.loss:>9.3f} {score.perplexity:>11.1f} {score.accuracy:>7.1%} "
        f"{score.seconds:>8.0f}"
    )
