"""A training that is told to stop never leaves a checkpoint half written."""

import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, Optional

AGAIN_AFTER = 0.2  # seconds


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it SIGINT and SIGTERM raise KeyboardInterrupt, but not while spaCy writes a checkpoint.

    spaCy's loop then saves model-last; without this, SIGTERM ends the process wherever it stands. Only
    in the main thread, where Python lets signals be handled.
    """
    handled = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, _stop) for number in handled]
    try:
        yield
    finally:
        for number, handler in zip(handled, before, strict=True):
            signal.signal(number, handler)


def _stop(number: int, frame: Optional[FrameType]) -> None:
    if not is_saving(frame):
        raise KeyboardInterrupt(signal.Signals(number).name)
    timer = threading.Timer(AGAIN_AFTER, signal.raise_signal, (number,))
    timer.daemon = True
    timer.start()


def is_saving(frame: Optional[FrameType]) -> bool:
    """Whether ``frame`` stands within ``save_checkpoint`` of spaCy's training loop, which replaces
    model-last file by file, and model-best by deleting it before copying."""
    while frame is not None:
        if frame.f_code.co_name == "save_checkpoint" and frame.f_globals["__name__"] == "spacy.training.loop":
            return True
        frame = frame.f_back
    return False
