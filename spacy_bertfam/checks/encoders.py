"""What can be known of an encoder without its weights: size, window, tokenizer."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..encoder.checkpoint.checkpoint import read_tokenizer
from ..encoder.checkpoint.layers import require_layers
from ..encoder.checkpoint.network import quiet_transformers, read_config
from ..encoder.checkpoint.source import hub_answers, local_folder, network_errors
from ..encoder.gradients.freezing import freeze
from ..encoder.pieces.tokenizer import PieceTokenizer
from ..encoder.settings import window_of
from ..errors import UNFIT, CheckpointError, UserError
from ..gate import check_folder
from ..gate.json_file import read_object
from ..pipeline.find import walk_blocks
from .finding import FAILS, FINE, SUSPICIOUS, Finding
from .reasons import reason_of
from .setup import Block, Setup

FILES = ("config.json", "tokenizer.json")
NOT_CHECKED = "Its pieces and its learning rate are not checked; training will want it from the hub."
OUR_INITIALIZER = "spacy-bertfam.from_hf.v1"
# Names of width and depth in the configs of DistilBERT and its like
WIDTHS, DEPTHS = ("hidden_size", "dim", "d_model"), ("num_hidden_layers", "n_layers", "num_layers")


@dataclass(frozen=True)
class EncoderFacts:
    """An encoder as its small files describe it."""

    where: str  # name of the component
    width: int
    n_layers: int
    window: int  # pieces
    tokenizer: PieceTokenizer


def check_encoders(
    setup: Setup, *, refused: Collection[str] = ()
) -> tuple[EncoderFacts | None, list[Finding]]:
    """Look at the encoders of ours.

    refused (Collection[str]): blocks with settings of a wrong type, which are passed over.
    RETURNS (tuple): what is known of the first one, and the findings about all of them.
    """
    facts: EncoderFacts | None = None
    findings = []
    for name, block in setup.encoders():
        if f"components.{name}" in refused:
            continue
        given = str(block.get("name"))
        try:
            folder = find_small_files(given, block.get("revision"))
            found = read_facts(name, folder, block) if folder is not None else None
            if folder is not None:
                require_buildable(folder, block)
        except (CheckpointError, ValueError, OSError) as error:
            findings.append(Finding(FAILS, "an encoder that cannot be read", name, do=str(error)))
            continue
        facts = facts or found
        if found is None:
            what = "an encoder that is neither a folder nor within reach"
            findings.append(Finding(SUSPICIOUS, what, given, do=NOT_CHECKED))
        else:
            what = f"an encoder of {found.n_layers} layer{'s' * (found.n_layers != 1)}, {found.width} wide"
            findings.append(Finding(FINE, what, name))
    return facts, [*findings, *_heads(setup)]


def _heads(setup: Setup) -> Iterator[Finding]:
    """Find checkpoints whose head a component begins with, and that are not there."""
    for _, block in walk_blocks(setup.config["initialize"]):
        if block.get("@initializers") == OUR_INITIALIZER:
            try:
                find_small_files(str(block.get("name")), block.get("revision"))
            except (ValueError, OSError) as error:
                yield Finding(FAILS, "a head that cannot be read", "initialize.components", do=str(error))


def read_facts(name: str, folder: Path, block: Block) -> EncoderFacts:
    """RETURNS (EncoderFacts): of a Hugging Face folder; only its small files are read."""
    config = read_object(folder / "config.json")
    width = next((config[key] for key in WIDTHS if key in config), 768)
    n_layers = next((config[key] for key in DEPTHS if key in config), 12)
    kept = block.get("n_layers")
    if kept is not None:
        require_layers(kept, n_layers, folder)
        n_layers = kept
    tokenizer, _ = read_tokenizer(check_folder(folder, without_weights=True))
    limit = (config.get("max_position_embeddings") or 512) - tokenizer.n_special
    window = window_of(block.get("window", "auto"), limit)
    return EncoderFacts(name, int(width), int(n_layers), window, tokenizer)


def require_buildable(folder: Path, block: Block) -> None:
    """Build the network without weights, where a setting of it can be wrong that only the network knows.

    RAISES (UserError): when the network has no such attention, or not all that ``frozen_layers`` names.
    """
    import torch
    from transformers import AutoModel

    attention, frozen = block.get("attention"), block.get("frozen_layers")
    if attention is None and not isinstance(frozen, list):
        return
    found, build = check_folder(folder, without_weights=True), cast(Callable[..., Any], AutoModel.from_config)
    with torch.device("meta"), quiet_transformers():
        try:
            network = build(read_config(found))
        except UNFIT:  # not every architecture can do without
            return
        if isinstance(frozen, list):
            freeze(network, tuple(frozen))
        if attention is not None:
            try:
                build(read_config(found), attn_implementation=attention)
            except UNFIT as error:
                reason = reason_of(error, longest=300)
                raise UserError(f"Encoder setting attention is {attention!r}: {reason}") from error


def find_small_files(name: str, revision: str | None = None) -> Path | None:
    """Find the folder of an encoder, or of its small files in the hub's cache, fetched if the hub answers.

    RETURNS (Path | None): None where a name on the hub can be had neither way.
    RAISES (CheckpointError): when the name is a path and there is nothing.
    """
    folder = local_folder(name)
    if folder is not None:
        check_folder(folder)
        return folder
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    offline = not hub_answers()
    unreachable: tuple[type[Exception], ...] = (LocalEntryNotFoundError, HfHubHTTPError, *network_errors())
    try:
        files = [hf_hub_download(name, file, revision=revision, local_files_only=offline) for file in FILES]
    except HFValidationError as error:
        raise CheckpointError(f"{name!r} is neither a folder nor a name on the hub: {error}") from error
    except unreachable:
        return None
    return Path(files[0]).parent
