"""The thread of a model: batches, memory, reload, end."""

import asyncio
import gc

import pytest
import spacy
from asking import OPEN_GATE, SEEN, make_names
from spacy.language import Language

from spacy_bertfam.server.jobs import Job, ask_each
from spacy_bertfam.server.limits import Limits
from spacy_bertfam.server.metrics import Metrics
from spacy_bertfam.server.model_thread import Failed, Full, ModelThread
from spacy_bertfam.server.service import Service


@pytest.fixture
def start():
    """`start(load, **limits)` RETURNS (ModelThread)."""
    threads = []

    def make(load=make_names, **limits):
        threads.append(ModelThread("fr", load, Limits(**limits), Metrics()).start())
        SEEN.clear()
        return threads[-1]

    OPEN_GATE.clear()
    yield make
    OPEN_GATE.set()
    for thread in threads:
        thread.stop()
        thread.join()


def jobs(*texts):
    return [Job(text, len) for text in texts]


def results(found):
    return [job.future.result(20) for job in found]


def sizes(thread):
    """RETURNS (tuple[int, int]): how many batches there were, and their texts together."""
    [metric] = [each for each in thread.metrics.registry.collect() if each.name == "bertfam_batch"]
    values = {sample.name: int(sample.value) for sample in metric.samples}
    return values["bertfam_batch_count"], values["bertfam_batch_sum"]


def test_what_waits_goes_through_together(start):
    thread = start(batch=4)
    first, waiting = jobs("il attend"), jobs("a", "b", "c", "d", "e")
    thread.submit(first)
    while not SEEN:
        pass
    for job in waiting:
        thread.submit([job])
    OPEN_GATE.set()
    assert results([*first, *waiting]) == [2, 1, 1, 1, 1, 1]
    thread.stop()
    thread.join()
    assert sizes(thread) == (3, 6)  # one, then four, then what is left


def test_a_batch_is_bounded_in_characters(start):
    thread = start(together=10)
    first, waiting = jobs("il attend"), jobs("a" * 9, "b" * 9, "c")
    thread.submit(first)
    while not SEEN:
        pass
    thread.submit(waiting)
    OPEN_GATE.set()
    results([*first, *waiting])
    thread.stop()
    thread.join()
    assert sizes(thread) == (3, 4)


def test_a_question_counts_as_its_text_does(start):
    thread = start(together=10)
    first, waiting = jobs("il attend"), [Job("a", len, ask_each, question="b" * 8) for _ in range(2)]
    thread.submit(first)
    while not SEEN:
        pass
    thread.submit(waiting)
    OPEN_GATE.set()
    for job in waiting:
        job.future.exception(20)
    thread.stop()
    thread.join()
    assert sizes(thread) == (3, 3)


def test_what_nobody_waits_for_leaves_its_room_to_others(start):
    thread = start(batch=1, queue=3)
    first, lost, kept, late = jobs("il attend"), jobs("a", "b"), jobs("c"), jobs("d", "e")
    thread.submit(first)
    while not SEEN:
        pass
    thread.submit(lost)
    thread.submit(kept)
    with pytest.raises(Full):
        thread.submit(late)
    for job in lost:
        job.future.cancel()
    thread.submit(late)
    assert thread.metrics.registry.get_sample_value("bertfam_waiting", {"model": "fr"}) == 3
    OPEN_GATE.set()
    assert results([*kept, *late]) == [1, 1, 1]


def test_what_was_taken_is_done_when_the_thread_is_stopped(start):
    thread = start(batch=1)
    taken = jobs("il attend", *"abcdef")
    thread.submit(taken)
    thread.stop()
    with pytest.raises(Full):
        thread.submit(jobs("g"))
    OPEN_GATE.set()
    assert len(results(taken)) == 7
    thread.join()
    assert not thread.is_alive


def test_the_vocabulary_does_not_grow(start):
    made = []
    thread = start(lambda: made.append(make_names()) or made[0])
    thread.submit(found := jobs("mot"))
    results(found)
    before = len(made[0].vocab.strings)
    for number in range(50):
        thread.submit(found := jobs(f"inconnu{number} autre{number}"))
        results(found)
    thread.submit(found := jobs("mot"))
    results(found)
    assert len(made[0].vocab.strings) == before


def test_a_pipeline_that_fails_at_once_is_not_served(start):
    @Language.component("server_test_broken")
    def broken(doc):
        raise ZeroDivisionError

    def load():
        nlp = spacy.blank("fr")
        nlp.add_pipe("server_test_broken")
        return nlp

    with pytest.raises(ZeroDivisionError):
        start(load)


def test_an_error_of_the_thread_itself_leaves_nobody_waiting(start, monkeypatch):
    thread = start(batch=1)
    monkeypatch.setattr(thread, "_work", lambda *args: 1 / 0)
    monkeypatch.setattr("threading.excepthook", lambda args: None)
    found = jobs("a", "b")
    thread.submit(found)
    thread.join()
    assert not thread.is_alive
    assert isinstance(found[0].future.exception(1), Failed) and found[1].future.cancelled()


def test_a_reload_leaves_no_gap_and_a_failed_one_the_earlier_pipeline(start):
    loads = [make_names, make_names, lambda: 1 / 0]
    service = Service({"fr": lambda: loads.pop(0)()}, Limits(batch=1))
    service.start()
    first = service.models["fr"]
    taken = jobs("il attend", "a")
    first.submit(taken)
    assert asyncio.run(service.reload()) == {"fr": "reloaded"}
    second = service.models["fr"]
    assert second is not first and service.is_sound
    second.submit(found := jobs("b"))
    assert results(found) == [1]  # while the first is at its work
    OPEN_GATE.set()
    assert results(taken) == [2, 1]
    assert asyncio.run(service.reload()) == {"fr": "ZeroDivisionError: division by zero"}
    assert service.models["fr"] is second and service.is_sound
    first.join()
    del first, taken
    service.stop()
    assert not service.is_sound
    gc.collect()
