"""`precision` and `threads`: settings of prediction that leave training and the saved weights alone."""

import numpy as np
import pytest
import spacy
import torch
from optimized import found, shim_of, train_once, vectors
from tiny.kinds import KINDS

from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.encoder.runtimes.threads import n_threads
from spacy_bertfam.errors import UserError

BF16 = {"components.encoder.model.precision": "bf16"}


@pytest.fixture
def bf16(plain_folder):
    return spacy.load(plain_folder, config=BF16)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_in_bf16_are_near_those_in_float32(tiny_encoder, kind):
    docs = [spacy.blank("fr")(text) for text in ("Anne vit à Rennes , près de la gare .", "Zoé")]
    exact, rounded = (build_encoder(str(tiny_encoder(kind)), precision=name) for name in ("fp32", "bf16"))
    for model in (exact, rounded):
        model.initialize()
    expected, got = (np.concatenate(model.predict(docs)) for model in (exact, rounded))
    assert got.dtype == np.float32
    difference = np.linalg.norm(got - expected, axis=1).mean() / np.linalg.norm(expected, axis=1).mean()
    assert 0 < difference < 0.05


def test_the_weights_that_are_kept_and_saved_stay_float32(bf16, plain_folder, tmp_path):
    vectors(bf16)
    assert {p.dtype for p in shim_of(bf16).loaded.network.parameters()} == {torch.float32}
    bf16.to_disk(tmp_path / "saved")
    for path in ("encoder/model.safetensors", "ner/model"):
        assert (tmp_path / "saved" / path).read_bytes() == (plain_folder / path).read_bytes()
    assert spacy.load(tmp_path / "saved").config["components"]["encoder"]["model"]["precision"] == "bf16"


def test_training_gives_the_weights_that_it_gives_in_float32(bf16, plain):
    gold = list(plain.pipe(["Marie Vasseur travaille à Rouen ."]))
    trained = []
    for nlp in (bf16, plain):
        vectors(nlp)
        from spacy.training import Example
        from thinc.api import Adam

        nlp.update([Example(nlp.make_doc(doc.text), doc) for doc in gold], sgd=Adam(0.01))
        trained.append(torch.cat([p.detach().flatten() for p in shim_of(nlp).loaded.network.parameters()]))
    assert torch.equal(*trained)


def test_after_training_the_new_weights_predict_in_bf16(bf16):
    before = vectors(bf16)
    train_once(bf16)
    after = vectors(bf16)
    assert np.abs(after - before).max() > 0.01
    shim_of(bf16).change_settings(precision="fp32")
    exact = vectors(bf16)
    assert 0 < np.linalg.norm(after - exact) < 0.05 * np.linalg.norm(exact)


def test_the_copy_in_bf16_is_made_once(bf16):
    found(bf16)
    made = shim_of(bf16).runtime().network
    found(bf16)
    assert shim_of(bf16).runtime().network is made


def test_a_forked_process_shares_the_copy_in_bf16(bf16, monkeypatch):
    made = shim_of(bf16).runtime().network
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert shim_of(bf16).runtime().network is made


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"precision": "int8"}, "precision is 'int8': expected one of fp32, bf16"),
        ({"threads": 0}, "threads is 0: expected 1 to 1,024"),
        ({"threads": 1_000_000}, "threads is 1000000: expected 1 to 1,024"),
    ],
)
def test_a_wrong_setting_is_named(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        build_encoder("anything", **settings)


def test_threads_the_variable_goes_before_the_setting_and_workers_have_one(monkeypatch):
    monkeypatch.delenv("BERTFAM_THREADS", raising=False)
    assert n_threads(None, is_worker=False) == torch.get_num_threads()
    assert n_threads(3, is_worker=False) == 3
    monkeypatch.setenv("BERTFAM_THREADS", "2")
    assert n_threads(3, is_worker=False) == 2
    assert n_threads(3, is_worker=True) == 1


@pytest.mark.parametrize("value", ["many", "0", "1025", "1000000", "1" + "0" * 5000])
def test_threads_a_variable_that_is_no_sound_number_is_refused(value, monkeypatch):
    monkeypatch.setenv("BERTFAM_THREADS", value)
    with pytest.raises(UserError, match=r"BERTFAM_THREADS is '.*; expected a number of threads, 1 to 1,024"):
        n_threads(None, is_worker=False)


@pytest.mark.parametrize(("n_processors", "expected"), [(2, 64), (96, 96), (None, 64)])
def test_threads_are_no_more_than_the_machine_can_use(n_processors, expected, monkeypatch):
    monkeypatch.delenv("BERTFAM_THREADS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: n_processors)
    assert n_threads(1000, is_worker=False) == expected


def test_the_setting_reaches_torch(tiny_encoder, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    build_encoder(str(tiny_encoder("bert")), threads=3).initialize()
    build_encoder(str(tiny_encoder("bert"))).initialize()
    assert asked == [3]


def test_the_setting_reaches_torch_when_it_is_changed(tiny_encoder, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    model = build_encoder(str(tiny_encoder("bert")))
    model.initialize()
    encoder_shim(model).change_settings(threads=2)
    assert asked == [2]


def test_a_worker_opens_the_engine_with_one_thread(onnx_folder, monkeypatch):
    from spacy_bertfam.encoder.runtimes.engines import Engine

    opened = []
    open_engine = Engine.open

    def note(self, content, *, precision, threads):
        opened.append(threads)
        return open_engine(self, content, precision=precision, threads=threads)

    monkeypatch.setattr(Engine, "open", note)
    monkeypatch.setattr(torch, "set_num_threads", lambda n: None)
    nlp = spacy.load(onnx_folder, config={"components.encoder.model.threads": 2})
    vectors(nlp)
    encoder = encoder_shim(nlp.get_pipe("encoder").model)
    encoder._process = encoder._prediction._process = 0  # as after a fork
    vectors(nlp)
    assert opened == [2, 1]
    assert len(encoder._prediction._of_parent) == 1, "the parent's engine is not taken down in the worker"
