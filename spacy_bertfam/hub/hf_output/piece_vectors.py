"""Texts to one vector for each word piece: what a head meets before pieces become tokens."""

from dataclasses import dataclass
from itertools import accumulate
from typing import List, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.types import Floats2d
from tokenizers import Tokenizer

from ...encoder.model import encoder_shim, split
from ...encoder.pieces.alignment import align
from ...encoder.pieces.batch import PieceBatch, WindowSize
from ...encoder.pieces.piece_scheme import token_places
from ...encoder.pieces.tokenizer import PieceTokenizer
from ...encoder.pieces.windows import sentence_borders, split_windows, token_borders
from ...types import Pieces, Tok2VecModel, Windows


@dataclass(frozen=True)
class NamedPieces:
    """The pieces of one text as the tokenizer names them; its offsets are left as they are.

    SentencePiece tokenizers count the space before a word as part of its first piece.
    """

    ids: Tuple[int, ...]
    names: Tuple[str, ...]  # as the vocabulary has them: "##zo", "▁Paris"
    offsets: Tuple[Tuple[int, int], ...]  # characters of the text, the end exclusive


def name_pieces(backend: Tokenizer, text: str) -> NamedPieces:
    """RETURNS (NamedPieces): in number and order those of ``PieceTokenizer`` over a text."""
    encoding = backend.encode(text, add_special_tokens=False)
    return NamedPieces(tuple(encoding.ids), tuple(encoding.tokens), tuple(encoding.offsets))


def name_doc_pieces(tokenizer: PieceTokenizer, doc: Doc) -> NamedPieces:
    """RETURNS (NamedPieces): in number and order those of ``PieceTokenizer.cut``."""
    if not tokenizer.scheme.by_token:
        return name_pieces(tokenizer.backend, doc.text)
    places = token_places(doc)
    words = [word for word, _, _ in places]
    encoding = tokenizer.backend.encode(words, is_pretokenized=True, add_special_tokens=False)
    # where a word begins in the text: its end, less its length
    begins = [end - len(word) for word, _, end in places]
    offsets = [
        (start + begins[word], end + begins[word])
        for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True)
    ]
    return NamedPieces(tuple(encoding.ids), tuple(encoding.tokens), tuple(offsets))


def piece_vectors(model: Tok2VecModel, docs: Sequence[Doc]) -> List[Floats2d]:
    """The last layer's vector of each piece, read from the window that owns it.

    The windows are those of the token vectors, with one exception: of a token that is longer than a
    window no piece is left out here.

    model (Model): a ``spacy-bertfam.Encoder.v1`` with weights.
    RETURNS (List[Floats2d]): for each Doc, Shape: (n_pieces, width).
    """
    shim = encoder_shim(model)
    batch = batch_of_pieces(docs, shim.loaded.tokenizer, shim.window_size())
    return split(shim.predict(batch), batch.lengths)


def batch_of_pieces(docs: Sequence[Doc], tokenizer: PieceTokenizer, size: WindowSize) -> PieceBatch:
    """A batch in which every piece is a token of its own: any pooling gives its very vector."""
    texts = tokenizer.cut(docs)
    lengths = [len(pieces) for pieces in texts]
    n_pieces = sum(lengths)
    bases = accumulate([0, *lengths])
    windows = [
        [array + base for array in _cut(doc, pieces, size)]
        for doc, pieces, base in zip(docs, texts, bases, strict=False)
        if len(pieces)
    ]
    empty = np.zeros(0, dtype=np.int64)
    joined = [np.concatenate(arrays) for arrays in zip(*windows, strict=True)] or [empty] * 4
    ids = np.concatenate([empty, *(pieces.ids for pieces in texts)])
    own = np.arange(n_pieces, dtype=np.int64)
    return PieceBatch(ids, Windows(*joined), own, own + 1, lengths, 0)


def _cut(doc: Doc, pieces: Pieces, size: WindowSize) -> Tuple[np.ndarray, ...]:
    """The windows of one text: starts, ends, and the stretches that each owns."""
    allowed = token_borders(align(doc, pieces), len(pieces))
    welcome = sentence_borders(doc.text, pieces)
    windows = split_windows(allowed, welcome, window=size.window, overlap=size.overlap)
    return windows.starts, windows.ends, windows.own_starts, windows.own_ends
