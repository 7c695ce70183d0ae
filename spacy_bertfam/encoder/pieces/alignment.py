"""Which pieces belong to which token: a token owns every piece that overlaps its characters."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from spacy.attrs import IDX, IS_SPACE, LENGTH
from spacy.tokens import Doc

from ...types import Ints1d, Pieces


class TokenPieces(NamedTuple):
    """The pieces of each token of a Doc; a token with ``firsts == lasts`` has none."""

    firsts: Ints1d  # Shape: (n_tokens,), index of the token's first piece
    lasts: Ints1d  # Shape: (n_tokens,), index after its last piece


def align(doc: Doc, pieces: Pieces) -> TokenPieces:
    """The pieces that overlap the characters of each token of ``doc``; white space has none.

    pieces (Pieces): those of ``doc.text``.
    """
    return align_joined([doc], [0], pieces)


def align_joined(docs: Sequence[Doc], bases: Sequence[int], pieces: Pieces) -> TokenPieces:
    """As ``align``, for texts that stand end to end.

    bases (Sequence[int]): where the text of each Doc begins.
    pieces (Pieces): those of all texts, see ``PieceTokenizer.join``.
    """
    token_starts = _attribute(docs, IDX)
    token_starts += np.repeat(bases, [len(doc) for doc in docs])
    real = np.flatnonzero(pieces.ends > pieces.starts)
    # Offsets grow from piece to piece; where a normalizer has swapped characters they are widened
    # until they do, so that no overlap is missed.
    ends = np.maximum.accumulate(pieces.ends[real])
    firsts = np.searchsorted(ends, token_starts, side="right")
    token_starts += _attribute(docs, LENGTH)
    starts = np.minimum.accumulate(pieces.starts[real][::-1])[::-1]
    lasts = np.searchsorted(starts, token_starts, side="left")
    # A normalizer may drop a white-space character within a word: the piece around it is not that token's.
    found = (lasts > firsts) & (_attribute(docs, IS_SPACE) == 0)
    firsts[found] = real[firsts[found]]
    lasts[found] = real[lasts[found] - 1] + 1
    firsts[~found] = lasts[~found] = 0
    return TokenPieces(firsts, lasts)


def _attribute(docs: Sequence[Doc], attribute: int) -> Ints1d:
    """An attribute of all tokens, those of all Docs end to end. Shape: (n_tokens,)."""
    return np.concatenate([doc.to_array(attribute) for doc in docs]).astype(np.int64)
