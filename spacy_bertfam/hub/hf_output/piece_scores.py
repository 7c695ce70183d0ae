"""Docs to tag probabilities for each word piece: the encoder and the head of a pipeline, without pooling."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from thinc.types import Floats2d
from tokenizers import Tokenizer

from ...encoder.checkpoint.checkpoint import Checkpoint
from ...encoder.model import encoder_shim, split
from ...encoder.pieces.alignment import align
from ...encoder.pieces.batch import PieceBatch, WindowSize
from ...encoder.pieces.piece_scheme import token_places
from ...encoder.pieces.tokenizer import PieceTokenizer
from ...encoder.pieces.windows import sentence_borders, split_windows, token_borders
from ...errors import UserError
from ...heads.score_vectors import is_on_vectors, score_vectors, softmax
from ...pipeline.find import find_encoder, find_ner
from ...types import Ints1d, Pieces, Tok2VecModel, Windows

# Where a checkpoint's files do not name its unknown piece
UNKNOWN_NAMES = ("[UNK]", "<unk>")


class PieceTable(TypedDict):
    """The pieces of a Doc and their predictions: plain data, which a Doc keeps through ``to_bytes``."""

    words: list[str]  # n_pieces; as the vocabulary has them, an unknown piece as the text has it
    starts: list[int]  # n_pieces; character offsets of the tokenizer: SentencePiece's include a leading space
    ends: list[int]  # n_pieces; exclusive
    indices: list[int]  # n_pieces; the place among all pieces, [CLS] or <s> counted
    continues: list[bool]  # n_pieces; whether `transformers` counts the piece to the word before
    scores: NDArray[np.float32]  # Shape: (n_pieces, n_tags), probabilities
    tags: list[str]  # n_tags
    scheme: str
    decoder: str  # the tokenizer's decoder as JSON; empty where it has none


@dataclass(frozen=True)
class NamedPieces:
    """The pieces of one text as the tokenizer names them; its offsets are left as they are.

    SentencePiece tokenizers count the space before a word as part of its first piece.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]  # as the vocabulary has them: "##zo", "▁Paris"
    offsets: tuple[tuple[int, int], ...]  # characters of the text, the end exclusive


def piece_predictions(
    nlp: Language, docs: Sequence[Doc], *, component: str | None = None
) -> list[PieceTable]:
    """The probability of each tag at each word piece, as `transformers`' token classifiers give it.

    The network runs for it, whatever has been predicted before; the Docs stay as they are. The head's
    scores are taken as they are: no temperature, no transitions, no constraint by the scheme.

    component (str | None): name of the ``bertfam_ner``; None is the only one of the pipeline.
    RAISES (UserError): when there is no such component, or its encoder is not one of this package.
    """
    ner = find_ner(nlp, component)
    encoder = find_encoder(nlp, ner)
    checkpoint = encoder_shim(encoder).loaded
    if not is_on_vectors(ner.model):
        raise UserError(
            f"The head {ner.model.name!r} is not a chain that begins with its tok2vec; expected one, as "
            "spacy-bertfam.TokenClassifier.v1 makes it, to score single word pieces."
        )
    unknown, n_before = unknown_id(checkpoint), len(checkpoint.tokenizer.prefix)
    decoder = checkpoint.tokenizer.backend.decoder  # `tokenizers` gives its JSON out only by its state
    tables = []
    scores = score_vectors(ner.model, piece_vectors(encoder, docs))
    for doc, logits in zip(docs, scores, strict=True):
        named = name_doc_pieces(checkpoint.tokenizer, doc)
        words, continues = _words(named, doc.text, checkpoint, unknown)
        table: PieceTable = {
            "words": words,
            "starts": [start for start, _ in named.offsets],
            "ends": [end for _, end in named.offsets],
            "indices": list(range(n_before, n_before + len(words))),
            "continues": continues,
            "scores": softmax(ner.model.ops.to_numpy(logits)),
            "tags": list(ner.tag_set.tags),
            "scheme": ner.tag_set.scheme,
            "decoder": decoder.__getstate__().decode("utf8") if decoder is not None else "",
        }
        tables.append(table)
    return tables


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


def piece_vectors(model: Tok2VecModel, docs: Sequence[Doc]) -> list[Floats2d]:
    """The last layer's vector of each piece, read from the window that owns it.

    The windows are those of the token vectors, with one exception: of a token that is longer than a
    window no piece is left out here.

    model (Model): a ``spacy-bertfam.Encoder.v1`` with weights.
    RETURNS (list[Floats2d]): for each Doc, Shape: (n_pieces, width).
    """
    shim = encoder_shim(model)
    batch = batch_of_pieces(docs, shim.loaded.tokenizer, shim.window_size())
    return split(shim.predict(batch), batch.lengths)


def batch_of_pieces(docs: Sequence[Doc], tokenizer: PieceTokenizer, size: WindowSize) -> PieceBatch:
    """A batch in which every piece is a token of its own: any pooling gives its very vector."""
    texts = tokenizer.cut(docs)
    lengths = [len(pieces) for pieces in texts]
    windows = [
        [array + base for array in _cut(doc, pieces, size).arrays]
        for doc, pieces, base in zip(docs, texts, accumulate([0, *lengths]), strict=False)
        if len(pieces)
    ]
    empty = np.zeros(0, dtype=np.int64)
    joined: list[Ints1d] = [np.concatenate(arrays) for arrays in zip(*windows, strict=True)] or [empty] * 4
    ids = np.concatenate([empty, *(pieces.ids for pieces in texts)])
    own = np.arange(len(ids), dtype=np.int64)
    return PieceBatch(ids, Windows(*joined), own, own + 1, lengths, 0)


def _cut(doc: Doc, pieces: Pieces, size: WindowSize) -> Windows:
    allowed = token_borders(align(doc, pieces), len(pieces))
    welcome = sentence_borders(doc.text, pieces)
    return split_windows(allowed, welcome, window=size.window, overlap=size.overlap)


def unknown_id(checkpoint: Checkpoint) -> int:
    """RETURNS (int): the id of the piece for what the vocabulary cannot spell; -1 where there is none."""
    names: list[str] = []
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        name = json.loads(checkpoint.tokenizer_files.get(file, b"{}")).get("unk_token")
        names.extend([name["content"]] if isinstance(name, dict) else [name] if name else [])
    ids = (checkpoint.tokenizer.backend.token_to_id(name) for name in (*names, *UNKNOWN_NAMES))
    return next((found for found in ids if found is not None), -1)


def _words(
    named: NamedPieces, text: str, checkpoint: Checkpoint, unknown: int
) -> tuple[list[str], list[bool]]:
    """The word of each piece, and whether it continues one, as `transformers` finds them."""
    marked = bool(getattr(checkpoint.tokenizer.backend.model, "continuing_subword_prefix", None))
    words, continues = [], []
    for piece, name, (start, end) in zip(named.ids, named.names, named.offsets, strict=True):
        # A vocabulary with a mark for continuation writes such a piece longer than the text has it.
        # Any other tokenizer: a word begins after a space, so that punctuation sticks to it.
        begins = start == 0 or " " in text[start - 1 : start + 1]
        is_inner = len(name) != end - start if marked else not begins
        words.append(text[start:end] if piece == unknown else name)
        continues.append(piece != unknown and is_inner)
    return words, continues
