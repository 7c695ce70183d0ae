"""A network that guesses hidden pieces, of any architecture that `transformers` has one for."""

import inspect
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...encoder.checkpoint.checkpoint import max_pieces_of, read_tokenizer, write_files
from ...encoder.checkpoint.network import Opened, open_network, read_config, save_network
from ...encoder.checkpoint.slow_tokenizer import opened_tokenizer
from ...encoder.checkpoint.transformers_private import architectures_of
from ...encoder.pieces.tokenizer import PieceTokenizer
from ...encoder.runtimes.padding import reads_padding
from ...encoder.runtimes.runtime import mask_of
from ...encoder.runtimes.torch_runtime import read_pieces
from ...errors import UserError
from ...files.saving import replaced_whole
from ...gate import CheckedFolder, CheckpointError, check_folder
from ...types import Ints1d
from .masking import Masked, Vocabulary

# Arguments of architectures with a head for pairs of texts: BERT and kin, ALBERT
PAIR_LABELS = ("next_sentence_label", "sentence_order_label")
# The head is asked for a multiple of so many pieces
ROWS = 64


class Guessed(NamedTuple):
    """Guesses beside what was to guess."""

    loss: Tensor  # sum of the cross-entropy, in nats
    n_right: Tensor


class MaskedLanguageModel:
    """An encoder with the head that names hidden pieces. Its scores are computed for these alone: over all pieces
    they would cost as much as the encoder (38 million operations a piece beside 42 million, 12 layers of 384 and 50
    thousand pieces).

    folder (Path): a Hugging Face folder; where it has no such head one is made of ``new_weights``.
    next_sentence (bool): with the head, too, that tells whether the second part of a pair follows the first.
    RAISES (CheckpointError): when it cannot be opened. RAISES (UserError): when its tokenizer has no piece for hidden
        ones.
    """

    def __init__(self, folder: Path, *, device: str = "cpu", next_sentence: bool = False) -> None:
        found = check_folder(folder)
        self.next_sentence = next_sentence
        self.network, self.new_weights = _open(found, next_sentence)
        self.tokenizer, self.tokenizer_files = read_tokenizer(
            found, pad_id=self.network.config.pad_token_id or 0
        )
        n_pieces = self.network.get_input_embeddings().num_embeddings
        self.vocabulary = _read_vocabulary(found, n_pieces)
        self.device = torch.device(device)
        self.network.to(self.device)
        self._cells: Tensor | None = None
        self.encoder.register_forward_hook(self._keep_masked)
        # Windows of different lengths may not share a call then
        self.reads_padding = reads_padding(self.encoder, self.tokenizer.pad_id)

    @property
    def encoder(self) -> Any:
        """The network without its head, a ``torch.nn.Module``."""
        return getattr(self.network, self.network.base_model_prefix)

    def replace_encoder(self, network: torch.nn.Module, tokenizer: PieceTokenizer) -> None:
        """Put the weights of another encoder of the same sizes and pieces under the head.

        RAISES (UserError): when it has others.
        """
        weights, own = network.state_dict(), self.encoder.state_dict()
        sizes = [{name: weight.shape for name, weight in found.items()} for found in (weights, own)]
        if sizes[0] != sizes[1] or tokenizer.backend.get_vocab() != self.tokenizer.backend.get_vocab():
            raise UserError(
                "The head for hidden words belongs to an encoder of other layers, sizes or pieces than that of the "
                "pipeline; expected the encoder that the pipeline began with: name that one (--head)."
            )
        self.encoder.load_state_dict(weights)

    @property
    def max_pieces(self) -> int:
        """The most pieces that the network takes at once, special pieces counted."""
        return max_pieces_of(self.network)

    @property
    def n_bytes(self) -> int:
        """How large ``save`` makes a folder, without the tokenizer."""
        return _n_bytes(self.network)

    @property
    def n_head_bytes(self) -> int:
        """How much of ``n_bytes`` is the head: what it shares with the encoder, as the embeddings, is not counted."""
        return _n_bytes(self.network) - _n_bytes(self.encoder)

    def loss(self, masked: Masked) -> tuple[Guessed, Guessed | None]:
        """RETURNS (tuple[Guessed, Guessed | None]): how far the guesses are from the pieces that stood there, and of
        pairs from whether their second part follows."""
        words, follows = self._outputs(masked)
        if masked.follows is None or follows is None:
            return _guessed(words, masked.expected), None
        return _guessed(words, masked.expected), _guessed(follows, np.where(masked.follows, 0, 1))

    def scores(self, masked: Masked) -> Tensor:
        """RETURNS (Tensor): of every piece of the vocabulary in each masked place; Shape: (n_masked, n_pieces)."""
        return self._outputs(masked)[0]

    def first_vectors(self, masked: Masked) -> Tensor:
        """RETURNS (Tensor): what a pooler reads, the vector of each window's first piece; Shape: (n_windows, width)."""
        vectors: Tensor = self._read(self.encoder, masked).last_hidden_state[:, 0]
        return vectors

    def _outputs(self, masked: Masked) -> tuple[Tensor, Tensor | None]:
        """RETURNS (tuple[Tensor, Tensor | None]): ``scores``, and those of each window's second part: that it follows,
        that it does not; Shape: (n_windows, 2). None where the network has no head for them."""
        # oneDNN prepares itself for each number of rows and keeps that, for a product as wide as the vocabulary
        n = len(masked.cells)
        cells = np.concatenate([masked.cells, np.repeat(masked.cells[:1], -n % ROWS)])
        self._cells = torch.from_numpy(cells).to(self.device)
        try:
            found = self._read(self.network, masked)
            if not self.next_sentence:
                return found.logits[0, :n], None
            follows = found.get("seq_relationship_logits", found.get("sop_logits"))
            return found.prediction_logits[0, :n], follows
        finally:
            self._cells = None

    def _read(self, network: Any, masked: Masked) -> Any:
        ids = torch.from_numpy(masked.ids).to(self.device)
        lengths = torch.from_numpy(masked.lengths).to(self.device)
        types = None if masked.types is None else torch.from_numpy(masked.types).to(self.device)
        return read_pieces(network, ids, mask_of(lengths, ids.shape[1]), types)

    def save(self, folder: Path) -> None:
        """Write encoder, head and tokenizer as a Hugging Face folder, which replaces one of that name."""
        with replaced_whole(folder) as temporary:
            save_network(self.network, temporary)
            write_files(temporary, self.tokenizer_files)

    def _keep_masked(self, module: Any, arguments: Any, output: Any) -> Any:
        """The head gets the vectors of masked pieces only, as if they were one window."""
        if self._cells is not None:
            vectors = output.last_hidden_state
            output["last_hidden_state"] = vectors.reshape(-1, vectors.shape[-1])[self._cells][None]
        return output


