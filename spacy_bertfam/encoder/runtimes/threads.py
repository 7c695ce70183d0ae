"""How many threads the network has in prediction."""

import os

import torch

from ...errors import UserError
from .engines import MAX_THREADS

# Started on any machine. A pipeline may come from a larger one; with two processors an engine of 1,024 threads takes 17
# seconds to open
FREE_THREADS = 64
VARIABLE = "BERTFAM_THREADS"


def n_threads(setting: int | None, *, is_worker: bool) -> int:
    """How many threads an engine gets.

    setting (int | None): of the encoder; the variable BERTFAM_THREADS goes before it. Without either it is
        as many as torch has, which obeys OMP_NUM_THREADS.
    is_worker (bool): whether this process is one of several of ``nlp.pipe(n_process=...)``, which have one each.
    RAISES (UserError): when the variable is not a number above 0.
    """
    if is_worker:
        return 1
    return asked_for(setting) or torch.get_num_threads()


def asked_for(setting: int | None) -> int | None:
    """RETURNS (int | None): what the variable or the setting say, but no more than this machine can use; None where
    neither says anything."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        n = setting
    elif value.isdecimal() and len(value) < 10 and 1 <= int(value) <= MAX_THREADS:
        n = int(value)
    else:
        raise UserError(
            f"{VARIABLE} is {value!r:.100}; expected a number of threads, 1 to {MAX_THREADS:,}: set it, or unset it."
        )
    return None if n is None else min(n, max(os.cpu_count() or 1, FREE_THREADS))
