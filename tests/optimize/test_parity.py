"""The speed that `bertfam optimize` prints is that of an engine which is ready."""

from types import SimpleNamespace

import pytest
import spacy

from spacy_bertfam.optimize import parity


def test_the_first_pass_in_which_an_engine_prepares_itself_is_not_counted(monkeypatch):
    now, passes = [0.0], []
    monkeypatch.setattr(parity.time, "perf_counter", lambda: now[0])

    def pipe(docs):
        passes.append([doc.text for doc in docs])
        now[0] += 100.0 if len(passes) == 1 else 2.0
        return docs

    docs = [spacy.blank("fr")(text) for text in ("Zoé habite à Rouen.", "Rouen")]
    assert parity.words_per_second(SimpleNamespace(pipe=pipe), docs) == pytest.approx(6 / 2.0)
    assert passes == [["Zoé habite à Rouen.", "Rouen"]] * 2
