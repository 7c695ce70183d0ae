"""A Hugging Face folder <-> a network with its tokenizer. Safetensors only, never the network's own code."""

import inspect
import tempfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import torch

from ..errors import UserError
from ..gate import CheckpointError, check_folder
from ..saving import written_beside
from .forking import making
from .graph import FOLDER, Graph, has_weights, read_graph, remove_leftovers
from .layers import keep_layers
from .manner import MANNER_FILE
from .padding import reads_padding
from .tokenizer import PieceTokenizer
from .widening import read_widened

# Everything that a tokenizer may need besides tokenizer.json, for who opens the folder with `transformers`
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model", MANNER_FILE,
)  # fmt: skip
CONFIG = "config.json"
# What a tokenizer without tokenizer.json is made of
VOCABULARIES = ("vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")

# What the architectures raise, each in its own way, at settings they cannot be built from or weights that do
# not fit: of a checkpoint that somebody else made, none of it is a defect here
UNFIT = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class Checkpoint:
    """An encoder in memory: what a Hugging Face folder holds."""

    # a `transformers` model with `last_hidden_state` among its outputs; None where only a graph was kept
    weights: Optional[torch.nn.Module]
    tokenizer: PieceTokenizer
    tokenizer_files: Dict[
        str, bytes
    ]  # name -> content, written back as they are; without weights config.json too
    graph: Optional[Graph] = None  # the same network for another engine

    @property
    def network(self) -> Any:
        """The weights, a ``torch.nn.Module``. Raises a UserError where they were left out."""
        if self.weights is None:
            raise UserError(
                "This encoder has no torch weights: they were left out to make the pipeline smaller (--drop-torch). "
                "Expected a whole one, to train, export, optimise or look into it: load the pipeline it was made from."
            )
        return self.weights

    @property
    def width(self) -> int:
        """The width of a piece's vector."""
        if self.weights is None and self.graph is not None:
            return self.graph.width
        return int(self.network.config.hidden_size)

    @cached_property
    def max_pieces(self) -> int:
        """The most pieces that the network takes at once, special pieces counted."""
        if self.weights is None and self.graph is not None:
            return self.graph.max_pieces
        return max_pieces_of(self.network)

    @cached_property
    def reads_padding(self) -> bool:
        """Whether vectors depend on the padding of their window: then windows of one length alone share a call."""
        if self.weights is None and self.graph is not None:
            return self.graph.reads_padding
        return reads_padding(self.network, self.tokenizer.pad_id)


def max_pieces_of(network: Any) -> int:
    """RETURNS (int): the most pieces that a network takes at once, special pieces counted."""
    limit = int(getattr(network.config, "max_position_embeddings", None) or 512)
    for name, module in network.named_modules():
        # RoBERTa and its kin number positions from padding_idx + 1
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return limit - int(module.padding_idx) - 1
    return limit


def read_checkpoint(
    folder: Path, *, attention: Optional[str] = None, n_layers: Optional[int] = None
) -> Checkpoint:
    """Open a Hugging Face folder offline, in float32 and on the CPU.

    attention (Optional[str]): as `transformers`' ``attn_implementation``; None lets it choose, which is
        scaled dot product attention wherever the architecture has it.
    n_layers (Optional[int]): only the lowest so many layers; None is all. What is read without weights has those
        that its graph was made with.
    Raises a CheckpointError where the folder is not one, or holds what is not safe to open; a UserError where it
        has fewer layers.
    """
    graph = read_graph(folder)
    if graph is not None and not has_weights(folder):
        return _read_without_weights(folder, graph)
    checkpoint, is_cut = _read_with_weights(folder, attention, n_layers)
    if graph is not None and is_cut:
        raise UserError(
            f"{folder} holds a graph for {graph.runtime} with more layers than n_layers = {n_layers}; expected the "
            "pipeline that it was made from: cut that one, and make it fast again with `bertfam optimize`."
        )
    return replace(checkpoint, graph=graph)


