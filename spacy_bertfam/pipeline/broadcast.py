"""A training step of a shared encoder: its vectors to all heads, the sum of their gradients back to it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from thinc.types import Floats2d

from ..listeners.document import encode_with_documents
from ..listeners.listener import reads_documents
from ..types import Tok2VecModel


def broadcast(
    model: Tok2VecModel,
    listeners: Sequence[Tok2VecListener],
    docs: Sequence[Doc],
    *,
    losses: dict[str, float],
    name: str,
    finish: Callable[[], Any],
) -> None:
    """Hand the tokens' vectors to the heads that read tokens, the documents' to those that read documents.

    What spaCy's ``Tok2Vec.update`` does, with two kinds of vectors: the last head's gradient sets off the way back.

    losses (dict[str, float]): the squares of the gradients are added to the entry ``name``.
    finish (Callable): called once the gradient has gone back.
    """
    encoded, bp_encoded = encode_with_documents(model, docs, is_train=True)
    zeros = model.ops.xp.zeros_like
    d_tokens, d_documents = [zeros(vectors) for vectors in encoded.tokens], zeros(encoded.documents)
    rows = [encoded.documents[i : i + 1] for i in range(len(docs))]
    d_rows = [d_documents[i : i + 1] for i in range(len(docs))]  # views: what is added to them is added there
    losses.setdefault(name, 0.0)

    def backprop(gradients: list[Floats2d], *, totals: list[Floats2d], is_last: bool) -> list[Doc]:
        for total, gradient in zip(totals, gradients, strict=True):
            total += gradient
            losses[name] += float(model.ops.xp.square(gradient).sum())
        if is_last:
            bp_encoded(d_tokens, d_documents)
            finish()
        return []

    batch_id = Tok2VecListener.get_batch_id(docs)
    for listener in listeners:
        outputs, totals = (rows, d_rows) if reads_documents(listener) else (encoded.tokens, d_tokens)
        is_last = listener is listeners[-1]
        listener.receive(batch_id, outputs, partial(backprop, totals=totals, is_last=is_last))
