"""A pipeline made for an engine carries it wherever it goes: disk, bytes, other processes, other components."""

import json
import pickle

import numpy as np
import pytest
import spacy
from optimized import found, shim_of, vectors

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")


def test_a_saved_pipeline_predicts_by_the_engine_and_never_by_torch(fast, plain, engine_calls):
    expected = found(plain)
    assert any(expected), "the pipeline finds nothing: the test compares nothing"
    shim_of(fast).loaded.network.forward = None  # raises where it is called
    assert found(fast) == expected
    assert engine_calls


def test_texts_alone_and_together_give_the_same(fast):
    assert found(fast, batch_size=1) == found(fast, batch_size=100)


def test_the_folder_says_what_was_made_of_which_weights(onnx_folder):
    import hashlib

    folder = onnx_folder / "encoder"
    said = json.loads((folder / "onnx" / "runtime.json").read_text(encoding="utf8"))
    assert (said["runtime"], said["precision"]) == ("onnxruntime", "fp32")
    assert said["torch_weights"] == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert {"onnxruntime", "torch", "transformers"} <= set(said["versions"])


def test_through_bytes(fast, plain, engine_calls):
    again = spacy.blank("fr").from_config(fast.config).from_bytes(fast.to_bytes())
    assert found(again) == found(plain) and engine_calls


def test_saving_twice_writes_the_same_files(fast, onnx_folder, tmp_path):
    fast.to_disk(tmp_path / "again")
    for path in (onnx_folder / "encoder").rglob("*"):
        if path.is_file():
            other = tmp_path / "again" / path.relative_to(onnx_folder)
            assert other.read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("through", ["disk", "bytes"])
def test_an_encoder_that_a_head_owns(fast, plain, engine_calls, tmp_path, through):
    fast.replace_listeners("encoder", "ner", ["model.tok2vec"])
    fast.remove_pipe("encoder")
    expected = found(plain)
    assert found(fast) == expected and engine_calls
    engine_calls.clear()
    if through == "disk":
        fast.to_disk(tmp_path / "own")
        again = spacy.load(tmp_path / "own")
    else:
        again = spacy.blank("fr").from_config(fast.config).from_bytes(fast.to_bytes())
    assert found(again) == expected and engine_calls


def test_a_copy_and_an_unpickled_one_have_the_graph_but_not_the_engine(fast, engine_calls):
    expected = vectors(fast)
    for again in (shim_of(fast).copy(), pickle.loads(pickle.dumps(shim_of(fast)))):
        assert again.loaded.graph == shim_of(fast).loaded.graph
        assert again._prediction._engine is None
    copied = shim_of(fast).copy()
    assert copied.id != shim_of(fast).id
    assert np.isfinite(expected).all()


def test_a_graph_of_other_origin_in_the_folder_is_not_touched(plain, tmp_path):
    plain.to_disk(tmp_path / "saved")
    theirs = tmp_path / "saved" / "encoder" / "onnx" / "model.onnx"
    theirs.parent.mkdir()
    theirs.write_bytes(b"of the hub")
    again = spacy.load(tmp_path / "saved")
    assert shim_of(again).loaded.graph is None
    again.to_disk(tmp_path / "saved")
    assert theirs.read_bytes() == b"of the hub"
