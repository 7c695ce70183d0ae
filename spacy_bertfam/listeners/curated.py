"""A listener to a `curated_transformer` component. Imported only where a pipeline has such a component."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import srsly
from spacy.tokens import Doc
from spacy_curated_transformers.models.listeners import ListenerStateUtils
from spacy_curated_transformers.models.pooling import with_ragged_last_layer
from thinc.api import Model, deserialize_attr, reduce_mean, serialize_attr
from thinc.types import Floats2d

from .foreign import DATA, FOREIGN, no_gradient, require_data

LAST_LAYER = (-1,)


class BatchState:
    """What the component has left for one batch of training; nothing of it is saved."""

    batch_id: int | None = None
    outputs: Any = None
    backprop: Callable[..., Any] | None = None


@serialize_attr.register(BatchState)
def _serialize(_: BatchState, value: BatchState, name: str, model: Model[Any, Any]) -> bytes:
    return bytes(srsly.msgpack_dumps(None))


@deserialize_attr.register(BatchState)
def _deserialize(_: BatchState, value: bytes, name: str, model: Model[Any, Any]) -> BatchState:
    return BatchState()


class CuratedListener(Model[Any, Any]):
    """A single node in the place of an ``EncoderListener``: pooling, by the mean over a token's pieces, is within it.

    The package's own listener cannot train over a frozen component; this one reads the Docs then.
    """

    def __init__(self, upstream_name: str) -> None:
        node = FOREIGN["spacy_curated_transformers"].node
        super().__init__(node, forward, dims={"nO": None})
        self.upstream_name = upstream_name
        ListenerStateUtils.init_state(self, upstream_name=upstream_name, requires_all_layer_outputs=False)
        self.attrs["_state"] = BatchState()
        # no layer: it has no weights, and the tree has one node whatever is listened to
        self.pool = with_ragged_last_layer(reduce_mean())


def forward(
    model: CuratedListener, docs: Sequence[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], Any]]:
    """What the component left for these Docs, pooled."""
    outputs = ListenerStateUtils.get_output(model)
    if is_train and outputs is None:
        require_data(docs, model.upstream_name)
    if not is_train or outputs is None:
        return _read(model, docs), no_gradient
    ListenerStateUtils.verify_inputs(model, docs)
    vectors, bp_vectors = model.pool(outputs.last_hidden_layer_states, is_train)

    def backprop(d_vectors: list[Floats2d]) -> Any:
        d_layers = [[d_last] for d_last in bp_vectors(d_vectors)]
        send_back = ListenerStateUtils.get_backprop(model)
        ListenerStateUtils.clear_state(model)
        return send_back(d_layers, outputs_to_backprop=LAST_LAYER) if send_back else []

    return vectors, backprop


def _read(model: CuratedListener, docs: Sequence[Doc]) -> list[Floats2d]:
    """Rows of zeros where there is nothing: Docs of ``nlp.initialize``, from which shapes are inferred."""
    if any(doc._.get(DATA) is None for doc in docs):
        return [model.ops.alloc2f(len(doc), model.get_dim("nO")) for doc in docs]
    return cast(list[Floats2d], model.pool.predict(docs))
