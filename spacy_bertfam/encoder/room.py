"""What is said where the memory of a GPU ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..errors import UserError

IN_PREDICTION = "a smaller max_batch_pieces of the encoder (now 4096 where it is null; results stay the same)"
IN_TRAINING = (
    '[training.batcher] with half the size and accumulate_gradient twice as high, or mixed_precision = "auto" and '
    "gradient_checkpointing = true in the encoder"
)


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
