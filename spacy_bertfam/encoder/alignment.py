"""Which pieces belong to which token: a token owns every piece that overlaps its characters."""

from typing import List, NamedTuple, Sequence

import numpy as np
from spacy.attrs import IDX, IS_SPACE, LENGTH
from spacy.tokens import Doc

from ..types import Ints1d, Pieces


class TokenPieces(NamedTuple):
    """The pieces of each token of a Doc; a token with ``firsts == lasts`` has none."""

    firsts: Ints1d  # Shape: (n_tokens,), index of the token's first piece
    lasts: Ints1d  # Shape: (n_tokens,), index after its last piece


def align(doc: Doc, pieces: Pieces) -> TokenPieces:
    """The stretch of pieces that overlaps the characters of each token of ``doc``; white space has none.

    pieces (Pieces): those of ``doc.text``.
    """
    return align_joined([doc], [0], pieces)


def align_joined(docs: Sequence[Doc], bases: Sequence[int], pieces: Pieces) -> TokenPieces:
    """As ``align``, for texts that stand end to end.

    bases (Sequence[int]): where the text of each Doc begins.
    pieces (Pieces): those of all texts, see ``PieceTokenizer.join``.
    """
    attributes = [doc.to_array([IDX, LENGTH, IS_SPACE]).reshape(-1, 3) for doc in docs]
    token_starts, token_lengths, is_space = np.concatenate(attributes).astype(np.int64).T
    token_starts = token_starts + np.repeat(bases, [len(doc) for doc in docs])
    real = np.flatnonzero(pieces.ends > pieces.starts)
    # Offsets grow from piece to piece; where a normaliser has swapped characters they are widened
    # until they do, so that no overlap is missed.
    starts = np.minimum.accumulate(pieces.starts[real][::-1])[::-1]
    ends = np.maximum.accumulate(pieces.ends[real])
    firsts = np.searchsorted(ends, token_starts, side="right")
    lasts = np.searchsorted(starts, token_starts + token_lengths, side="left")
    # A normaliser may drop a white-space character within a word: the piece around it is not that token's.
    found = (lasts > firsts) & (is_space == 0)
    result_firsts, result_lasts = np.zeros_like(firsts), np.zeros_like(firsts)
    result_firsts[found] = real[firsts[found]]
    result_lasts[found] = real[lasts[found] - 1] + 1
    return TokenPieces(result_firsts, result_lasts)


def piece_tokens(tokens: TokenPieces, n_pieces: int) -> List[List[int]]:
    """For each piece the tokens that own it: the reverse of ``align``, to look at."""
    owners: List[List[int]] = [[] for _ in range(n_pieces)]
    for token, (first, last) in enumerate(zip(*tokens, strict=True)):
        for piece in range(first, last):
            owners[piece].append(token)
    return owners
