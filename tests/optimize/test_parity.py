"""The speed that `bertfam optimize` prints is that of an engine which is ready."""

from types import SimpleNamespace

import pytest
import spacy

from spacy_bertfam.optimize import parity


def test_the_fastest_pass_counts_but_not_the_first_in_which_an_engine_prepares_itself(monkeypatch):
    now, passes, takes = [0.0], [], iter([1.0, 5.0, 2.0, 3.0])
    monkeypatch.setattr(parity.time, "perf_counter", lambda: now[0])

    def pipe(docs):
        passes.append([doc.text for doc in docs])
        now[0] += next(takes)
        return docs

    docs = [spacy.blank("fr")(text) for text in ("Zoé habite à Rouen.", "Rouen")]
    assert parity.words_per_second(SimpleNamespace(pipe=pipe), docs) == pytest.approx(6 / 2.0)
    assert passes == [["Zoé habite à Rouen.", "Rouen"]] * 4
