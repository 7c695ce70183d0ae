"""An ear on a `transformer` component of spacy-transformers. Imported only where a pipeline has such a component."""

from typing import Any, Callable, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy_transformers.layers import TransformerListener, trfs2arrays
from spacy_transformers.layers.listener import forward as hear
from thinc.api import Model, reduce_mean
from thinc.types import Floats2d

from .foreign_docs import DATA, require_data


class TransformersListener(TransformerListener):
    """A single node in the place of an ``EncoderListener``: pooling, by the mean over a token's pieces, is within it.

    It trains with the component, and where that is frozen it reads what it left on the Docs.
    """

    def __init__(self, upstream_name: str) -> None:
        Model.__init__(self, name=self.name, forward=forward, dims={"nO": None})
        self.upstream_name = upstream_name
        self._batch_id: Optional[int] = None
        self._outputs: Any = None
        self._backprop: Any = None
        # no layer: it has no weights, and the tree has one node whatever is listened to
        self.pool = trfs2arrays(reduce_mean(), 1.0)


def forward(
    model: TransformersListener, docs: Sequence[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """What the component left for these Docs, pooled."""
    if is_train and model._batch_id is None:
        require_data(docs, model.upstream_name)
        return model.pool.predict([doc._.get(DATA) for doc in docs]), no_gradient
    data, bp_data = hear(model, docs, is_train)
    vectors, bp_vectors = model.pool(data, is_train)

    def backprop(d_vectors: List[Floats2d]) -> Any:
        return bp_data(bp_vectors(d_vectors))

    return vectors, backprop


def no_gradient(d_vectors: List[Floats2d]) -> List[Doc]:
    """The component is frozen."""
    return []
