from types import SimpleNamespace

import torch
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.encoder.runtimes.torch_runtime import has_bf16


def test_versions_and_the_reason_why_there_is_no_gpu_are_printed(monkeypatch):
    monkeypatch.setattr("thinc.compat.has_cupy", False)
    result = CliRunner().invoke(app, ["info"])
    assert result.exit_code == 0 and torch.__version__ in result.output
    assert result.output.rstrip().endswith("or leave --gpu-id out, for the CPU.")


def test_each_gpu_is_printed_with_its_memory_and_its_half_precision(monkeypatch):
    gpus = [
        SimpleNamespace(name=name, total_memory=size * 2**30, major=major)
        for name, size, major in (("A100", 80, 8), ("T4", 16, 7), ("P4", 8, 6))
    ]
    has_bf16.cache_clear()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (gpus[device.index].major, 0))
    monkeypatch.setattr(torch.cuda, "get_device_properties", gpus.__getitem__)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("thinc.compat.has_cupy", True)
    lines = CliRunner().invoke(app, ["info"]).output.splitlines()
    has_bf16.cache_clear()
    assert [" ".join(line.split()) for line in lines if line.startswith("GPU")] == [
        "GPU 0 A100, 80 GiB, bf16",
        "GPU 1 T4, 16 GiB, fp16",
        "GPU 2 P4, 8 GiB, fp32",
    ]
    assert lines[-1] == "spaCy can compute on a GPU here: --gpu-id 0."
