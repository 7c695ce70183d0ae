"""What is done, and said, where the memory of a GPU ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from ..errors import UserError

T = TypeVar("T")

LEAST_CELLS = 256
IN_PREDICTION = (
    'precision = "gpu", a smaller window or fewer layers (n_layers) of the encoder, whose calls were made as small as '
    "they may be"
)
IN_ATTENTION = "a shorter text"
IN_LOADING = "a smaller encoder, or fewer layers of it (n_layers)"
IN_TRAINING = (
    '[training.batcher] with half the size and accumulate_gradient twice as high, or mixed_precision = "gpu" and '
    "gradient_checkpointing = true in the encoder"
)


def in_fitting_calls(read: Callable[[int], T], cells: int, n_cells: int) -> tuple[T, int]:
    """Predict in calls of so many cells, or of half as many and so on where a GPU has no room for them.

    n_cells (int): of all windows, if each were as long as the longest.
    RETURNS (tuple[T, int]): what ``read`` returns, and the cells for which there was room.
    """
    while min(cells, n_cells) > LEAST_CELLS:
        try:
            return read(cells), cells
        except torch.cuda.OutOfMemoryError:
            cells = min(cells, n_cells) // 2
        torch.cuda.empty_cache()  # only here: the error holds what the call has made
    return read(cells), cells


@contextmanager
def within_memory(then: str) -> Iterator[None]:
    """RAISES (UserError): in place of torch's page of figures, when a GPU has no room for what is done within.

    then (str): what to change.
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        free = str(error).partition(".")[0]  # "CUDA out of memory"
        raise UserError(
            f"The GPU has no room left ({free}); expected nothing else on it (nvidia-smi shows what), or {then}."
        ) from error