def _n_bytes(network: Any) -> int:
    tied = {tensor.data_ptr(): tensor.nbytes for tensor in network.state_dict().values()}
    return sum(tied.values())


def _read_vocabulary(folder: CheckedFolder, n_pieces: int) -> Vocabulary:
    with opened_tokenizer(folder) as tokenizer:
        if tokenizer.mask_token_id is None or tokenizer.mask_token_id >= n_pieces:
            raise UserError(
                f"The tokenizer in {folder.path} has no piece that stands for hidden ones (mask_token); expected that "
                "of a BERT, RoBERTa or kin, whose training begins with guessing hidden pieces."
            )
        plain = np.setdiff1d(np.arange(min(len(tokenizer), n_pieces)), tokenizer.all_special_ids)
        return Vocabulary(int(tokenizer.mask_token_id), plain)


def _guessed(scores: Tensor, expected: Ints1d) -> Guessed:
    right = torch.from_numpy(expected).to(scores.device)
    loss = torch.nn.functional.cross_entropy(scores.float(), right, reduction="sum")
    return Guessed(loss, (scores.argmax(dim=-1) == right).sum())


def _open(folder: CheckedFolder, next_sentence: bool) -> Opened:
    """RETURNS (Opened): the network, and the weights that the folder does not have."""
    from transformers import AutoModelForMaskedLM, AutoModelForPreTraining

    config = read_config(folder)
    auto = AutoModelForPreTraining if next_sentence else AutoModelForMaskedLM
    if next_sentence:
        _require_pairs(folder, config, auto)
    opened = open_network(folder, config, auto=auto)
    prefix = f"{opened.network.base_model_prefix}."
    lacking = [name for name in opened.missing if name.startswith(prefix) and "pooler" not in name]
    if lacking:
        raise CheckpointError(
            f"{folder.path} lacks weights of the encoder ({', '.join(lacking[:3])}); expected a whole one."
        )
    parameters = dict(opened.network.named_parameters())
    for name in opened.missing:
        if name.endswith("bias") and name in parameters:  # of some architectures they are memory as it was
            torch.nn.init.zeros_(parameters[name])
    return opened


def _require_pairs(folder: CheckedFolder, config: Any, auto: Any) -> None:
    """RAISES (UserError): when an architecture has no segments, or no head for both tasks."""
    found = architectures_of(auto, config)
    outputs = [name for kind in found for name in inspect.signature(kind.forward).parameters]
    has_both = "attention_mask" in outputs and any(name in outputs for name in PAIR_LABELS)
    if not has_both or getattr(config, "type_vocab_size", 0) < 2:
        raise UserError(
            f"{folder.path}: {config.model_type!r} has no segment ids with a pooler and a head for the next sentence; "
            "expected an architecture that has, as BERT: leave --next-sentence out."
        )
