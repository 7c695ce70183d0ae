"""Where the engine, or torch's weights, are missing: a fallback with one warning, or a sentence on what to do."""

import json
import shutil
import subprocess
import sys
import warnings

import pytest
import spacy
from optimized import found, shim_of, train_once

from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")


def test_without_the_engine_torch_predicts_after_one_warning(onnx_folder, plain, uninstalled, tmp_path):
    with pytest.warns(
        UserWarning, match=r'onnxruntime, which is not installed.*"spacy-bertfam\[onnx\]"'
    ) as told:
        nlp = spacy.load(onnx_folder)
    assert len([w for w in told if "onnxruntime" in str(w.message)]) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found(nlp) == found(plain)
    nlp.to_disk(tmp_path / "saved")
    assert (tmp_path / "saved" / "encoder" / "onnx" / "model.onnx").is_file(), "it goes on carrying the graph"


def test_with_neither_engine_nor_torch_weights_loading_says_what_to_install(
    without_torch_folder, uninstalled
):
    with pytest.raises(UserError, match=r'torch weights were left.*"spacy-bertfam\[onnx\]"'):
        spacy.load(without_torch_folder)


def test_without_torch_weights_it_finds_the_same(without_torch_folder, plain, engine_calls, tmp_path):
    assert not list(without_torch_folder.rglob("*.safetensors"))
    nlp = spacy.load(without_torch_folder)
    assert found(nlp) == found(plain) and engine_calls
    again = spacy.blank("fr").from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert found(again) == found(plain)
    nlp.to_disk(tmp_path / "again")
    assert found(spacy.load(tmp_path / "again")) == found(plain)


def test_without_torch_weights_training_and_export_say_what_is_missing(without_torch_folder, tmp_path):
    from spacy_bertfam.hub.export_hf import export_hf

    nlp = spacy.load(without_torch_folder)
    for refused in (lambda: train_once(nlp), lambda: export_hf(nlp, tmp_path / "out")):
        with pytest.raises(UserError, match=r"no torch weights: they were left out.*--drop-torch"):
            refused()


def test_without_torch_weights_a_head_learns_on_a_frozen_encoder(without_torch_folder):
    nlp = spacy.load(without_torch_folder, config={"components.encoder.model.frozen_layers": -1})
    train_once(nlp)
    assert shim_of(nlp).loaded.graph is not None


def test_saved_over_a_whole_one_no_torch_weights_are_left_behind(onnx_folder, without_torch_folder, tmp_path):
    shutil.copytree(onnx_folder, tmp_path / "saved")
    spacy.load(without_torch_folder).to_disk(tmp_path / "saved")
    assert not list((tmp_path / "saved").rglob("*.safetensors"))
    assert shim_of(spacy.load(tmp_path / "saved")).loaded.weights is None


# Of the entry points only ours: other packages import transformers for their own
ALONE = """
import sys
from importlib import metadata
import catalogue
class Points(list):
    def select(self, *, group):
        return [point for point in self if point.group == group]
catalogue.AVAILABLE_ENTRY_POINTS = Points(metadata.distribution("spacy-bertfam").entry_points)
import spacy
doc = spacy.load(sys.argv[1])("Marie Vasseur travaille à Rouen .")
assert doc.ents
assert not [name for name in sys.modules if name.startswith("transformers.model")]
"""


@pytest.mark.slow
def test_without_torch_weights_no_model_of_transformers_is_imported(without_torch_folder):
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(without_torch_folder)],
        capture_output=True,
        text=True,
        encoding="utf8",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"onnxruntime",', '"magic",', "runtime, precision are missing or unknown"),
        ('"precision":"fp32"', '"precision":"fp2"', "runtime, precision are missing or unknown"),
        ('"width":32', '"width":"32"', "width are missing or unknown"),
    ],
)
def test_a_description_that_is_not_ours_is_refused(onnx_folder, tmp_path, old, new, sentence):
    shutil.copytree(onnx_folder, tmp_path / "edited")
    path = tmp_path / "edited" / "encoder" / "onnx" / "runtime.json"
    text = path.read_text(encoding="utf8").replace('": ', '":')
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf8")
    with pytest.raises(CheckpointError, match=sentence):
        spacy.load(tmp_path / "edited")


def test_a_graph_that_reads_other_files_is_refused(onnx_folder, tmp_path):
    import onnx
    from onnx.external_data_helper import convert_model_to_external_data

    shutil.copytree(onnx_folder, tmp_path / "edited")
    path = tmp_path / "edited" / "encoder" / "onnx" / "model.onnx"
    model = onnx.load(path)
    convert_model_to_external_data(model, location="beside.bin", size_threshold=0)
    onnx.save(model, path)
    with pytest.raises(CheckpointError, match="has numbers in files beside it"):
        spacy.load(tmp_path / "edited")


def test_a_graph_that_the_engine_cannot_run_is_told_with_the_versions(onnx_folder, tmp_path):
    shutil.copytree(onnx_folder, tmp_path / "edited")
    place = tmp_path / "edited" / "encoder" / "onnx"
    model = onnx.load(place / "model.onnx")
    model.graph.node[0].op_type = "NoSuchOperation"
    onnx.save(model, place / "model.onnx")
    with pytest.raises(UserError, match=r"onnxruntime .* cannot run this .*; expected another --runtime"):
        spacy.load(tmp_path / "edited")
    description = json.loads((place / "runtime.json").read_text(encoding="utf8"))
    description["versions"]["onnxruntime"] = "0.1"
    (place / "runtime.json").write_text(json.dumps(description), encoding="utf8")
    with pytest.raises(UserError, match=r"which was made with 0\.1 .*; expected a version that can: upgrade"):
        spacy.load(tmp_path / "edited")
