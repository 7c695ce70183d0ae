"""A head's scores: of other vectors than those of its encoder, as probabilities, in main memory."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from thinc.api import Ops
from thinc.types import Floats2d

from ..types import TaggerModel


def is_on_vectors(model: TaggerModel) -> bool:
    """RETURNS (bool): whether a head is a chain that begins with its encoder, so that the rest can be run alone."""
    layers = list(model.layers)
    return bool(layers) and layers[0] is model.get_ref("tok2vec")


def score_vectors(model: TaggerModel, vectors: list[Floats2d]) -> list[Floats2d]:
    """What the layers of a head after its tok2vec make of vectors of the same width.

    RETURNS (list[Floats2d]): the tag scores (logits), row by row.
    """
    for layer in model.layers[1:]:
        vectors = layer.predict(vectors)
    return vectors


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """RETURNS (NDArray): each row's probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True)) if logits.size else logits
    return cast(NDArray[np.float32], powers / powers.sum(axis=1, keepdims=True))


def in_main_memory(ops: Ops, texts: Sequence[Floats2d]) -> list[NDArray[np.float32]]:
    """Scores of several texts from a GPU to main memory, in one copy: it is waited for once, and not for each text.

    RETURNS (list[NDArray[float32]]): the same arrays where they are there already, else a view of the copy each.
    """
    if ops.xp is np or not texts:
        return [ops.to_numpy(text) for text in texts]
    rows: Any = ops.to_numpy(ops.xp.concatenate(texts))
    return np.split(rows, np.cumsum([len(text) for text in texts])[:-1])
