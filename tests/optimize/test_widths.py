"""An engine that is wrong at one width is found out before a pipeline is written for it."""

import pytest
import torch
from optimized import shim_of
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError
from spacy_bertfam.optimize.export import distances, require_even

WRONG = 16


def off_by(checkpoint, shares):
    """The network, whose vectors are off by a share of their length: that of their width, or of None."""

    def runtime(ids, mask):
        vectors = checkpoint.network(input_ids=ids, attention_mask=mask).last_hidden_state
        return vectors * (1 + shares.get(ids.shape[1], shares[None]))

    return runtime


def test_the_distance_is_that_of_each_width(plain):
    checkpoint = shim_of(plain).loaded
    found = distances(checkpoint, off_by(checkpoint, {WRONG: 0.5, None: 0.1}), [8, WRONG])
    assert found == pytest.approx({8: 0.1, WRONG: 0.5})


@pytest.mark.parametrize(("usual", "wrong"), [(0.0, 0.09), (0.0, 0.0), (0.1, 0.2)])
def test_rounding_is_no_error(plain, usual, wrong):
    checkpoint = shim_of(plain).loaded
    require_even(checkpoint, off_by(checkpoint, {WRONG: wrong, None: usual}), window=40, engine="x")


@pytest.mark.parametrize(("usual", "wrong"), [(0.0, 0.2), (0.1, 0.4), (0.1, float("nan"))])
def test_a_width_far_more_off_than_the_others_is_named(plain, usual, wrong):
    checkpoint = shim_of(plain).loaded
    with pytest.raises(UserError, match=r"openvino 1 computes windows of 16 pieces wrongly .* --precision"):
        require_even(
            checkpoint, off_by(checkpoint, {WRONG: wrong, None: usual}), window=40, engine="openvino 1"
        )


def test_widths_beyond_the_window_are_not_read(plain):
    checkpoint, widths = shim_of(plain).loaded, set()

    def runtime(ids, mask):
        widths.add(ids.shape[1])
        return checkpoint.network(input_ids=ids, attention_mask=mask).last_hidden_state

    require_even(checkpoint, runtime, window=30, engine="x")
    assert widths == {8, 16, 24, 32}


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_command_writes_nothing_for_an_engine_that_is_wrong_at_one_width(
    precision, plain_folder, monkeypatch, tmp_path
):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime

    run = OnnxRuntime.__call__

    def wrong(self, ids, mask):
        vectors = run(self, ids, mask)
        return vectors + torch.ones_like(vectors) * (ids.shape[1] == WRONG)

    monkeypatch.setattr(OnnxRuntime, "__call__", wrong)
    options = ["--runtime", "onnxruntime", "--precision", precision]
    result = CliRunner().invoke(app, ["optimize", str(plain_folder), str(tmp_path / "out"), *options])
    assert result.exit_code == 1
    assert "computes windows of 16 pieces wrongly" in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []
