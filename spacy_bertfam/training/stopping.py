"""A training that is told to stop finishes its step first, so that it can go on as if nothing had happened."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

HANDLED = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """What signals have asked for. Whoever trains looks at ``signal`` between two steps."""

    def __init__(self) -> None:
        self.signal: str | None = None  # name of the first one
        self._waits = True

    @property
    def is_asked_for(self) -> bool:
        """Whether the training is to end."""
        return self.signal is not None

    @contextmanager
    def handling_signals(self) -> Iterator["Stop"]:
        """Within it SIGINT and SIGTERM ask for a stop; the second one is a KeyboardInterrupt at once.

        Only in the main thread, where Python lets signals be handled.
        """
        before = [signal.signal(number, self._ask) for number in HANDLED]
        try:
            yield self
        finally:
            for number, handler in zip(HANDLED, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within it nothing is lost by stopping anywhere: the first signal is a KeyboardInterrupt."""
        if self.is_asked_for:
            raise KeyboardInterrupt(self.signal)
        self._waits = False
        try:
            yield
        finally:
            self._waits = True

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again, self.signal = self.is_asked_for, self.signal or signal.Signals(number).name
        if again or not self._waits:
            raise KeyboardInterrupt(self.signal)
        # what reads the other end of a pipe may have been stopped too
        with suppress(OSError, ValueError, RuntimeError):
            print(f"{self.signal}: stopping after this step; once more stops at once.", file=sys.stderr)
