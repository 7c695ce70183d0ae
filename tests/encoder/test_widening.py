"""Weights of 16 bits are read in float32, and never stand in memory twice."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny.folder import make_tiny_encoder
from transformers import AutoModel, AutoModelForMaskedLM

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.checkpoint.widening import read_weights
from spacy_bertfam.gate.weights import check_safetensors

TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def save(network, tokenizer: Path, folder: Path, **options) -> Path:
    network.save_pretrained(folder, **options)
    for name in TOKENIZER:
        shutil.copy(tokenizer / name, folder)
    return folder


def check_same(network, expected) -> None:
    found = dict(network.named_parameters())
    wanted = {n: p for n, p in expected.named_parameters() if "pooler." not in n}
    assert found.keys() == wanted.keys()
    for name, parameter in wanted.items():
        assert found[name].dtype == torch.float32
        torch.testing.assert_close(found[name], parameter.float(), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", ["bert", "camembert", "deberta-v2"])
def test_each_weight_is_the_one_of_the_file(kind, dtype, tiny_encoder, tmp_path):
    network = AutoModel.from_pretrained(tiny_encoder(kind)).to(dtype)
    folder = save(network, tiny_encoder(kind), tmp_path / "narrow")
    check_same(read_checkpoint(folder).network, network)


def test_the_encoder_of_a_masked_language_model(tiny_encoder, tmp_path):
    network = AutoModelForMaskedLM.from_pretrained(tiny_encoder("camembert")).half()
    folder = save(network, tiny_encoder("camembert"), tmp_path / "narrow")
    check_same(read_checkpoint(folder).network, network.base_model)


def test_weights_in_several_files(tiny_encoder, tmp_path):
    network = AutoModel.from_pretrained(tiny_encoder("bert")).half()
    folder = save(network, tiny_encoder("bert"), tmp_path / "narrow", max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    check_same(read_checkpoint(folder).network, network)


def test_names_of_old_checkpoints_are_understood(tiny_encoder, tmp_path):
    network = AutoModel.from_pretrained(tiny_encoder("bert")).half()
    folder = save(network, tiny_encoder("bert"), tmp_path / "narrow")
    renamed = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    check_same(read_checkpoint(folder).network, network)


def test_integers_and_float32_beside_16_bits_stay_what_they_are(tmp_path):
    tensors = {"a": torch.ones(3).half(), "b": torch.arange(3), "c": torch.full((2,), 1 / 3)}
    save_file(tensors, tmp_path / "model.safetensors")
    found = read_weights(check_safetensors(tmp_path, {"model.safetensors"}))
    assert {name: t.dtype for name, t in found.items()} == {
        "a": torch.float32,
        "b": torch.int64,
        "c": torch.float32,
    }
    assert found["b"].tolist() == [0, 1, 2] and torch.equal(found["c"], tensors["c"])


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="Linux alone tells what is mapped")
def test_weights_of_float32_stay_in_the_file(tiny_encoder):
    path = tiny_encoder("bert") / "model.safetensors"
    found = read_weights(check_safetensors(path.parent, {path.name}))
    maps = [line.split() for line in Path("/proc/self/maps").read_text(encoding="utf8").splitlines()]
    places = [[int(end, 16) for end in row[0].split("-")] for row in maps if row[-1] == str(path)]
    assert all(any(low <= t.data_ptr() < high for low, high in places) for t in found.values())


PEAK = """
import gc, json, sys
from pathlib import Path
from benchmarks.machine import peak_memory, reset_peak, resident_memory
from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
small, large = map(Path, sys.argv[1:])
read_checkpoint(small)
gc.collect()
reset_peak()
before = resident_memory()
network = read_checkpoint(large).network
n_bytes = sum(parameter.numel() * 4 for parameter in network.parameters())
print(json.dumps([peak_memory() - before, n_bytes / 2**20]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").is_file(), reason="Linux alone tells the peak")
def test_file_and_copy_are_not_in_memory_together(tmp_path):
    for name, width, n_layers in (("small", 32, 1), ("large", 512, 16)):
        folder = make_tiny_encoder("bert", tmp_path / name, hidden_size=width, n_layers=n_layers)
        AutoModel.from_pretrained(folder).half().save_pretrained(folder)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "small"), str(tmp_path / "large")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        encoding="utf8",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    peak, weights = json.loads(done.stdout.strip().splitlines()[-1])
    assert weights > 50
    assert peak < 1.3 * weights
