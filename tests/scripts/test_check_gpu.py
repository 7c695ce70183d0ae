"""The checks of a GPU, both sides on the CPU: a check that finds a difference fails, and the exit code says so."""

import importlib
import json

import pytest
import typer
from typer.testing import CliRunner


@pytest.fixture
def check_gpu():
    return importlib.import_module("check_gpu")


def run(check_gpu, encoder, *words):
    app = typer.Typer()
    app.command()(check_gpu.main)
    words = ["--device", "cpu", "--encoder", encoder, "--no-speed", "--only", "float32", *words]
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.slow
def test_a_check_passes_and_is_written(check_gpu, tiny_encoder, tmp_path):
    result = run(check_gpu, tiny_encoder("bert"), "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "passes  vectors in float32" in result.output and "1 of 1 checks pass" in result.output
    [row] = json.loads((tmp_path / "check_gpu.json").read_text(encoding="utf8"))["Checks"]
    assert row["check"] == "vectors in float32" and "| passes |" in (tmp_path / "check_gpu.md").read_text(
        encoding="utf8"
    )


def test_a_difference_and_an_error_fail_by_name(check_gpu, monkeypatch, tmp_path):
    def different(bench):
        check_gpu.require(False, "they differ by 1")

    checks = {"one in float32": different, "other in float32": lambda bench: 1 / 0}
    monkeypatch.setattr(check_gpu, "CHECKS", checks)
    result = run(check_gpu, tmp_path)
    assert result.exit_code == 1 and "0 of 2 checks pass" in result.output
    assert "FAILS  one in float32" in result.output and "they differ by 1" in result.output
    assert "ZeroDivisionError" in result.output


@pytest.mark.skipif("__import__('torch').cuda.is_available()")
def test_without_a_gpu_the_reason_is_said(check_gpu, tmp_path):
    result = run(check_gpu, tmp_path, "--device", "cuda")
    assert result.exit_code == 2 and "CuPy" in result.output
