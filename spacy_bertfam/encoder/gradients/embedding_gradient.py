"""The gradient of the piece embeddings, once a step instead of once a call of the network.

A step's windows go through the network in several chunks. Each chunk's gradient of the embeddings would be an
array as large as the vocabulary (77 MB for 50,000 pieces of width 384, 768 MB for XLM-R), made, filled with zeros
and added up. As sparse arrays they have a row for each piece that was read, and only their sum is made whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def sparse_embedding_gradient(network: torch.nn.Module) -> Iterator[None]:
    """What the network computes within it has a sparse gradient by its piece embeddings."""
    embeddings: Any = network.get_input_embeddings()  # type: ignore[operator]
    if not isinstance(embeddings, torch.nn.Embedding) or embeddings.sparse:
        yield
        return
    embeddings.sparse = True
    try:
        yield
    finally:
        embeddings.sparse = False


def make_dense(network: torch.nn.Module) -> None:
    """Turn sparse gradients into the plain arrays that clipping and optimizers expect."""
    for parameter in network.parameters():
        if parameter.grad is not None and parameter.grad.is_sparse:
            parameter.grad = parameter.grad.to_dense()
