"""int8 in OpenVINO: calibrated on texts, near torch, without a word to anybody."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import spacy
import torch
from optimized import TEXTS, found, shim_of, vectors
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError
from spacy_bertfam.optimize import calibrate as module
from spacy_bertfam.optimize.calibrate import calibrate, calls_on
from spacy_bertfam.optimize.optimize import Plan, optimize

PLAN = Plan("openvino", "int8")


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(text for text in TEXTS if text), encoding="utf8")
    return path


@pytest.fixture
def engine() -> None:
    for package in ("openvino", "nncf", "onnxruntime"):
        pytest.importorskip(package)


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_the_command_writes_a_pipeline_of_8_bits_near_torch(plain, plain_folder, texts, tmp_path):
    options = [
        "--runtime",
        "openvino",
        "--precision",
        "int8",
        "--calibrate",
        texts,
        "--window",
        60,
        "--overlap",
        0,
    ]
    result = CliRunner().invoke(app, ["optimize", *map(str, [plain_folder, tmp_path / "out", *options])])
    assert result.exit_code == 0, result.output
    assert "openvino int8" in result.output and "windows   of 60 pieces, 0 in common" in result.output
    nlp = spacy.load(tmp_path / "out")
    graph = shim_of(nlp).loaded.graph
    assert (graph.runtime, graph.precision) == ("openvino", "int8")
    assert nlp.config["components"]["encoder"]["model"]["window"] == 60
    assert nlp.meta["requirements"] == ["openvino"]
    shim_of(plain).change_settings(window=60, overlap=0)
    expected = vectors(plain)
    difference = np.linalg.norm(vectors(nlp) - expected, axis=1).mean()
    assert 0 < difference < 0.1 * np.linalg.norm(expected, axis=1).mean()
    assert any(found(nlp))


@pytest.mark.usefixtures("engine")
def test_the_matrices_of_the_layers_have_8_bits(plain):
    import onnx

    from spacy_bertfam.optimize.export import export_graph

    shim = shim_of(plain)
    graph = export_graph(shim.loaded, runtime="openvino")
    calls = calls_on(shim, [plain.make_doc(text) for text in TEXTS])
    made = onnx.load_model_from_string(calibrate(graph, calls).content)
    kinds = [tensor.data_type for tensor in made.graph.initializer if len(tensor.dims) == 2]
    assert kinds.count(onnx.TensorProto.INT8) >= 12
    assert "DequantizeLinear" in {node.op_type for node in made.graph.node}


@pytest.mark.usefixtures("engine")
def test_the_products_within_attention_stay_as_they_are(plain):
    import onnx

    from spacy_bertfam.optimize.export import export_graph

    shim = shim_of(plain)
    graph = export_graph(shim.loaded, runtime="openvino")
    before = onnx.load_model_from_string(graph.content)
    products = module.products_of_activations(before)
    assert len(products) == 2 * shim.loaded.network.config.num_hidden_layers
    after = onnx.load_model_from_string(
        calibrate(graph, calls_on(shim, [plain.make_doc(t) for t in TEXTS])).content
    )
    kinds = {output: node.op_type for node in after.graph.node for output in node.output}
    inputs = {node.name: [kinds.get(name) for name in node.input] for node in after.graph.node}
    assert all("DequantizeLinear" not in inputs[name] for name in products)
    assert any(kind == "DequantizeLinear" for found in inputs.values() for kind in found)


@pytest.mark.usefixtures("engine")
def test_a_window_as_wide_as_a_head_has_vectors_as_good_as_any(plain):
    """Which OpenVINO 2026.4 gets wrong by half on processors with AMX, where attention has 8 bits."""
    from spacy_bertfam.encoder.prediction import open_graph
    from spacy_bertfam.optimize.export import export_graph

    checkpoint, draw = shim_of(plain).loaded, torch.Generator().manual_seed(0)
    network, config = checkpoint.network, checkpoint.network.config
    n_pieces, size = config.vocab_size, config.hidden_size // config.num_attention_heads
    for name, weight in network.named_parameters():
        if name.endswith(("query.weight", "key.weight")):  # a random network hardly attends to anything
            noise = torch.randn(weight.shape, generator=draw)
            weight.data = 3 * torch.eye(len(weight)) + 0.01 * noise

    def off(width, predict):
        ids = torch.randint(5, n_pieces, (3, width), generator=draw)
        with torch.inference_mode():
            expected = network(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            return float((predict(ids, torch.ones_like(ids)) - expected).norm() / expected.norm())

    calls = [{"ids": torch.randint(5, n_pieces, (4, 20), generator=draw).numpy()} for _ in range(4)]
    calls = [{**call, "mask": np.ones_like(call["ids"])} for call in calls]
    predict = open_graph(calibrate(export_graph(checkpoint, runtime="openvino"), calls), threads=1)
    others = [off(width, predict) for width in (size - 4, size + 4, size + 8)]
    assert 0 < off(size, predict) < 2 * max(others) < 0.3


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_nothing_is_reported_to_the_makers_of_nncf_and_onnxruntime(tmp_path):
    """In a process of its own: pytest alone would keep NNCF quiet. Each leaves a number of the machine at home."""
    code = (
        "from spacy_bertfam.optimize.calibrate import import_nncf; import_nncf(); import sys;"
        "from nncf.telemetry.wrapper import telemetry;"
        "print(type(telemetry).__name__, 'openvino_telemetry' in sys.modules)"
    )
    env = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["MagicMock", "False"]
    assert list(tmp_path.iterdir()) == []


def test_without_texts_it_says_what_it_needs(plain, monkeypatch):
    from spacy_bertfam.optimize import optimize as flow

    monkeypatch.setattr(flow, "import_nncf", lambda: None)
    for calibration in (None, [], [plain.make_doc("")]):
        with pytest.raises(
            UserError, match=r"there are none; expected some .* --calibrate TEXTS, or --check DEV"
        ):
            optimize(plain, PLAN, calibration=calibration)


@pytest.mark.parametrize("package", ["nncf", "onnxruntime"])
def test_a_missing_package_is_named_with_its_extra(package, monkeypatch):
    for name in ("nncf", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name) or object())
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf'{package} is not installed.*"spacy-bertfam\[openvino-int8\]"'):
        module.import_nncf()


def test_sensitivity_is_of_onnxruntime():
    with pytest.raises(UserError, match="Sensitivity is measured in onnxruntime; runtime is 'openvino'"):
        replace(PLAN, sensitivity=True)


def test_the_calls_are_the_encoders_own_windows_of_texts_from_all_over(plain):
    shim = shim_of(plain)
    docs = [plain.make_doc(f"Anne vit à Rennes {i} .") for i in range(400)]
    calls = calls_on(shim, docs, max_pieces=500)
    n_pieces = sum(int(call["mask"].sum()) for call in calls)
    assert 250 < n_pieces < 2000
    assert all(
        call["ids"].shape == call["mask"].shape and call["ids"].size <= module.MAX_CELLS for call in calls
    )
    long = plain.make_doc("Anne vit à Rennes . " * 4000)
    assert sum(call["mask"].sum() for call in calls_on(shim, [long], max_pieces=500)) < 500 + module.MAX_CELLS
