"""What can be known of an encoder without its weights: size, window, tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Dict, Iterator, Optional, Tuple, Type

from ..encoder.checkpoint.layers import require_layers
from ..encoder.checkpoint.network import UNFIT, quiet_transformers, read_config
from ..encoder.checkpoint.source import hub_answers, looks_like_path, network_errors
from ..encoder.gradients.freezing import freeze
from ..encoder.pieces.tokenizer import PieceTokenizer
from ..encoder.settings import DEFAULT_WINDOW
from ..errors import UserError
from ..gate import CheckedFolder, CheckpointError, check_folder
from ..gate.json_file import read_object
from .finding import FAILS, FINE, SUSPICIOUS, Finding
from .reasons import reason_of
from .setup import Setup, blocks

FILES = ("config.json", "tokenizer.json")
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
) -> Tuple[Optional[EncoderFacts], Iterator[Finding]]:
    """Look at the encoders of ours.

    refused (Collection[str]): blocks with settings of a wrong type, which are passed over.
    RETURNS (Tuple): what is known of the first one, and the findings about all of them.
    """
    facts: Optional[EncoderFacts] = None
    findings = []
    for name, block in setup.encoders():
        if f"components.{name}" in refused:
            continue
        given = str(block.get("name"))
        try:
            folder = find_small_files(given, block.get("revision"))
            if folder is None:
                findings.append(_not_here(given))
                continue
            found = read_facts(name, folder, block)
            require_buildable(folder, block)
        except (CheckpointError, ValueError, OSError) as error:
            findings.append(Finding(FAILS, "an encoder that cannot be read", name, do=str(error)))
            continue
        facts = facts or found
        layers = "layer" if found.n_layers == 1 else "layers"
        known = f"an encoder of {found.n_layers} {layers}, {found.width} wide"
        findings.append(Finding(FINE, known, name))
    findings += _heads(setup)
    return facts, iter(findings)


def _heads(setup: Setup) -> Iterator[Finding]:
    """Checkpoints whose head a component begins with, and that are not there."""
    for block in blocks(setup.config["initialize"]):
        if block.get("@initializers") == OUR_INITIALIZER:
            try:
                find_small_files(str(block.get("name")), block.get("revision"))
            except (ValueError, OSError) as error:
                yield Finding(FAILS, "a head that cannot be read", "initialize.components", do=str(error))


def read_facts(name: str, folder: Path, block: Dict[str, Any]) -> EncoderFacts:
    """RETURNS (EncoderFacts): of a Hugging Face folder; only its small files are read."""
    config = read_object(folder / "config.json")
    width = next((config[key] for key in WIDTHS if key in config), 768)
    n_layers = next((config[key] for key in DEPTHS if key in config), 12)
    kept = block.get("n_layers")
    if kept is not None:
        require_layers(kept, n_layers, folder)
        n_layers = kept
    tokenizer = read_tokenizer(folder)
    limit = (config.get("max_position_embeddings") or 512) - tokenizer.n_special
    window = min(block.get("window", DEFAULT_WINDOW) or limit, limit)
    return EncoderFacts(name, int(width), int(n_layers), int(window), tokenizer)


def require_buildable(folder: Path, block: Dict[str, Any]) -> None:
    """Build the network without weights, where a setting of it can be wrong that only the network knows.

    RAISES (UserError): when there is no such attention, or ``frozen_layers`` names what it does not have.
    """
    attention, frozen = block.get("attention"), block.get("frozen_layers")
    if attention is None and not isinstance(frozen, list):
        return
    found = check_folder(folder, without_weights=True)
    try:
        network = _empty_network(found)
    except UNFIT:  # not every architecture can do without
        return
    if isinstance(frozen, list):
        freeze(network, tuple(frozen))
    if attention is not None:
        try:
            _empty_network(found, attn_implementation=attention)
        except UNFIT as error:
            raise UserError(
                f"Encoder setting attention is {attention!r}: {reason_of(error, longest=300)}"
            ) from error


def _empty_network(folder: CheckedFolder, **options: Any) -> Any:
    import torch
    from transformers import AutoModel

    with torch.device("meta"), quiet_transformers():
        return AutoModel.from_config(read_config(folder), **options)


def read_tokenizer(folder: Path) -> PieceTokenizer:
    """RETURNS (PieceTokenizer): of a folder. Only one that has to be converted first needs `transformers`."""
    found = check_folder(folder, without_weights=True)
    if found.tokenizer.sealed is not None:
        return PieceTokenizer.from_sealed(found.tokenizer.sealed, found.tokenizer.files, folder)
    from ..encoder.checkpoint import checkpoint

    return checkpoint.read_tokenizer(found)[0]


def find_small_files(name: str, revision: Optional[str] = None) -> Optional[Path]:
    """The folder of an encoder, or of its small files in the hub's cache, fetched if the hub answers.

    RETURNS (Optional[Path]): None where a name on the hub can be had neither way.
    Raises a CheckpointError where the name is a path and there is nothing.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        check_folder(folder)
        return folder
    if looks_like_path(name):
        raise CheckpointError(f"No folder {name}; expected a Hugging Face checkpoint on this disk.")
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    offline = not hub_answers()
    unreachable: Tuple[Type[Exception], ...] = (LocalEntryNotFoundError, HfHubHTTPError, *network_errors())
    try:
        files = [hf_hub_download(name, file, revision=revision, local_files_only=offline) for file in FILES]
    except HFValidationError as error:
        raise CheckpointError(f"{name!r} is neither a folder nor a name on the hub: {error}") from error
    except unreachable:
        return None
    return Path(files[0]).parent


def _not_here(name: str) -> Finding:
    return Finding(
        SUSPICIOUS, "an encoder that is neither a folder nor within reach", name,
        do="Its pieces and its learning rate are not checked; training will want it from the hub.",
    )  # fmt: skip
