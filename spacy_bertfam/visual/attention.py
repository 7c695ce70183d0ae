"""One Doc -> the attention of a pipeline's encoder, from word to word, in every layer and head."""

from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc

from ..encoder.attention import Floats4d, piece_attention
from ..encoder.pieces.batch import PieceBatch, WindowSize
from ..encoder.shim import EncoderShim
from ..errors import UserError
from ..pipeline.find import encoders_of
from ..types import Ints1d
from .attention_words import window_words, word_attention
from .template import direction_of

# Special ones not counted. Memory grows with the square: 400 MB in 24 layers of 16 heads
MAX_PIECES = 512


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
    window = min(size.window, MAX_PIECES)
    size = WindowSize(window, min(size.overlap, window // 2))
    batch = PieceBatch.from_docs([doc], checkpoint.tokenizer, size)
    has_pieces = batch.firsts < batch.lasts
    if not has_pieces.any():
        raise UserError(
            "The text has no word that the encoder reads; expected at least one: give a text with letters in it."
        )
    found = window_words(doc, batch, checkpoint.tokenizer)
    return Attention(
        found.words,
        word_attention(piece_attention(checkpoint.network, found.ids), found.owned),
        found.tokens,
        n_tokens=len(doc),
        n_without=int((~has_pieces).sum()),
        lang=doc.lang_,
        direction=direction_of(doc),
    )


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
