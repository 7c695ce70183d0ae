"""A forked process does not wait for threads of its parent."""

import os
import threading

import pytest

from spacy_bertfam.encoder.runtimes.forking import making


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_lock_that_a_thread_held_is_free_in_the_child():
    held, done = threading.Event(), threading.Event()

    def hold():
        with making():
            held.set()
            done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    child = os.fork()
    if child == 0:
        os._exit(0 if making().acquire(blocking=False) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not making().acquire(blocking=False), "in the parent it is held"
    done.set()
    thread.join()
