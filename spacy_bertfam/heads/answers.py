"""`spacy-bertfam.SpanAnswerer.v1`: two vectors, one for the start and one for the end of an answer, as
`BertForQuestionAnswering` has them (Devlin et al. 2019, section 4.2)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain
from thinc.types import Floats2d

from ..data.pairs import first_length
from ..encoder.model import MODEL_NAME
from ..encoder.pieces.batch import PieceBatch, ranges
from ..errors import UserError
from ..listeners.document import encode_with_documents, init
from ..types import TaggerModel, Tok2VecModel
from .output_layer import FloatsLayer, output_layer
from .rows import with_rows

# Two rows of vectors, or of scores, for no answer and for each token of the second text: where it begins and where it
# ends
RowsModel = Model[list[Doc], list[Floats2d]]
ListsModel = Model[list[Floats2d], list[Floats2d]]


def build_span_answerer(tok2vec: Tok2VecModel, *, dropout: float | None = None) -> TaggerModel:
    """Scores of start and end for no answer and for each token of the second text of a pair.

    tok2vec (Model[list[Doc], list[Floats2d]]): an encoder of its own, or a listener to a shared one. An encoder of its
        own is read as `transformers`' heads read it: the start at a token's first piece, the end at its last one, no
        answer at the first special piece (the mean over the windows). A listener has a vector for each token: start
        and end are read there, and no answer at the first token of the question.
    dropout (float | None): rate between the vectors and the linear layer; None takes that of training.
    RETURNS (Model[list[Doc], list[Floats2d]]): for each Doc, Shape: (1 + n_tokens of the second text, 2).
    """
    if not 0 <= (dropout or 0) <= 1:
        raise UserError(f"Head setting dropout is {dropout}; expected 0.0 to 1.0, or null.")
    drop: FloatsLayer = Dropout(dropout or 0.0)
    output = output_layer(nO=2)
    start_and_end: ListsModel = Model("start-and-end", choose)
    model: TaggerModel = chain(answer_rows(tok2vec), with_rows(chain(drop, output)), start_and_end)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("dropout", drop)
    model.set_ref("output_layer", output)
    model.attrs["fixed_dropout"] = dropout
    return model


def answer_rows(tok2vec: Tok2VecModel) -> RowsModel:
    """Two rows for no answer and two for each token of the second text. Shape: (2 + 2 * n_tokens, width)"""
    return Model("answer-rows", forward, init=init, dims={"nO": None}, layers=[tok2vec])


def forward(
    model: RowsModel, docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Any]]:
    """From the encoder itself, or from what a shared one left."""
    [tok2vec] = model.layers
    if tok2vec.name == MODEL_NAME:
        return _read_pieces(tok2vec, docs, is_train)
    rows, bp_rows = tok2vec(docs, is_train)
    # of a Doc without tokens there is nothing to read, not even for no answer
    read = ([0, *range(first_length(doc), len(doc))] if len(doc) else [] for doc in docs)
    places = [np.repeat(np.array(of_doc, dtype=np.int64), 2) for of_doc in read]
    xp = model.ops.xp

    def backprop(dY: list[Floats2d]) -> Any:
        d_rows = [xp.zeros_like(vectors) for vectors in rows]
        for d_vectors, place, d_read in zip(d_rows, places, dY, strict=True):
            model.ops.scatter_add(d_vectors, xp.asarray(place), d_read)
        return bp_rows(d_rows)

    return [vectors[xp.asarray(place)] for vectors, place in zip(rows, places, strict=True)], backprop


def _read_pieces(
    encoder: Tok2VecModel, docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Any]]:
    xp = encoder.ops.xp
    encoded, bp_encoded = encode_with_documents(encoder, docs, is_train, read=second_texts_of(docs))
    pairs = zip(encoded.documents, encoded.tokens, strict=True)
    Y = [xp.concatenate([xp.stack([document, document]), tokens]) for document, tokens in pairs]

    def backprop(dY: list[Floats2d]) -> Any:
        bp_encoded([rows[2:] for rows in dY], xp.stack([rows[0] + rows[1] for rows in dY]))
        return []

    return Y, backprop


def second_texts_of(docs: Sequence[Doc]) -> Callable[[PieceBatch], PieceBatch]:
    """RETURNS (Callable): of a batch of these pairs another one, in which each token of a second text has two rows: its
    first piece and its last."""
    n_firsts = np.array([first_length(doc) for doc in docs], dtype=np.int64)
    lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
    tokens = ranges(np.cumsum(lengths) - lengths + n_firsts, lengths - n_firsts)

    def read(batch: PieceBatch) -> PieceBatch:
        firsts, lasts = batch.firsts[tokens], batch.lasts[tokens]
        has_pieces = firsts < lasts
        places = np.stack([firsts, np.where(has_pieces, lasts - 1, firsts)], axis=1).ravel()
        ends = places + np.repeat(has_pieces, 2)
        return replace(batch, firsts=places, lasts=ends, lengths=(2 * (lengths - n_firsts)).tolist())

    return read


def choose(
    model: ListsModel, X: list[Floats2d], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Floats2d]]]:
    """Of the two scores of each row, the start of the first row of two and the end of the second.

    X: for each Doc, Shape: (2 * n, 2); Y: Shape: (n, 2).
    """
    xp = model.ops.xp

    def backprop(dY: list[Floats2d]) -> list[Floats2d]:
        dX = [xp.zeros_like(rows) for rows in X]
        for d_rows, d_scores in zip(dX, dY, strict=True):
            d_rows[0::2, 0], d_rows[1::2, 1] = d_scores[:, 0], d_scores[:, 1]
        return dX

    return [xp.ascontiguousarray(xp.stack([rows[0::2, 0], rows[1::2, 1]], axis=1)) for rows in X], backprop
