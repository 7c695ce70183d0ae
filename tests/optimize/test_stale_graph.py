"""A graph never outlives the weights that it was made of."""

import shutil
import warnings

import numpy as np
import pytest
import spacy
import torch
from optimized import found, shim_of, train_once, vectors

from spacy_bertfam.errors import UserError

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")


def test_after_a_step_of_training_torch_predicts_with_the_new_weights(fast, engine_calls, tmp_path):
    before = vectors(fast)
    train_once(fast)
    engine_calls.clear()
    with pytest.warns(UserWarning, match="trained after it had been made for onnxruntime"):
        after = vectors(fast)
    assert not engine_calls and np.abs(after - before).max() > 1e-3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectors(fast)
    fast.to_disk(tmp_path / "trained")
    assert not (tmp_path / "trained" / "encoder" / "onnx").exists()
    np.testing.assert_allclose(vectors(spacy.load(tmp_path / "trained")), after, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["fused", "data", "place"])
def test_a_change_that_torch_does_not_count_is_seen(fast, optimizer):
    weight = next(p for n, p in shim_of(fast).loaded.network.named_parameters() if "query.weight" in n)
    if optimizer == "fused":
        weight.grad = torch.ones_like(weight)
        torch.optim.AdamW([weight], fused=True).step()
    elif optimizer == "data":
        weight.data.mul_(1.5)
    else:
        weight.data = weight.data * 1.5
    with pytest.warns(UserWarning, match="trained after"):
        shim_of(fast).leave_stale_graph()
    assert shim_of(fast).loaded.graph is None


def test_a_look_at_the_checkpoint_changes_nothing(fast):
    train_once(fast)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shim_of(fast).loaded.graph is not None
    with pytest.warns(UserWarning, match="trained after"):
        shim_of(fast).leave_stale_graph()


def test_saved_without_having_predicted_the_trained_pipeline_has_no_graph(fast, tmp_path):
    train_once(fast)
    with pytest.warns(UserWarning, match="trained after"):
        fast.to_disk(tmp_path / "trained")
    assert not (tmp_path / "trained" / "encoder" / "onnx").exists()


def test_a_copy_of_a_trained_encoder_has_no_graph(fast):
    shim = shim_of(fast)
    with torch.no_grad():
        next(shim.checkpoint.network.parameters()).add_(1.0)
    copied = shim.copy()
    with pytest.warns(UserWarning, match="trained after"):
        copied.leave_stale_graph()
    assert copied.loaded.graph is None


def test_saved_over_an_older_one_no_graph_is_left_behind(fast, onnx_folder, tmp_path):
    shutil.copytree(onnx_folder, tmp_path / "saved")
    shim_of(fast).use_graph(None)
    fast.to_disk(tmp_path / "saved")
    assert not (tmp_path / "saved" / "encoder" / "onnx").exists()


def test_other_weights_put_into_the_folder_are_those_that_predict(onnx_folder, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(onnx_folder, tmp_path / "edited")
    path = tmp_path / "edited" / "encoder" / "model.safetensors"
    save_file(
        {name: tensor * 1.1 for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"}
    )
    with pytest.warns(UserWarning, match="made of other weights"):
        edited = spacy.load(tmp_path / "edited")
    assert shim_of(edited).loaded.graph is None


def test_a_graph_of_more_layers_than_are_asked_for_is_refused(onnx_folder):
    with pytest.raises(
        UserError, match=r"graph for onnxruntime with more layers than n_layers = 1; expected"
    ):
        spacy.load(onnx_folder, config={"components.encoder.model.n_layers": 1})


def test_a_frozen_encoder_keeps_its_graph_while_the_head_learns(onnx_folder, engine_calls):
    nlp = spacy.load(onnx_folder, config={"components.encoder.model.frozen_layers": -1})
    head = nlp.get_pipe("ner").model.get_ref("output_layer")
    before = head.get_param("b").copy()
    train_once(nlp)
    assert np.abs(head.get_param("b") - before).max() > 0
    engine_calls.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found(nlp)
    assert engine_calls
