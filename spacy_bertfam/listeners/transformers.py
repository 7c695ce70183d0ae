"""A listener to a `transformer` component of spacy-transformers. Imported only where a pipeline has one."""

from collections.abc import Callable, Sequence
from typing import Any

from spacy.tokens import Doc
from spacy_transformers.layers import TransformerListener, trfs2arrays
from spacy_transformers.layers.listener import forward as read_or_receive
from thinc.api import Model, reduce_mean
from thinc.types import Floats2d

from .foreign import DATA, no_gradient, require_data
from .spacy_private import begin_listening, has_received


class TransformersListener(TransformerListener):
    """A single node in the place of an ``EncoderListener``: pooling, by the mean over a token's pieces, is within it.

    It trains with the component, and where that is frozen it reads what it left on the Docs.
    """

    def __init__(self, upstream_name: str) -> None:
        Model.__init__(self, name=self.name, forward=forward, dims={"nO": None})
        begin_listening(self, upstream_name)
        # no layer: it has no weights, and the tree has one node whatever is listened to
        self.pool = trfs2arrays(reduce_mean(), 1.0)


def forward(
    model: TransformersListener, docs: Sequence[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Any]]:
    """What the component left for these Docs, pooled."""
    if is_train and not has_received(model):
        require_data(docs, model.upstream_name)
        return model.pool.predict([doc._.get(DATA) for doc in docs]), no_gradient
    data, bp_data = read_or_receive(model, docs, is_train)
    vectors, bp_vectors = model.pool(data, is_train)
    return vectors, lambda d_vectors: bp_data(bp_vectors(d_vectors))
