"""int8 in OpenVINO: calibrated on texts, near torch, without a word to anybody."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import spacy
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
def test_nothing_is_reported_to_the_makers_of_nncf(tmp_path):
    """In a process of its own: pytest alone would keep NNCF quiet."""
    code = (
        "from spacy_bertfam.optimize.calibrate import _import_nncf; _import_nncf(); import sys;"
        "from nncf.telemetry.wrapper import telemetry;"
        "print(type(telemetry).__name__, 'openvino_telemetry' in sys.modules)"
    )
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **home}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["MagicMock", "False"]
    assert list(tmp_path.iterdir()) == []


def test_without_texts_it_says_what_it_needs(plain, monkeypatch):
    from spacy_bertfam.optimize import optimize as flow

    monkeypatch.setattr(flow, "require_nncf", lambda: None)
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
    monkeypatch.setattr(module, "_import_nncf", lambda: __import__("nncf"))
    with pytest.raises(UserError, match=rf'{package} is not installed.*"spacy-bertfam\[openvino-int8\]"'):
        module.require_nncf()


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
