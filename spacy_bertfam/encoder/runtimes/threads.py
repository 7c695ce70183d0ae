"""How many threads the network has in prediction."""

import os
from typing import Optional

import torch

from ...errors import UserError

VARIABLE = "BERTFAM_THREADS"


def n_threads(setting: Optional[int], *, is_worker: bool) -> int:
    """How many threads an engine gets.

    setting (Optional[int]): of the encoder; the variable BERTFAM_THREADS goes before it. Without either it is
        as many as torch has, which obeys OMP_NUM_THREADS.
    is_worker (bool): whether this process is one of several of ``nlp.pipe(n_process=...)``, which have one each.
    Raises a UserError where the variable is not a number above 0.
    """
    if is_worker:
        return 1
    return asked_for(setting) or torch.get_num_threads()


def asked_for(setting: Optional[int]) -> Optional[int]:
    """RETURNS (Optional[int]): what the variable or the setting say; None where neither says anything."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return setting
    if not value.isdecimal() or int(value) < 1:
        raise UserError(
            f"{VARIABLE} is {value!r}; expected a number of threads, 1 or more: set it, or unset it."
        )
    return int(value)
