"""Guesses for hidden words: what an encoder with the head that names them expects in each masked place of a text."""

import re
from dataclasses import dataclass

import numpy as np
import spacy
import torch

from ...encoder.pieces.batch import PieceBatch, WindowSize
from ...errors import UserError
from ...types import Ints1d
from .masking import Masked
from .network import MaskedLanguageModel

# How a masked place may be written, beside the tokenizer's own mask token
MARKS = ("[MASK]", "<mask>")


@dataclass(frozen=True)
class Guess:
    """A piece of the vocabulary for a masked place."""

    text: str  # as it reads
    piece: str  # as the vocabulary has it, with its marks of word beginnings or of their lack
    probability: float  # among all pieces of the vocabulary


@dataclass(frozen=True)
class Place:
    """A masked place of a text."""

    start: int  # first character of its mark
    end: int  # the character after it
    guesses: list[Guess]  # the most probable first


def require_head(model: MaskedLanguageModel, name: str) -> None:
    """RAISES (UserError): when the head was not in the checkpoint, so that its guesses would be random."""
    if model.new_weights:
        raise UserError(
            f"{name} has no head for hidden words (of {type(model.network).__name__} it lacks "
            f"{', '.join(model.new_weights[:2])}); expected one that has: `bertfam pretrain {name} TEXTS OUT` trains "
            "one and keeps it in OUT, or take a checkpoint of masked-language modeling from the hub."
        )


def fill(model: MaskedLanguageModel, text: str, n: int = 5) -> list[Place]:
    """Guess the masked places of a text, each from its whole window; the other masks of that stay masks.

    text (str): each place is written as the tokenizer's mask token, ``[MASK]`` or ``<mask>``.
    n (int): guesses for each place.
    RETURNS (list[Place]): in the order of the text. RAISES (UserError): when the text has none, or the tokenizer does
        not read them.
    """
    mask = model.tokenizer.backend.id_to_token(model.vocabulary.mask_id)
    marks = re.compile("|".join(map(re.escape, (mask, *MARKS))))
    found = list(marks.finditer(text))
    if not found:
        raise UserError(
            f"The text {text!r:.60} has no masked place; expected {' or '.join(dict.fromkeys((mask, *MARKS)))} in it."
        )
    scores = _scores(model, marks.sub(mask, text))
    if len(scores) != len(found):
        raise UserError(
            f"The text {text!r:.60} has {len(found)} masked places and the tokenizer reads {len(scores)}; expected a "
            f"tokenizer.json with {mask!r} among its added tokens: get the folder again."
        )
    best = torch.softmax(scores, dim=-1).topk(min(n, scores.shape[1]))
    return [
        Place(*match.span(), [_guess(model, *pair) for pair in zip(pieces, shares, strict=True)])
        for match, pieces, shares in zip(found, best.indices.tolist(), best.values.tolist(), strict=True)
    ]


def _scores(model: MaskedLanguageModel, text: str) -> torch.Tensor:
    """RETURNS (Tensor): of every piece of the vocabulary in each masked place; Shape: (n_masked, n_pieces)."""
    nlp = spacy.blank("xx")
    nlp.max_length = max(nlp.max_length, len(text))
    window = model.max_pieces - model.tokenizer.n_special
    batch = PieceBatch.from_docs([nlp.make_doc(text)], model.tokenizer, WindowSize(window, window // 4))
    parts = [torch.zeros(0, model.network.get_input_embeddings().num_embeddings)]
    model.network.eval()
    with torch.inference_mode():
        for start, end, own_start, own_end in zip(*batch.windows.arrays, strict=True):
            cells = own_start + np.flatnonzero(batch.ids[own_start:own_end] == model.vocabulary.mask_id)
            if len(cells):
                parts.append(
                    model.scores(_one_window(model, batch.ids[start:end], cells - start)).float().cpu()
                )
    return torch.cat(parts)


def _one_window(model: MaskedLanguageModel, ids: Ints1d, cells: Ints1d) -> Masked:
    prefix, suffix = model.tokenizer.prefix, model.tokenizer.suffix
    row = np.concatenate([prefix, ids, suffix]).astype(np.int64)
    return Masked(row[None], np.array([len(row)]), len(prefix) + cells, ids[cells])


def _guess(model: MaskedLanguageModel, piece: int, probability: float) -> Guess:
    backend = model.tokenizer.backend
    name = backend.id_to_token(piece) or f"<{piece}>"  # a row of the embeddings without a piece
    return Guess(backend.decode([piece], skip_special_tokens=False).strip() or name, name, probability)
