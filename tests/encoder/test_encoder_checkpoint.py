"""An encoder on disk and in bytes: a Hugging Face folder that needs nothing else."""

import json
import shutil

import numpy as np
import pytest
import spacy
import torch
from tiny.kinds import KINDS
from transformers import AutoModel, AutoTokenizer

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.gate import CheckpointError

TEXTS = ("Zoé Dupont-Durand habite à Saint-Étienne, depuis 2019.", "", "Lyon  dort.\n")


@pytest.fixture
def moved_away(tiny_encoder, tmp_path):
    """`moved_away(kind)` RETURNS (Path): a copy of an encoder's folder, for the test to delete."""

    def get(kind):
        return shutil.copytree(tiny_encoder(kind), tmp_path / "original")

    return get


def pipeline(name):
    nlp = spacy.blank("fr")
    architecture = {
        "@architectures": "spacy-bertfam.Encoder.v1",
        "name": str(name),
        "window": 16,
        "overlap": 4,
    }
    nlp.add_pipe("bertfam_encoder", config={"model": architecture})
    return nlp


def tensors(nlp):
    return [doc.tensor for doc in nlp.pipe(TEXTS)]


def check_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_pipeline_gives_equal_vectors_with_the_original_gone(moved_away, tmp_path, kind):
    folder = moved_away(kind)
    nlp = pipeline(folder)
    nlp.initialize()
    expected = tensors(nlp)
    nlp.to_disk(tmp_path / "saved")
    in_bytes = nlp.to_bytes()
    shutil.rmtree(folder)
    check_equal(tensors(spacy.load(tmp_path / "saved")), expected)
    check_equal(tensors(pipeline("nowhere").from_bytes(in_bytes)), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_saved_folder_opens_with_transformers(tiny_encoder, tmp_path, kind):
    nlp = pipeline(tiny_encoder(kind))
    nlp.initialize()
    nlp.to_disk(tmp_path / "saved")
    saved = tmp_path / "saved" / "bertfam_encoder"
    network = AutoModel.from_pretrained(saved).eval()
    original = AutoModel.from_pretrained(tiny_encoder(kind)).eval()
    ids = torch.tensor([AutoTokenizer.from_pretrained(saved)(TEXTS[0])["input_ids"]])
    assert ids.tolist() == [AutoTokenizer.from_pretrained(tiny_encoder(kind))(TEXTS[0])["input_ids"]]
    with torch.no_grad():
        vectors, expected = (net(input_ids=ids).last_hidden_state for net in (network, original))
    assert torch.equal(vectors, expected)
    suffixes = {path.suffix for path in saved.rglob("*") if path.is_file()}
    assert not suffixes & {".bin", ".pt", ".pkl", ".pickle"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_the_folder_that_the_weights_came_from(moved_away, tmp_path, kind):
    model = build_encoder(str(moved_away(kind)))
    model.initialize()
    encoder_shim(model).save(tmp_path / "saved")
    for path in (tmp_path / "saved").iterdir():
        assert str(tmp_path / "original").encode() not in path.read_bytes(), path.name
    config = json.loads((tmp_path / "saved" / "config.json").read_text(encoding="utf8"))
    assert not config.get("_name_or_path")


def test_bytes_and_folder_hold_the_same_files(build, tmp_path):
    import srsly

    shim = encoder_shim(build("camembert"))
    shim.save(tmp_path / "saved")
    files = srsly.msgpack_loads(shim.to_bytes())["files"]
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(files)


def test_an_encoder_without_weights_goes_through_bytes(fr):
    model = build_encoder("nowhere").from_bytes(build_encoder("nowhere").to_bytes())
    with pytest.raises(ValueError, match="no weights yet"):
        model.predict([fr("Zoé")])


def test_trained_weights_are_those_that_are_saved(build, fr, tmp_path):
    from thinc.api import Adam

    model, docs = build("bert"), [fr(text) for text in TEXTS]
    _, backprop = model.begin_update(docs)
    backprop([np.ones((len(doc), 32), dtype="float32") for doc in docs])
    model.finish_update(Adam(0.05))
    expected = model.predict(docs)
    encoder_shim(model).save(tmp_path / "saved")
    again = build_encoder(str(tmp_path / "saved"))
    again.initialize()
    check_equal(again.predict(docs), expected)


def test_a_saved_model_is_not_read_anew_at_initialize(build, fr, tmp_path):
    model = build_encoder("nowhere").from_bytes(build("bert").to_bytes())
    model.initialize()
    check_equal(model.predict([fr(TEXTS[0])]), build("bert").predict([fr(TEXTS[0])]))


def test_weights_of_half_precision_are_read_in_float32(tiny_encoder, tmp_path):
    AutoModel.from_pretrained(tiny_encoder("bert")).half().save_pretrained(tmp_path / "half")
    shutil.copy(tiny_encoder("bert") / "tokenizer.json", tmp_path / "half")
    network = read_checkpoint(tmp_path / "half").network
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_a_checkpoint_with_a_head_is_read_without_it(tiny_token_classifier, fr):
    model = build_encoder(str(tiny_token_classifier("camembert", ["O", "B-PER", "I-PER"])))
    model.initialize()
    names = [name for name, _ in encoder_shim(model).loaded.network.named_parameters()]
    assert not any("classifier" in name or "pooler" in name for name in names)
    assert np.isfinite(model.predict([fr(TEXTS[0])])[0]).all()


def write_config(folder, **settings):
    path = folder / "config.json"
    content = {**json.loads(path.read_text(encoding="utf8")), **settings}
    path.write_text(json.dumps(content), encoding="utf8")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: (f / "config.json").unlink(), r"has no config\.json"),
        (lambda f: (f / "config.json").write_text("{", encoding="utf8"), r"config\.json is not JSON"),
        (lambda f: (f / "model.safetensors").unlink(), r"no weights; expected model\.safetensors"),
        (
            lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
            r"pytorch_model\.bin.*expected model\.safetensors",
        ),
        (lambda f: write_config(f, auto_map={"AutoModel": "x.Y"}), "auto_map"),
        (
            lambda f: write_config(f, model_type="no-such-type"),
            r"config\.json cannot be read by transformers",
        ),
    ],
)
def test_a_folder_that_is_no_checkpoint_is_refused_in_a_sentence(moved_away, spoil, sentence):
    folder = moved_away("bert")
    spoil(folder)
    with pytest.raises(CheckpointError, match=sentence):
        read_checkpoint(folder)


def test_reading_and_writing_print_nothing(tiny_encoder, tmp_path, capfd):
    model = build_encoder(str(tiny_encoder("roberta")))
    model.initialize()
    encoder_shim(model).save(tmp_path / "saved")
    model.from_bytes(model.to_bytes())
    assert capfd.readouterr() == ("", "")
