"""The pieces of one window -> words, and attention between pieces -> attention between words."""

from dataclasses import dataclass
from typing import Iterable, List, NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from ..encoder.attention import Floats4d
from ..encoder.pieces.batch import PieceBatch
from ..encoder.pieces.tokenizer import PieceTokenizer
from ..types import Bools1d, Ints1d

MAX_WORDS = 200
ELLIPSIS = "…"
NO_TOKEN, THE_REST = -1, -2


class Stretch(NamedTuple):
    """The pieces of a word, counted from the first special one."""

    first: int
    last: int  # index after the last piece
    token: int  # index in the Doc, or NO_TOKEN, or THE_REST


@dataclass(frozen=True)
class WindowWords:
    """The words of a text's first window, and the pieces of each."""

    ids: Ints1d  # with the special pieces. Shape: (n_pieces,)
    words: List[str]
    tokens: Ints1d  # Shape: (n_words,), -1 for what is no token
    owned: NDArray[np.bool_]  # does the word own the piece? Shape: (n_words, n_pieces)


def window_words(doc: Doc, batch: PieceBatch, tokenizer: PieceTokenizer) -> WindowWords:
    """The words of a doc's first window, in the order of their first pieces.

    batch (PieceBatch): of this doc alone, with at least one piece.
    """
    n_before, n_pieces = len(tokenizer.prefix), int(batch.windows.ends[0])
    ids = np.concatenate([tokenizer.prefix, batch.ids[:n_pieces], tokenizer.suffix]).astype(np.int64)
    stretches = _stretches(
        batch.firsts + n_before, batch.lasts + n_before, n_before, n_before + n_pieces, len(ids)
    )
    owned = np.zeros((len(stretches), len(ids)), dtype=bool)
    for row, stretch in zip(owned, stretches, strict=True):
        row[stretch.first : stretch.last] = True
    words = [_text(stretch, doc, ids, tokenizer) for stretch in stretches]
    tokens = np.array([stretch.token for stretch in stretches], dtype=np.int64)
    return WindowWords(ids, words, np.maximum(tokens, NO_TOKEN), owned)


def word_attention(weights: Floats4d, owned: NDArray[np.bool_]) -> Floats4d:
    """From pieces to words: weights to the pieces of a word are summed, weights from them are averaged.

    weights (Floats4d): Shape: (n_layers, n_heads, n_pieces, n_pieces)
    owned (NDArray[bool]): Shape: (n_words, n_pieces); each word owns a piece and each piece is owned. What a piece of
        several words is given is parted between them.
    RETURNS (Floats4d): Shape: (n_layers, n_heads, n_words, n_words); rows sum to 1 where those of pieces do.
    """
    sums = (owned / owned.sum(axis=0, keepdims=True)).T.astype(np.float32)  # Shape: (n_pieces, n_words)
    means = (owned / owned.sum(axis=1, keepdims=True)).astype(np.float32)  # Shape: (n_words, n_pieces)
    return np.stack([means @ layer @ sums for layer in weights])


def _stretches(firsts: Ints1d, lasts: Ints1d, start: int, end: int, n_ids: int) -> List[Stretch]:
    """Of tokens, of all pieces that no token owns, and of the rest; ``start`` and ``end`` part special pieces off."""
    lasts = np.minimum(lasts, end)
    tokens = np.flatnonzero(firsts < lasts)
    found = [Stretch(int(firsts[i]), int(lasts[i]), int(i)) for i in tokens[:MAX_WORDS]]
    if len(tokens) > MAX_WORDS:
        shown_end = max(stretch.last for stretch in found)
        found += [Stretch(shown_end, end, THE_REST)] if shown_end < end else []
    is_free = ~_covered(found, n_ids)
    return sorted([*found, *(Stretch(i, i + 1, NO_TOKEN) for i in np.flatnonzero(is_free).tolist())])


def _covered(stretches: Iterable[Stretch], n: int) -> Bools1d:
    covered = np.zeros(n, dtype=bool)
    for stretch in stretches:
        covered[stretch.first : stretch.last] = True
    return covered


def _text(stretch: Stretch, doc: Doc, ids: Ints1d, tokenizer: PieceTokenizer) -> str:
    if stretch.token == THE_REST:
        return ELLIPSIS
    if stretch.token == NO_TOKEN:  # as the tokenizer writes it
        return str(tokenizer.backend.id_to_token(int(ids[stretch.first])))
    return doc[stretch.token].text
