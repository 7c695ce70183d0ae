"""One Doc -> the attention of a pipeline's encoder, from word to word, in every layer and head."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from ..encoder.attention import Floats4d, NoAttention, piece_attention
from ..encoder.pieces.batch import PieceBatch, WindowSize
from ..encoder.pieces.tokenizer import PieceTokenizer
from ..encoder.shim import EncoderShim
from ..errors import UserError
from ..pipeline.find import encoders_of
from ..types import Ints1d
from .template import direction_of

Bools2d = NDArray[np.bool_]

# Special ones not counted. Memory grows with the square: 400 MB in 24 layers of 16 heads
MAX_PIECES = 512
MAX_WORDS = 200
ELLIPSIS = "…"
NO_TOKEN, THE_REST = -1, -2


@dataclass(frozen=True)
class Attention:
    """How much each word of a text looks at each other one.

    A word is a spaCy token, or a piece that belongs to none: the special ones at both ends (``[CLS]``, ``<s>``,
    ``[SEP]``, ``</s>``), and white space that the encoder reads as a piece. Where a window has more than 200
    tokens, "…" stands for all that follow.
    """

    words: list[str]
    weights: Floats4d  # Shape: (n_layers, n_heads, n_words, n_words), from the row's word; rows sum to 1
    tokens: Ints1d  # index of each word in the Doc, -1 for what is no token. Shape: (n_words,)
    n_tokens: int  # of the Doc
    n_without: int  # tokens of the Doc without pieces, as white space
    lang: str
    direction: str  # "ltr" or "rtl"

    @property
    def n_shown(self) -> int:
        """The number of tokens among the words."""
        return int((self.tokens >= 0).sum())

    @property
    def n_left(self) -> int:
        """The number of tokens with pieces that are not shown: those after the window, or in "…"."""
        return self.n_tokens - self.n_without - self.n_shown


class WordPieces(NamedTuple):
    """The pieces of a word, counted from the first special one."""

    first: int
    last: int  # index after the last piece
    token: int  # index in the Doc, or NO_TOKEN, or THE_REST


def attention_of(nlp: Language, doc: Doc, component: str | None = None) -> Attention:
    """Run a Doc through the encoder of a pipeline, and keep the weights of its attention.

    nlp (Language): is left as it is. The weights are those of its network in float32, whatever it predicts in.
    doc (Doc): as `nlp.make_doc` or `nlp` makes it; of a long one the first window is read, of 512 pieces at most.
    component (str | None): the component whose encoder it is; needed only where several have one.
    RETURNS (Attention): weights to the pieces of a word are summed, weights from them are averaged, as in Clark,
        Khandelwal, Levy and Manning (2019), "What does BERT look at?", section 4.1.
    RAISES (UserError): when there is no such encoder, it has no weights, or the Doc has no words.
    """
    shim = find_encoder(nlp, component)
    checkpoint, size = shim.loaded, shim.window_size()
    tokenizer, window = checkpoint.tokenizer, min(size.window, MAX_PIECES)
    batch = PieceBatch.from_docs([doc], tokenizer, WindowSize(window, min(size.overlap, window // 2)))
    has_pieces = batch.firsts < batch.lasts
    if not has_pieces.any():
        raise NoAttention(
            "The text has no word that the encoder reads; expected at least one: give a text with letters in it."
        )
    n_before, n_pieces = len(tokenizer.prefix), int(batch.windows.ends[0])
    ids = np.concatenate([tokenizer.prefix, batch.ids[:n_pieces], tokenizer.suffix]).astype(np.int64)
    words = _token_pieces(batch.firsts + n_before, batch.lasts + n_before, n_before + n_pieces)
    free = np.flatnonzero(~_owned(words, len(ids)).any(axis=0)).tolist()
    words = sorted([*words, *(WordPieces(i, i + 1, NO_TOKEN) for i in free)])
    return Attention(
        [_text(word, doc, ids, tokenizer) for word in words],
        word_attention(piece_attention(checkpoint.network, ids), _owned(words, len(ids))),
        np.array([max(word.token, NO_TOKEN) for word in words], dtype=np.int64),
        n_tokens=len(doc),
        n_without=int((~has_pieces).sum()),
        lang=doc.lang_,
        direction=direction_of(doc),
    )


def telling_head(attention: Attention) -> tuple[int, int, float] | None:
    """The head in which words look most at one word that is neither themselves nor next to them: most others look at
    special pieces or a neighbor (Clark et al. 2019, sections 3.1 and 3.2).

    RETURNS (tuple[int, int, float] | None): indices of layer and head, and the largest weight on such a word, the
        mean of all words; None where fewer than three words are shown.
    """
    words = np.flatnonzero(attention.tokens >= 0)
    if len(words) < 3:
        return None
    places = np.arange(len(words))
    is_far = np.abs(places[:, None] - places) > 1
    means = (attention.weights[..., words[:, None], words] * is_far).max(axis=-1).mean(axis=-1)
    layer, head = np.unravel_index(means.argmax(), means.shape)
    return int(layer), int(head), float(means.max())


def find_encoder(nlp: Language, component: str | None = None) -> EncoderShim:
    """RETURNS (EncoderShim): the encoder of the component, or the only one of the pipeline.
    RAISES (UserError): when there is none, or no name chooses between several."""
    found: dict[str, EncoderShim] = {}
    for encoder in encoders_of(nlp):
        found.setdefault(encoder.component, encoder.shim)
    listed = ", ".join(found)
    if component is None and len(found) > 1:
        raise UserError(
            f"Several components have an encoder ({listed}); expected the name of one: --component, or component=."
        )
    if component is not None and component not in found:
        raise UserError(
            f"No component {component!r} with an encoder in this pipeline; expected one of: {listed}."
        )
    return found[component] if component is not None else next(iter(found.values()))


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
