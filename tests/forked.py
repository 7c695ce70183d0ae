"""A command in a fork of the process of the tests: a process of its own, with all that it imports imported already."""

import gc
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch


class Forked:
    """Runs `app(words)` at once; what it prints goes into `log`. Skips the test where processes do not fork.

    app (Callable): ends by SystemExit, as the commands of Typer do; by another exception as Python would.
    """

    def __init__(self, app: Callable[[list[str]], object], words: list[str], log: Path) -> None:
        if not hasattr(os, "fork"):
            pytest.skip("processes fork on POSIX alone")
        self.log = log
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _run_and_exit(app, words, log)

    def is_running(self) -> bool:
        """RETURNS (bool): without waiting."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode is None

    def send_signal(self, number: int) -> None:
        if self.is_running():
            os.kill(self.pid, number)

    def wait(self) -> str:
        """Sets the return code. RETURNS (str): all that was printed."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.log.read_text(encoding="utf8")


def run_module(words: Sequence[object]) -> None:
    """What `python -m WORDS` runs; for a fork, in which it leaves what it changes."""
    sys.argv = [str(word) for word in words]
    torch.set_num_threads(1)  # a fork has none of its parent's other threads, and would wait for them
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _run_and_exit(app: Callable[[list[str]], object], words: list[str], log: Path) -> None:
    code: object = 1
    gc.freeze()  # what earlier tests have left, as engines with threads, must not be taken apart in a fork
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout = sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf8")
        # what a shell starts in the background ignores Ctrl-C, and so would this
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        app(words)
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)
