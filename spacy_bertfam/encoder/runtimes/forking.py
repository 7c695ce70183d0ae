"""What keeps `nlp.pipe(n_process=2)` from hanging where processes are forked.

Neither OpenMP (under torch) nor Rayon (under the tokenizers) survives a fork once its threads have
run: the first parallel call of the child waits for threads that are not there. Nor does a lock that is held.
"""

import os
import threading
from typing import Any

SWITCH = "TOKENIZERS_PARALLELISM"
_set_by_us: list[bool] = []
_locks: list[Any] = [threading.RLock()]


def making() -> Any:
    """One thread at a time makes what all threads use: reads weights, opens an engine, copies a network.

    `transformers` changes classes of torch and levels of loggers while it opens a folder: whoever else makes a
    module meanwhile gets one without weights.
    RETURNS (RLock): of this process.
    """
    return _locks[-1]


def _before_fork() -> None:
    """The child tokenizes in one thread; said beforehand, so that `tokenizers` need not warn of it."""
    if SWITCH not in os.environ:
        os.environ[SWITCH] = "false"
        _set_by_us.append(True)


def _after_fork_in_parent() -> None:
    while _set_by_us:
        _set_by_us.pop()
        os.environ.pop(SWITCH, None)


def _after_fork_in_child() -> None:
    _locks[:] = [threading.RLock()]  # the parent's may be held by a thread that the child does not have


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
