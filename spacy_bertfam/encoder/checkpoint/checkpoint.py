"""A Hugging Face folder <-> a network with its tokenizer. Safetensors only, never the network's own code."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from ...errors import UserError
from ...files.saving import written_beside
from ...gate import CheckedFolder, CheckpointError, check_folder
from ...gate.entries import list_entries, read_bytes
from ...gate.folder import CONFIG
from ...gate.json_file import MAX_SETTINGS, parse_object
from ...gate.tokenizer_files import TOKENIZER
from ...gate.tokenizer_json import seal
from ...gate.weights import has_safetensors
from ..pieces.tokenizer import PieceTokenizer
from ..runtimes.padding import reads_padding
from .graph import FOLDER, Graph, read_graph, remove_leftovers
from .layers import keep_layers
from .network import open_network, read_config, save_network
from .slow_tokenizer import convert_tokenizer

Files = dict[str, bytes]  # name -> content
# Pieces that a network is given at once which takes any number
WITHOUT_BOUND = 512


@dataclass(frozen=True)
class Checkpoint:
    """An encoder in memory: what a Hugging Face folder holds."""

    # a `transformers` model with `last_hidden_state` among its outputs; None where only a graph was kept
    weights: torch.nn.Module | None
    tokenizer: PieceTokenizer
    tokenizer_files: Files  # written back as they are; without weights config.json too
    graph: Graph | None = None  # the same network for another engine

    @property
    def network(self) -> Any:
        """The weights, a ``torch.nn.Module``. RAISES (UserError): when they were left out."""
        if self.weights is None:
            raise UserError(
                "This encoder has no torch weights: they were left out to make the pipeline smaller (--drop-torch). "
                "Expected a whole one, to train, export, optimize or look into it: load the pipeline it was made from."
            )
        return self.weights

    @property
    def width(self) -> int:
        """The width of a piece's vector."""
        only = self._only_graph
        return int(self.network.config.hidden_size) if only is None else only.width

    @cached_property
    def max_pieces(self) -> int:
        """The most pieces that the network takes at once, special pieces counted."""
        only = self._only_graph
        return max_pieces_of(self.network) if only is None else only.max_pieces

    @cached_property
    def reads_padding(self) -> bool:
        """Whether vectors depend on the padding of their window: then windows of one length alone share a call."""
        only = self._only_graph
        return reads_padding(self.network, self.tokenizer.pad_id) if only is None else only.reads_padding

    @cached_property
    def n_segments(self) -> int:
        """The segments (token types) that the network has vectors for; 1 where it takes all pieces for one text."""
        if self.weights is None:
            settings = parse_object(self.tokenizer_files[CONFIG], Path(CONFIG))
            return max(1, int(settings.get("type_vocab_size") or 1))
        if "token_type_ids" not in inspect.signature(type(self.weights).forward).parameters:
            return 1
        # without such a setting, as in XLNet, any two numbers tell two texts apart
        return max(1, int(getattr(self.network.config, "type_vocab_size", 3)))

    @property
    def _only_graph(self) -> Graph | None:
        return self.graph if self.weights is None else None


def max_pieces_of(network: Any) -> int:
    """RETURNS (int): the most pieces that a network takes at once, special pieces counted."""
    limit = int(getattr(network.config, "max_position_embeddings", None) or WITHOUT_BOUND)
    if limit < 0:  # XLNet's settings say so that there is none
        return WITHOUT_BOUND
    for name, module in network.named_modules():
        # RoBERTa and its kin number positions from padding_idx + 1
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return limit - int(module.padding_idx) - 1
    return limit


