"""What a head makes of other vectors than those of its encoder."""

import numpy as np
from numpy.typing import NDArray
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
    shares: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return shares