def without_weights(checkpoint: Checkpoint) -> Checkpoint:
    """RETURNS (Checkpoint): with its graph alone, to predict with and nothing else."""
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint.network.config._name_or_path = ""
        checkpoint.network.config.save_pretrained(temporary)
        config = (Path(temporary) / CONFIG).read_bytes()
    files = {**checkpoint.tokenizer_files, CONFIG: config}
    return replace(checkpoint, weights=None, tokenizer_files=files)


def _read_without_weights(folder: Path, graph: Graph) -> Checkpoint:
    """Of `transformers` nothing is needed, not even its configurations."""
    check_folder(folder, without_weights=True)
    files = {**read_tokenizer_files(folder), CONFIG: (folder / CONFIG).read_bytes()}
    return Checkpoint(None, _read_tokenizer(folder, files, pad_id=graph.pad_id), files, graph)


def _read_with_weights(
    folder: Path, attention: Optional[str], n_layers: Optional[int]
) -> Tuple[Checkpoint, bool]:
    """RETURNS (Tuple[Checkpoint, bool]): the encoder, and whether layers were left out."""
    from transformers import AutoConfig

    check_folder(folder)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except UNFIT as error:
        raise CheckpointError(f"{folder / 'config.json'} cannot be read by transformers: {error}") from error
    is_cut = n_layers is not None and keep_layers(config, n_layers, folder)
    network = _read_network(folder, config, attention)
    files = read_tokenizer_files(folder)
    pad_id = getattr(config, "pad_token_id", None)
    tokenizer = _read_tokenizer(folder, files, pad_id=0 if pad_id is None else pad_id)
    return Checkpoint(network, tokenizer, files), is_cut


def write_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the encoder as a folder that ``AutoModel.from_pretrained`` opens."""
    weights: Any = checkpoint.weights
    graph = checkpoint.graph
    with written_beside(folder) as temporary:
        if weights is not None:
            weights.config._name_or_path = ""
            with quiet_transformers():
                weights.save_pretrained(temporary)
        write_files(temporary, checkpoint.tokenizer_files)
        if graph is not None:
            graph.write(temporary)
    remove_leftovers(folder, has_graph=graph is not None, has_weights=weights is not None)


def write_files(folder: Path, files: Dict[str, bytes]) -> None:
    """Write ``name -> content`` into a folder; a name may be one of a file in ``onnx/``."""
    for name, content in files.items():
        if Path(name).name != name.removeprefix(f"{FOLDER}/"):
            raise CheckpointError(f"A file of the encoder is named {name!r:.200}; expected a plain name.")
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def read_files(folder: Path) -> Dict[str, bytes]:
    """RETURNS (Dict[str, bytes]): what ``write_files`` takes, of a folder that ``write_checkpoint`` has written."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _read_network(folder: Path, config: Any, attention: Optional[str]) -> torch.nn.Module:
    from transformers import AutoModel

    options = offline_options()
    if attention is not None:
        options["attn_implementation"] = attention
    if hasattr(config, "reference_compile"):
        config.reference_compile = False  # ModernBERT would call torch.compile, and so a C compiler
    architecture: Any = AutoModel._model_mapping.get(type(config), None)
    if architecture is None:
        raise CheckpointError(
            f"{folder}: model type {config.model_type!r} has no encoder in the installed transformers; "
            "expected one that AutoModel opens."
        )
    if "add_pooling_layer" in inspect.signature(architecture.__init__).parameters:
        options["add_pooling_layer"] = False
    try:
        # of a few configurations two architectures are made, and AutoModel knows which
        weights = read_widened(folder) if isinstance(architecture, type) else None
        opener: Any = AutoModel if weights is None else architecture
        source: Any = folder if weights is None else None
        with quiet_transformers():
            network, found = opener.from_pretrained(
                source, config=config, state_dict=weights, output_loading_info=True, **options
            )
    except UNFIT as error:
        raise CheckpointError(
            f"{folder}: no {architecture.__name__} can be made of these weights and this config.json "
            f"({type(error).__name__}: {error})."
        ) from error
    # transformers would make them up; of a pooler no token needs anything
    missing = sorted(name for name in found["missing_keys"] if "pooler." not in name)
    if missing:
        raise CheckpointError(
            f"{folder}: {len(missing)} weights of {type(network).__name__} are missing ({', '.join(missing[:3])}); "
            "expected a whole encoder: get the folder again."
        )
    if not hasattr(network.config, "hidden_size"):
        raise CheckpointError(f"{folder}: {type(network).__name__} has no hidden_size; expected an encoder.")
    if hasattr(network, "set_attention_type"):
        # BigBird goes over to it for good at the first short window: texts would depend on those read before, and
        # on those of other threads
        with making():
            network.set_attention_type("original_full")
    return network.float()


