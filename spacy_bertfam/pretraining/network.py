"""A network that guesses hidden pieces, of any architecture that `transformers` has one for."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from torch import Tensor

from ..encoder.checkpoint import (
    UNFIT,
    max_pieces_of,
    offline_options,
    quiet_transformers,
    read_tokenizer,
    read_tokenizer_files,
    write_files,
)
from ..encoder.neutral import make_neutral
from ..errors import UserError
from ..gate import CheckpointError, check_folder
from ..saving import replaced_whole
from .masking import Masked, Vocabulary

# The head is asked for a multiple of so many pieces
ROWS = 64


class MaskedLanguageModel:
    """An encoder with the head that names hidden pieces. Its scores are computed for these alone: over all pieces
    they would cost as much as the encoder (38 million operations a piece beside 42 million, 12 layers of 384 and 50
    thousand pieces).

    folder (Path): a Hugging Face folder; where it has no such head one is made of ``new_weights``.
    Raises a CheckpointError where it cannot be opened, a UserError where its tokenizer has no piece for hidden ones.
    """

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        check_folder(folder)
        self.network, self.new_weights = _open(folder)
        make_neutral(self.network)
        self.tokenizer = read_tokenizer(folder, pad_id=self.network.config.pad_token_id or 0)
        self.tokenizer_files: Dict[str, bytes] = read_tokenizer_files(folder)
        n_pieces = self.network.get_input_embeddings().num_embeddings
        self.vocabulary = _read_vocabulary(folder, n_pieces)
        self.device = torch.device(device)
        self.network.to(self.device)
        self._cells: Optional[Tensor] = None
        base = getattr(self.network, self.network.base_model_prefix)
        base.register_forward_hook(self._keep_masked)

    @property
    def max_pieces(self) -> int:
        """The most pieces that the network takes at once, special pieces counted."""
        return max_pieces_of(self.network)

    def loss(self, masked: Masked) -> Tuple[Tensor, Tensor]:
        """How far the guesses are from what stood there.

        RETURNS (Tuple[Tensor, Tensor]): the sum of the cross-entropy over the masked pieces, in nats, and how many
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
            return self.network(input_ids=ids, attention_mask=mask).logits[0, :n]
        finally:
            self._cells = None

    def save(self, folder: Path) -> None:
        """Write encoder, head and tokenizer as a Hugging Face folder, which replaces one of that name."""
        self.network.config._name_or_path = ""
        with replaced_whole(folder) as temporary, quiet_transformers():
            self.network.save_pretrained(temporary)
            write_files(temporary, self.tokenizer_files)

    def _keep_masked(self, module: Any, arguments: Any, output: Any) -> Any:
        """The head gets the vectors of masked pieces only, as if they were one window."""
        if self._cells is not None:
            vectors = output.last_hidden_state
            output["last_hidden_state"] = vectors.reshape(-1, vectors.shape[-1])[self._cells][None]
        return output


def _read_vocabulary(folder: Path, n_pieces: int) -> Vocabulary:
    from transformers import AutoTokenizer

    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if tokenizer.mask_token_id is None or tokenizer.mask_token_id >= n_pieces:
        raise UserError(
            f"The tokenizer in {folder} has no piece that stands for hidden ones (mask_token); expected that of a "
            "BERT, RoBERTa or kin, whose training begins with guessing hidden pieces."
        )
    plain = np.setdiff1d(np.arange(min(len(tokenizer), n_pieces)), tokenizer.all_special_ids)
    return Vocabulary(int(tokenizer.mask_token_id), plain)


def _open(folder: Path) -> Tuple[Any, List[str]]:
    """RETURNS (Tuple): the network in float32, and the weights that the folder does not have."""
    from transformers import AutoModelForMaskedLM

    try:
        with quiet_transformers():
            network, found = AutoModelForMaskedLM.from_pretrained(
                folder, output_loading_info=True, **offline_options()
            )
    except UNFIT as error:
        raise CheckpointError(
            f"{folder} cannot be opened by AutoModelForMaskedLM ({type(error).__name__}: {error!s:.300}); expected an "
            "encoder whose kind `transformers` has a masked language model for."
        ) from error
    prefix = f"{network.base_model_prefix}."
    lacking = [name for name in found["missing_keys"] if name.startswith(prefix)]
    if lacking:
        raise CheckpointError(
            f"{folder} lacks weights of the encoder ({', '.join(sorted(lacking)[:3])}); expected a whole one."
        )
    return network, sorted(found["missing_keys"])
