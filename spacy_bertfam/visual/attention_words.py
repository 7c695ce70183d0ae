"""The pieces of one window -> words, and attention between pieces -> attention between words."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from ..encoder.attention import Floats4d
from ..encoder.pieces.batch import PieceBatch
from ..encoder.pieces.tokenizer import PieceTokenizer
from ..types import Ints1d

Bools2d = NDArray[np.bool_]

MAX_WORDS = 200
ELLIPSIS = "…"
NO_TOKEN, THE_REST = -1, -2


class WordPieces(NamedTuple):
    """The pieces of a word, counted from the first special one."""

    first: int
    last: int  # index after the last piece
    token: int  # index in the Doc, or NO_TOKEN, or THE_REST


@dataclass(frozen=True)
class WindowWords:
    """The words of a text's first window, and the pieces of each."""

    ids: Ints1d  # with the special pieces. Shape: (n_pieces,)
    words: list[str]
    tokens: Ints1d  # Shape: (n_words,), -1 for what is no token
    owned: Bools2d  # does the word own the piece? Shape: (n_words, n_pieces)


def window_words(doc: Doc, batch: PieceBatch, tokenizer: PieceTokenizer) -> WindowWords:
    """The words of a Doc's first window, in the order of their first pieces.

    batch (PieceBatch): of this Doc alone, with at least one piece.
    """
    n_before, n_pieces = len(tokenizer.prefix), int(batch.windows.ends[0])
    ids = np.concatenate([tokenizer.prefix, batch.ids[:n_pieces], tokenizer.suffix]).astype(np.int64)
    found = _token_pieces(batch.firsts + n_before, batch.lasts + n_before, n_before + n_pieces)
    free = np.flatnonzero(~_owned(found, len(ids)).any(axis=0)).tolist()
    found = sorted([*found, *(WordPieces(i, i + 1, NO_TOKEN) for i in free)])
    tokens = np.array([max(one.token, NO_TOKEN) for one in found], dtype=np.int64)
    return WindowWords(
        ids, [_text(one, doc, ids, tokenizer) for one in found], tokens, _owned(found, len(ids))
    )


def word_attention(weights: Floats4d, owned: Bools2d) -> Floats4d:
    """From pieces to words: weights to the pieces of a word are summed, weights from them are averaged.

    weights (Floats4d): Shape: (n_layers, n_heads, n_pieces, n_pieces)
    owned (Bools2d): Shape: (n_words, n_pieces); each word owns a piece and each piece is owned. What a piece of
        several words is given is parted between them.
    RETURNS (Floats4d): Shape: (n_layers, n_heads, n_words, n_words); rows sum to 1 where those of pieces do.
    """
    sums = (owned / owned.sum(axis=0, keepdims=True)).T.astype(np.float32)  # Shape: (n_pieces, n_words)
    means = (owned / owned.sum(axis=1, keepdims=True)).astype(np.float32)  # Shape: (n_words, n_pieces)
    return np.stack([means @ layer @ sums for layer in weights])


def _token_pieces(firsts: Ints1d, lasts: Ints1d, end: int) -> list[WordPieces]:
    """The pieces of the first tokens, and of all others together; ``end`` is that of the window."""
    lasts = np.minimum(lasts, end)
    tokens = np.flatnonzero(firsts < lasts).tolist()
    found = [WordPieces(int(firsts[i]), int(lasts[i]), i) for i in tokens[:MAX_WORDS]]
    shown_end = max((one.last for one in found), default=end)
    if len(tokens) > MAX_WORDS and shown_end < end:
        found.append(WordPieces(shown_end, end, THE_REST))
    return found


def _owned(words: list[WordPieces], n_pieces: int) -> Bools2d:
    owned = np.zeros((len(words), n_pieces), dtype=bool)
    for row, word in zip(owned, words, strict=True):
        row[word.first : word.last] = True
    return owned


def _text(word: WordPieces, doc: Doc, ids: Ints1d, tokenizer: PieceTokenizer) -> str:
    if word.token == THE_REST:
        return ELLIPSIS
    if word.token == NO_TOKEN:  # as the tokenizer writes it
        return str(tokenizer.backend.id_to_token(int(ids[word.first])))
    return doc[word.token].text