def offline_options() -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): for ``from_pretrained``: no network, no pickle, no code of the folder, float32."""
    from transformers import __version__ as version

    dtype = "torch_dtype" if version.startswith("4.") else "dtype"
    return {
        "local_files_only": True,
        "use_safetensors": True,
        "trust_remote_code": False,
        dtype: torch.float32,
    }


class quiet_transformers:
    """Silences the notes of `transformers` on weights that an encoder alone does not use, for one thread at a time:
    what they would be set back to is what another one has set."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        self._lock = making()
        self._lock.acquire()
        self._verbosity = logging.get_verbosity()
        self._bar = logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()

    def __exit__(self, *error: object) -> None:
        from transformers.utils import logging

        logging.set_verbosity(self._verbosity)
        if self._bar:
            logging.enable_progress_bar()
        self._lock.release()


def read_tokenizer(folder: Path, *, pad_id: int = 0) -> PieceTokenizer:
    """The tokenizer of a Hugging Face folder, without the network. Raises a CheckpointError where there is none."""
    return _read_tokenizer(folder, read_tokenizer_files(folder), pad_id=pad_id)


def _read_tokenizer(folder: Path, files: Dict[str, bytes], *, pad_id: int) -> PieceTokenizer:
    if (folder / "tokenizer.json").is_file():
        return PieceTokenizer.from_folder(folder, pad_id=pad_id)
    with tempfile.TemporaryDirectory() as temporary:
        write_files(Path(temporary), {"tokenizer.json": files["tokenizer.json"]})
        return PieceTokenizer.from_folder(Path(temporary), pad_id=pad_id)


def read_tokenizer_files(folder: Path) -> Dict[str, bytes]:
    """The tokenizer's files as they are; a slow tokenizer without ``tokenizer.json`` is converted once."""
    if (folder / "tokenizer.json").is_file():
        return {name: (folder / name).read_bytes() for name in TOKENIZER_FILES if (folder / name).is_file()}
    from transformers import AutoTokenizer

    # transformers 5 would make up a vocabulary of special pieces alone
    if not any((folder / name).is_file() for name in VOCABULARIES):
        raise CheckpointError(
            f"{folder} has no tokenizer.json and no vocabulary; expected one of {', '.join(VOCABULARIES)}: "
            "fetch the tokenizer's files too."
        )
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises plain ones
        raise CheckpointError(
            f"{folder} has no tokenizer.json, and transformers makes no tokenizer of its other files "
            f"({type(error).__name__}: {error}); expected a tokenizer: fetch its files too."
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise CheckpointError(
            f"{folder}: {type(tokenizer).__name__} has no fast version; expected a tokenizer.json, or a "
            "tokenizer that transformers can turn into one. Alignment needs its character offsets."
        )
    with tempfile.TemporaryDirectory() as temporary:
        tokenizer.save_pretrained(temporary)
        return read_tokenizer_files(Path(temporary))
