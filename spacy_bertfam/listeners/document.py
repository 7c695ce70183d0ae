"""Docs to one vector each: that of the first special piece, ``[CLS]`` or ``<s>``, as classifiers of texts read it.

Token vectors do not hold it, and the first token's vector is another one: so it is read off the network in the same
call as the tokens. A text of several windows has one in each; its vector is their mean.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import xp2torch

from ..encoder.model import MODEL_NAME, AnyModel, cut_batch, encoder_shim, no_gradient, split
from ..encoder.pieces.batch import PieceBatch
from ..errors import UserError
from ..types import Tok2VecModel
from .listener import READS_DOCUMENTS, EncoderListener

# From the gradients of the tokens' vectors and of the documents' vectors, back through the network
EncodedBackprop = Callable[[list[Floats2d], Floats2d], None]


class EncodedDocs(NamedTuple):
    """What an encoder finds in some Docs when documents are read too."""

    tokens: list[Floats2d]  # for each Doc, Shape: (n_tokens, width)
    documents: Floats2d  # Shape: (n_docs, width)


def document_vectors(tok2vec: Tok2VecModel) -> Model[list[Doc], Floats2d]:
    """A vector for each Doc. Shape of the output: (n_docs, width); zeros for a Doc without pieces.

    tok2vec (Model): a ``spacy-bertfam.Encoder.v1``, or a ``spacy-bertfam.EncoderListener.v1``, which from then on
        reads documents in place of tokens.
    RAISES (UserError): for any other layer, which has no such vector.
    """
    if isinstance(tok2vec, EncoderListener):
        tok2vec.attrs[READS_DOCUMENTS] = True
    elif tok2vec.name != MODEL_NAME:
        raise UserError(
            f"The tok2vec {tok2vec.name!r} has no vector for a whole document; expected "
            "spacy-bertfam.EncoderListener.v1 or spacy-bertfam.Encoder.v1: use one of them, or another pooling."
        )
    return Model("document-vectors", forward, init=init, dims={"nO": None}, layers=[tok2vec])


def init(model: AnyModel, X: Any = None, Y: Any = None) -> None:
    """Load the encoder, or let the listener know the sample; the width is theirs."""
    [tok2vec] = model.layers
    tok2vec.initialize(X=X)
    model.set_dim("nO", tok2vec.get_dim("nO"), force=True)


def forward(
    model: AnyModel, docs: list[Doc], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], list[Doc]]]:
    """From the encoder itself (also one that took a listener's place), or from what the component left."""
    [tok2vec] = model.layers
    if tok2vec.name != MODEL_NAME:
        rows, bp_rows = tok2vec(docs, is_train)
        return model.ops.xp.concatenate(rows), lambda dY: bp_rows([dY[i : i + 1] for i in range(len(dY))])
    encoded, bp_encoded = encode_with_documents(tok2vec, docs, is_train)

    def backprop(dY: Floats2d) -> list[Doc]:
        bp_encoded([model.ops.xp.zeros_like(vectors) for vectors in encoded.tokens], dY)
        return []

    return encoded.documents, backprop


def encode_with_documents(
    model: Tok2VecModel,
    docs: Sequence[Doc],
    is_train: bool,
    *,
    read: Callable[[PieceBatch], PieceBatch] = lambda batch: batch,
) -> tuple[EncodedDocs, EncodedBackprop]:
    """Tokens' and documents' vectors in one run of the network.

    model (Model): a ``spacy-bertfam.Encoder.v1`` with weights.
    read (Callable): what is to be read of the batch in place of its tokens, as a batch.
    RETURNS (tuple[EncodedDocs, Callable]): the vectors, and the way back for both gradients.
    """
    shim, xp = encoder_shim(model), model.ops.xp
    batch = read(cut_batch(shim, docs, with_documents=True))
    bp_vectors: Callable[[Any], Any] = no_gradient
    if is_train:
        rows, bp_vectors = shim.begin_update(batch)
    else:
        rows = shim.predict(batch)
    tokens = split(rows[: batch.n_tokens], batch.lengths)
    documents = mean_of_windows(model, rows[batch.n_tokens :], batch.window_counts)

    def backprop(d_tokens: list[Floats2d], d_documents: Floats2d) -> None:
        if not batch.n_rows:
            return
        shares = [row / n for row, n in zip(d_documents, batch.window_counts, strict=True) for _ in range(n)]
        parts = [*d_tokens, xp.stack(shares)] if shares else d_tokens
        bp_vectors(xp2torch(xp.concatenate(parts), device=shim.device))

    return EncodedDocs(tokens, documents), backprop


def mean_of_windows(model: AnyModel, rows: Floats2d, counts: Sequence[int]) -> Floats2d:
    """RETURNS (Floats2d): Shape: (n_docs, width), from one row for each window of each Doc."""
    documents = model.ops.alloc2f(len(counts), rows.shape[1])
    start = 0
    for i, n in enumerate(counts):
        if n:
            documents[i] = rows[start : start + n].mean(axis=0)
        start += n
    return documents
