"""The first signal lets a step end, the second does not; what was saved is said."""

import signal
from pathlib import Path

import pytest

from spacy_bertfam.cli.train import what_is_kept
from spacy_bertfam.training.stopping import Stop


def deliver(number: signal.Signals) -> None:
    """Call the handler. A real signal may be handled a moment later, when the test no longer waits for it, and end
    pytest's process: test_resume.py sends one to a process of its own."""
    handler = signal.getsignal(number)
    assert callable(handler)
    handler(number, None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_waits_and_the_second_does_not(
    number: signal.Signals, capsys: pytest.CaptureFixture
) -> None:
    steps = []
    with Stop().handling_signals() as stop:
        assert not stop.is_asked_for
        deliver(number)
        steps.append("whole")
        assert stop.signal == number.name
        with pytest.raises(KeyboardInterrupt, match=number.name):
            deliver(number)
    assert steps == ["whole"]
    assert capsys.readouterr().err == f"{number.name}: stopping after this step; once more stops at once.\n"


def test_where_nothing_is_lost_the_first_signal_is_enough() -> None:
    with Stop().handling_signals() as stop:
        with pytest.raises(KeyboardInterrupt, match="SIGTERM"), stop.at_once():
            deliver(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt, match="SIGTERM"), stop.at_once():
            pytest.fail("a stop was asked for already")


def test_a_closed_pipe_does_not_end_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Closed())
    with Stop().handling_signals() as stop:
        deliver(signal.SIGINT)
    assert stop.is_asked_for


def test_handlers_of_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stop().handling_signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_training_stopped_before_the_first_evaluation_says_that_nothing_is_saved(tmp_path: Path) -> None:
    assert what_is_kept(tmp_path).startswith("Nothing is saved")
    assert what_is_kept(None).startswith("Nothing is saved: no --output")