def read_checkpoint(folder: Path, *, attention: str | None = None, n_layers: int | None = None) -> Checkpoint:
    """Open a Hugging Face folder offline, in float32 and on the CPU.

    attention (str | None): as `transformers`' ``attn_implementation``; None lets it choose, which is
        scaled dot product attention wherever the architecture has it.
    n_layers (int | None): only the lowest so many layers; None is all. What is read without weights has those
        that its graph was made with.
    RAISES (CheckpointError): when the folder is none, or holds what is not safe to open.
    RAISES (UserError): when it has fewer layers.
    """
    names = list_entries(folder)
    found = check_folder(folder, without_weights=f"{FOLDER}/" in names and not has_safetensors(names))
    graph = read_graph(found)
    if graph is not None and not found.weights:
        # of `transformers` nothing is needed, not even its configurations
        tokenizer, files = read_tokenizer(found, pad_id=graph.pad_id)
        files[CONFIG] = read_bytes(folder / CONFIG, MAX_SETTINGS, what="settings")
        return Checkpoint(None, tokenizer, files, graph)
    if not found.weights:
        found = check_folder(folder)  # says what is missing
    config = read_config(found)
    is_cut = n_layers is not None and keep_layers(config, n_layers, folder)
    checkpoint = _read_with_weights(found, config, attention)
    if graph is not None and is_cut:
        raise UserError(
            f"{folder} holds a graph for {graph.runtime} with more layers than n_layers = {n_layers}; expected the "
            "pipeline that it was made from: cut that one, and make it fast again with `bertfam optimize`."
        )
    return replace(checkpoint, graph=graph)


def _read_with_weights(folder: CheckedFolder, config: Any, attention: str | None) -> Checkpoint:
    from transformers import AutoModel

    network, missing = open_network(folder, config, auto=AutoModel, attention=attention)
    missing = [name for name in missing if "pooler." not in name]  # no token needs one
    if missing:
        raise CheckpointError(
            f"{folder.path}: {len(missing)} weights of {type(network).__name__} are missing "
            f"({', '.join(missing[:3])}); expected a whole encoder: get the folder again."
        )
    if not hasattr(network.config, "hidden_size"):
        raise CheckpointError(
            f"{folder.path}: {type(network).__name__} has no hidden_size; expected an encoder."
        )
    pad_id = getattr(config, "pad_token_id", None)
    return Checkpoint(network, *read_tokenizer(folder, pad_id=0 if pad_id is None else pad_id))


def read_tokenizer(folder: CheckedFolder, *, pad_id: int = 0) -> tuple[PieceTokenizer, Files]:
    """The tokenizer of a Hugging Face folder, and its files as they are; one without tokenizer.json is converted.

    RAISES (CheckpointError): when there is none.
    """
    files: Mapping[str, bytes] = folder.tokenizer.files
    sealed = folder.tokenizer.sealed
    if sealed is None:
        files = convert_tokenizer(folder)
        sealed = seal(files[TOKENIZER], folder.path / TOKENIZER)
    return PieceTokenizer.from_sealed(sealed, files, folder.path, pad_id=pad_id), dict(files)


def without_weights(checkpoint: Checkpoint) -> Checkpoint:
    """RETURNS (Checkpoint): with its graph alone, to predict with and nothing else."""
    config = checkpoint.network.config
    config.name_or_path = ""
    settings = config.to_json_string().encode("utf8")
    return replace(checkpoint, weights=None, tokenizer_files={**checkpoint.tokenizer_files, CONFIG: settings})


def write_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the encoder as a folder that ``AutoModel.from_pretrained`` opens."""
    weights, graph = checkpoint.weights, checkpoint.graph
    with written_beside(folder) as temporary:
        if weights is not None:
            save_network(weights, temporary)
        write_files(temporary, checkpoint.tokenizer_files)
        if graph is not None:
            graph.write(temporary)
    remove_leftovers(folder, has_graph=graph is not None, has_weights=weights is not None)


def write_files(folder: Path, files: Files) -> None:
    """Write files into a folder; a name may be one of a file in ``onnx/``."""
    for name, content in files.items():
        if Path(name).name != name.removeprefix(f"{FOLDER}/"):
            raise CheckpointError(f"A file of the encoder is named {name!r:.200}; expected a plain name.")
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def read_files(folder: Path) -> Files:
    """RETURNS (Files): what ``write_files`` takes, of a folder that ``write_checkpoint`` has written."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
