"""One loaded pipeline in several threads, as a web server has it: each gets what one thread alone gets."""

import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from optimized import TEXTS, found, shim_of, train_once
from spacy.language import Language

from spacy_bertfam.encoder import prediction
from spacy_bertfam.encoder.runtimes.engines import PRECISIONS, Engine
from spacy_bertfam.hub.hf_output import component
from spacy_bertfam.listeners import doc_vectors
from spacy_bertfam.pipeline import entity_score, ner

N_THREADS = 8
N_ROUNDS = 3
RUNTIMES = [(runtime, precision) for runtime, precisions in PRECISIONS.items() for precision in precisions]
EVERY_DAY = (("torch", "bf16"), ("onnxruntime", "fp32"))
SHORT = ("Zoé vit à Lyon .", "Il pleut .", "Paul attend Marie à Paris .", "")
LONG = "Hier , Marie Vasseur a quitté Brest pour Rouen , et Paul l' attend à la gare . " * 12


@pytest.fixture(scope="session")
def made_for(plain_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """`made_for(runtime, precision)` RETURNS (Path): a pipeline on disk, to be read only."""
    made: dict[tuple[str, str], Path] = {}

    def get(runtime: str, precision: str) -> Path:
        needed = [] if runtime == "torch" else [runtime, "onnx"]
        needed += ["onnxruntime", "nncf"] if (runtime, precision) == ("openvino", "int8") else []
        for package in needed:
            pytest.importorskip(package)
        if (runtime, precision) not in made:
            from spacy_bertfam.optimize.optimize import Plan, optimize, write_pipeline

            nlp = spacy.load(plain_folder)
            optimize(nlp, Plan(runtime, precision), calibration=[nlp.make_doc(text) for text in TEXTS])
            path = tmp_path_factory.mktemp("made") / "pipeline"
            write_pipeline(nlp, path)
            made[runtime, precision] = path
        return made[runtime, precision]

    return get


def in_threads(work: Callable[[int], Any]) -> list[Any]:
    """RETURNS (list): what each of the threads, which begin together, made of its number."""
    together = threading.Barrier(N_THREADS, timeout=60)

    def begin(number: int) -> Any:
        together.wait()
        return work(number)

    with ThreadPoolExecutor(N_THREADS) as pool:
        return list(pool.map(begin, range(N_THREADS)))


def entities(nlp: Language, texts: Sequence[str]) -> list[list[tuple[int, int, str, float]]]:
    """RETURNS (list): the entities of each text with their whole scores, texts one by one and in a batch."""
    docs = chain(map(nlp, texts), nlp.pipe(texts))
    return [[(e.start, e.end, e.label_, e._.score) for e in doc.ents] for doc in docs]


def texts_of(number: int) -> list[str]:
    """Of each thread others, of other lengths, a long one among them."""
    return [*SHORT[number % 4 :], LONG[: 90 * (number + 1)], *SHORT[: number % 4]]


@pytest.mark.slow
@pytest.mark.parametrize(("runtime", "precision"), RUNTIMES)
def test_eight_threads_find_what_one_thread_finds(made_for, runtime, precision):
    nlp = spacy.load(made_for(runtime, precision))
    expected = [entities(nlp, texts_of(number)) for number in range(N_THREADS)]
    assert sum(map(len, chain(*expected))) > 20, "the test compares nothing"
    got = in_threads(lambda number: [entities(nlp, texts_of(number)) for _ in range(N_ROUNDS)])
    assert got == [[one] * N_ROUNDS for one in expected]


@pytest.mark.parametrize(
    ("runtime", "precision"),
    [pair if pair in EVERY_DAY else pytest.param(*pair, marks=pytest.mark.slow) for pair in RUNTIMES],
)
def test_threads_that_begin_together_make_one_engine(made_for, runtime, precision, monkeypatch):
    """Nothing is made before the first text; seven threads wait for the one that makes it."""
    folder = made_for(runtime, precision)
    expected = found(spacy.load(folder))
    made = []
    open_engine, copy = Engine.open, prediction.in_half
    monkeypatch.setattr(Engine, "open", lambda *a, **o: made.append(1) or open_engine(*a, **o))
    monkeypatch.setattr(prediction, "in_half", lambda *given: made.append(1) or copy(*given))
    nlp = spacy.load(folder)
    assert in_threads(lambda _: found(nlp)) == [expected] * N_THREADS
    assert len(made) == (0 if (runtime, precision) == ("torch", "fp32") else 1)


def test_after_training_threads_make_one_new_copy_in_bf16(made_for, monkeypatch):
    nlp = spacy.load(made_for("torch", "bf16"))
    found(nlp)
    train_once(nlp)
    made = []
    copy = prediction.in_half
    monkeypatch.setattr(prediction, "in_half", lambda *given: made.append(1) or copy(*given))
    got = in_threads(lambda _: found(nlp))
    assert got == [found(nlp)] * N_THREADS
    assert len(made) == 1


def test_after_training_threads_leave_the_engine_with_one_warning(made_for, monkeypatch):
    nlp = spacy.load(made_for("onnxruntime", "fp32"))
    train_once(nlp)
    all_have_seen = threading.Barrier(N_THREADS, timeout=60)
    changed = prediction.Prediction.weights_changed

    def wait_if_changed(self):
        return changed(self) and all_have_seen.wait() >= 0

    monkeypatch.setattr(prediction.Prediction, "weights_changed", wait_if_changed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        got = in_threads(lambda _: found(nlp))
    assert got == [found(nlp)] * N_THREADS
    assert len([w for w in caught if "trained after it had been made" in str(w.message)]) == 1


def test_the_network_counts_as_ready_to_predict_when_all_of_it_is(plain, monkeypatch):
    """Another thread looks at the whole only: it must not run while parts still drop out."""
    network = shim_of(plain).loaded.network
    network.train()
    seen = []
    train = torch.nn.Module.train

    def note(self, mode=True):
        seen.append((self is network, network.training))
        return train(self, mode)

    monkeypatch.setattr(torch.nn.Module, "train", note)
    shim_of(plain).runtime()
    assert not network.training and not any(part.training for part in network.modules())
    first_of_whole = seen.index((True, True))
    assert first_of_whole > 0 and not any(is_whole for is_whole, _ in seen[:first_of_whole])
    assert all(is_training for _, is_training in seen[: first_of_whole + 1])


def test_an_extension_that_another_thread_has_set_meanwhile_is_no_error(plain, monkeypatch):
    for module, name in ((doc_vectors, "Doc"), (entity_score, "Span"), (component, "Doc")):
        set_extension = getattr(module, name).set_extension
        seen_before = SimpleNamespace(has_extension=lambda name: False, set_extension=set_extension)
        monkeypatch.setattr(module, name, seen_before)
    doc = plain.make_doc("Zoé")
    rows = np.ones((1, 3), dtype="float32")
    for _ in range(2):
        doc_vectors.leave_vectors(doc, "encoder", rows, rows[0], named=False, kept=False)
        component.BertfamPieces(plain)
        ner.BertfamNER(plain.vocab, plain.get_pipe("ner").model)


@pytest.mark.slow
def test_pipelines_are_loaded_in_several_threads(plain_folder):
    from transformers.utils import logging

    level = logging.get_verbosity()
    expected = found(spacy.load(plain_folder))
    assert in_threads(lambda _: found(spacy.load(plain_folder))) == [expected] * N_THREADS
    assert logging.get_verbosity() == level
