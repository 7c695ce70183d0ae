"""A network that guesses hidden pieces, of any architecture that `transformers` has one for."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...encoder.checkpoint.checkpoint import max_pieces_of, read_tokenizer, write_files
from ...encoder.checkpoint.network import Opened, open_network, read_config, save_network
from ...encoder.checkpoint.slow_tokenizer import opened_tokenizer
from ...encoder.pieces.tokenizer import PieceTokenizer
from ...encoder.runtimes.padding import reads_padding
from ...errors import UserError
from ...files.saving import replaced_whole
from ...gate import CheckedFolder, CheckpointError, check_folder
from .masking import Masked, Vocabulary

# The head is asked for a multiple of so many pieces
ROWS = 64


class MaskedLanguageModel:
    """An encoder with the head that names hidden pieces. Its scores are computed for these alone: over all pieces
    they would cost as much as the encoder (38 million operations a piece beside 42 million, 12 layers of 384 and 50
    thousand pieces).

    folder (Path): a Hugging Face folder; where it has no such head one is made of ``new_weights``.
    RAISES (CheckpointError): when it cannot be opened. RAISES (UserError): when its tokenizer has no piece for hidden
        ones.
    """

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        found = check_folder(folder)
        self.network, self.new_weights = _open(found)
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

    def loss(self, masked: Masked) -> tuple[Tensor, Tensor]:
        """How far the guesses are from what stood there.

        RETURNS (tuple[Tensor, Tensor]): the sum of the cross-entropy over the masked pieces, in nats, and how many
            of them would be guessed right.
        """
        scores = self.scores(masked)
        expected = torch.from_numpy(masked.expected).to(self.device)
        loss = torch.nn.functional.cross_entropy(scores.float(), expected, reduction="sum")
        return loss, (scores.argmax(dim=-1) == expected).sum()

    def scores(self, masked: Masked) -> Tensor:
        """RETURNS (Tensor): of every piece of the vocabulary in each masked place; Shape: (n_masked, n_pieces)."""
        ids = torch.from_numpy(masked.ids).to(self.device)
        lengths = torch.from_numpy(masked.lengths).to(self.device)
        mask = (torch.arange(ids.shape[1], device=self.device)[None, :] < lengths[:, None]).long()
        # oneDNN prepares itself for each number of rows and keeps that, for a product as wide as the vocabulary
        n = len(masked.cells)
        cells = np.concatenate([masked.cells, np.repeat(masked.cells[:1], -n % ROWS)])
        self._cells = torch.from_numpy(cells).to(self.device)
        try:
            logits: Tensor = self.network(input_ids=ids, attention_mask=mask).logits
            return logits[0, :n]
        finally:
            self._cells = None

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


def _open(folder: CheckedFolder) -> Opened:
    """RETURNS (Opened): the network, and the weights that the folder does not have."""
    from transformers import AutoModelForMaskedLM

    opened = open_network(folder, read_config(folder), auto=AutoModelForMaskedLM)
    prefix = f"{opened.network.base_model_prefix}."
    lacking = [name for name in opened.missing if name.startswith(prefix)]
    if lacking:
        raise CheckpointError(
            f"{folder.path} lacks weights of the encoder ({', '.join(lacking[:3])}); expected a whole one."
        )
    parameters = dict(opened.network.named_parameters())
    for name in opened.missing:
        if name.endswith("bias") and name in parameters:  # of some architectures they are memory as it was
            torch.nn.init.zeros_(parameters[name])
    return opened
