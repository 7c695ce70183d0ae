"""`bertfam fill`: the words that an encoder expects in the masked places of a text."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer import Argument, Option
from wasabi.tables import table

from ..errors import UserError
from .arguments import ENCODER_COMPONENT, LINES, REVISION, SOURCE
from .pipelines import load_pipeline

if TYPE_CHECKING:
    from ..training.pretraining.fill import Place
    from ..training.pretraining.network import MaskedLanguageModel


def fill_cli(
    model: str = Argument(
        ..., help="Folder of an encoder with its head, or its name on the hub; or a pipeline, with --head"
    ),
    source: str = SOURCE,
    top: int = Option(5, min=1, help="Guesses for each masked place"),
    as_json: bool = Option(False, "--json", help="Print JSON: places with their guesses, for each text"),
    lines: bool = LINES,
    head: str | None = Option(
        None,
        help="For a pipeline: the encoder that it began with, folder or hub name, whose head is put on its own",
    ),
    component: str | None = ENCODER_COMPONENT,
    revision: str | None = REVISION,
) -> None:
    """Guess hidden words, with their probabilities.

    "Le [MASK] préside la séance." gets the likeliest pieces of the vocabulary. A masked place is written as the mask
    token of the tokenizer, [MASK] or <mask>. The head that names hidden words is in the checkpoints of masked-language
    modeling on the hub, and in what `bertfam pretrain` writes; a pipeline keeps none, so that --head says where it is.
    """
    from ..data.texts import read_texts
    from ..training.pretraining.fill import fill

    texts = read_texts(source, by_line=lines)
    network = open_model(model, head, component, revision)
    found = [(text, fill(network, text, top)) for text in texts]
    if as_json:
        rows = [{"text": text, "places": list(map(asdict, places))} for text, places in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for text, places in found:
            typer.echo(format_places(text, places))


def open_model(
    name: str, head: str | None, component: str | None, revision: str | None
) -> "MaskedLanguageModel":
    """Open an encoder with its head, or put the head of another one on the encoder of a pipeline.

    RAISES (UserError): when there is no such head, or it does not fit.
    """
    from spacy.util import is_package

    from ..encoder.checkpoint.source import find_checkpoint
    from ..training.pretraining.fill import require_head
    from ..training.pretraining.network import MaskedLanguageModel
    from ..visual.attention import find_encoder

    is_pipeline = (Path(name) / "config.cfg").is_file() or is_package(name)
    if is_pipeline != bool(head):
        raise UserError(
            f"{name} is a pipeline, which keeps no head for hidden words; expected the encoder that it began with, "
            "whose head is put on its own: --head FOLDER_OR_HUB_NAME."
            if is_pipeline
            else f"--head is for a pipeline, and {name} is none; expected an encoder alone: leave --head out."
        )
    shim = find_encoder(load_pipeline(name), component) if is_pipeline else None
    model = MaskedLanguageModel(find_checkpoint(head or name, revision))
    require_head(model, head or name)
    if shim is not None:
        model.replace_encoder(shim.loaded.network, shim.loaded.tokenizer)
    return model


def format_places(text: str, places: "Sequence[Place]") -> str:
    """RETURNS (str): the text with its places numbered, where there are several, and a row for each guess."""
    rows = [(i, guess) for i, place in enumerate(places, 1) for guess in place.guesses]
    if len(places) > 1:
        numbered = list(enumerate(places, 1))
        for i, place in reversed(numbered):  # from the end, so that the others stay where they are
            text = f"{text[: place.start]}[{i}]{text[place.end :]}"
    cells = [(str(i), guess.text, f"{guess.probability:.1%}") for i, guess in rows]
    header = ("place", "guess", "probability")
    return text + table(cells, header=header, aligns=("r", "l", "r"), max_col=80, spacing=2)
